/** The keys of the ring and those for tokens: shown and rotated. */
import type { keyOperations } from '@sallyport/contract/api/keys.ts';
import type { ApiDeps } from './api-deps.ts';
import type { Handlers } from './handler.ts';
import { keyStatus, signingKeys } from './key-views.ts';
import { answered, never } from './told.ts';

export function keyHandlers({ keys }: Pick<ApiDeps, 'keys'>): Handlers<keyof typeof keyOperations> {
  return {
    async listKeys(_, { token, arrival }) {
      return answered(await keys.list(token, arrival), keyStatus, never);
    },

    async rotateKeys(_, { token, arrival }) {
      return answered(
        await keys.rotate(token, arrival),
        ({ begun, ...rest }) => ({ begun, ...keyStatus(rest) }),
        never,
      );
    },

    async rotateSigningKeys({ query: { at = 'overlap' } }, { token, arrival }) {
      return answered(
        await keys.rotateSigning(token, at, arrival),
        ({ state, keys: all }) => ({ rotated: state === 'rotated', signing: signingKeys(all) }),
        never,
      );
    },
  };
}
