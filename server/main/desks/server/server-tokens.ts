/** Tokens for scripts at a server elsewhere, by its API. */
import type { Connection } from '../../remote/connection.ts';
import type { TokensDesk } from '../tokens-desk.ts';
import { wholeMinutes } from '../whole-minutes.ts';

export function serverTokens({ call }: Connection): TokensDesk {
  return {
    async issue({ owner, scope, lifetime }) {
      const minutes = wholeMinutes('--lifetime', lifetime);
      if (!minutes.ok) return minutes;
      const body = { owner, scope: [...scope], lifetimeMinutes: minutes.value };
      return call('issueToken', { body });
    },
  };
}
