/** Tokens for scripts at a server elsewhere, by its API. */
import { MINUTE } from '../../kernel/clock.ts';
import { failed } from '../../kernel/result.ts';
import type { Connection, Refused } from '../remote/connection.ts';
import type { TokensDesk } from './tokens-desk.ts';

export function serverTokens({ call }: Connection): TokensDesk {
  return {
    async issue({ owner, scope, lifetime }) {
      // Rounded, it would be good for longer or shorter than was said.
      if (lifetime % MINUTE !== 0) {
        const fields = [{ path: '--ttl', must: 'be whole minutes' }];
        return failed<Refused>({ code: 'not-valid', members: { fields } });
      }
      const body = { owner, scope: [...scope], lifetimeMinutes: lifetime / MINUTE };
      return call('issueToken', { body });
    },
  };
}
