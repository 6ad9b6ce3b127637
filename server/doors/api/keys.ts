/** The keys of the ring and those for tokens: shown and rotated. */
import type { keyOperations } from '@sallyport/contract/api/keys.ts';
import type { Keys } from '../../gate/use-cases/keys.ts';
import type { ApiDeps } from './api-deps.ts';
import type { Handlers } from './handler.ts';
import { answered, never } from './told.ts';
import { time } from './views.ts';

type Status = Extract<Awaited<ReturnType<Keys['list']>>, { readonly state: 'done' }>['value'];

export function keyHandlers({ keys }: Pick<ApiDeps, 'keys'>): Handlers<keyof typeof keyOperations> {
  return {
    async listKeys(_, { token, arrival }) {
      return answered(await keys.list(token, arrival), status, never);
    },

    async rotateKeys(_, { token, arrival }) {
      return answered(
        await keys.rotate(token, arrival),
        ({ begun, ...rest }) => ({ begun, ...status(rest) }),
        never,
      );
    },

    async rotateSigningKeys(_, { token, arrival }) {
      return answered(
        await keys.rotateSigning(token, arrival),
        ({ state, keys: all }) => ({ rotated: state === 'rotated', signing: signingKeys(all) }),
        never,
      );
    },
  };
}

function signingKeys(keys: Status['signing']) {
  return keys.map(({ alg, version, kid, state, ...times }) => ({
    algorithm: alg,
    version,
    id: kid,
    state,
    createdAt: time(times.createdAt),
    signsFrom: time(times.signsFrom),
    signsUntil: maybe(times.signsUntil),
    goneAt: maybe(times.goneAt),
  }));
}

const maybe = (at: number | undefined) => (at === undefined ? null : time(at));

function status({ root, rotating, ring, signing }: Status) {
  return {
    root: root ?? null,
    rotating,
    ring: ring.map(({ version, state, dataKeys, createdAt, retiredAt, destroyedAt }) => ({
      version,
      state,
      dataKeys,
      createdAt: time(createdAt),
      retiredAt: maybe(retiredAt),
      destroyedAt: maybe(destroyedAt),
    })),
    signing: signingKeys(signing),
  };
}
