/** Keys as they are told to clients. The command line on the machine itself tells the same. */
import type { SeenKeys } from '../../gate/use-cases/keys.ts';
import { time } from './views.ts';

const maybe = (at: number | undefined) => (at === undefined ? null : time(at));

export function signingKeys(keys: SeenKeys['signing']) {
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

export function keyStatus({ root, rotating, ring, signing }: SeenKeys) {
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
