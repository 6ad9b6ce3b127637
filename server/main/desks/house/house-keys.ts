/** The keys of the house of this machine. */
import { keyStatus, signingKeys } from '../../../doors/api/key-views.ts';
import { ok } from '../../../kernel/result.ts';
import type { House } from '../../house.ts';
import { AT_THE_MACHINE } from '../at-the-machine.ts';
import type { KeysDesk } from '../keys-desk.ts';

export function houseKeys({ store, vault, signing }: House): KeysDesk {
  return {
    async list() {
      const status = await store.read(async (q) => ({
        ...(await vault.status(q)),
        signing: await signing.list(q),
      }));
      return ok(keyStatus(status));
    },

    rotate: async (watching) => ok(await vault.rotation.rotate(watching)),

    async rotateSigning(at) {
      const prepared = await signing.prepare(at);
      const { state, keys } = await store.write((tx) =>
        signing.rotate(tx, prepared, AT_THE_MACHINE),
      );
      return ok({ rotated: state === 'rotated', signing: signingKeys(keys) });
    },
  };
}
