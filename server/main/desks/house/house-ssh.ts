/** SSH certificates in the house of this machine. */
import { issuedSsh, listedSsh, sshKeys, sshProblem } from '../../../doors/api/ssh-views.ts';
import { DAY } from '../../../kernel/clock.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import type { Tx } from '../../../store/store.ts';
import { writeOrUndo } from '../../../store/undo.ts';
import type { House } from '../../house.ts';
import { AT_THE_MACHINE } from '../at-the-machine.ts';
import type { SshDesk } from '../ssh-desk.ts';

export function houseSsh({ store, ssh, sshActs }: House, origin: string): SshDesk {
  async function done<T, V>(
    work: (tx: Tx) => Promise<Result<T, Parameters<typeof sshProblem>[0]>>,
    view: (value: T) => V,
  ) {
    await ssh.keys.ready();
    const result = await writeOrUndo(store, work);
    return result.ok ? ok(view(result.value)) : failed(sshProblem(result.error));
  }

  return {
    origin,
    list: async () => ok(listedSsh(await store.read(sshActs.list))),
    issueHost: ({ days, ...terms }) =>
      done(
        (tx) => sshActs.issueHost(tx, { ...terms, lifetime: days * DAY }, AT_THE_MACHINE),
        issuedSsh,
      ),
    revoke: (serial) =>
      done(
        (tx) => sshActs.revoke(tx, Number(serial), AT_THE_MACHINE),
        () => undefined,
      ),
    revokeKey: (publicKey) =>
      done(
        (tx) => sshActs.revokeKey(tx, publicKey, AT_THE_MACHINE),
        () => undefined,
      ),
    async keys() {
      await ssh.keys.ready();
      return ok({ keys: sshKeys(await store.read(sshActs.keys)) });
    },
    krl: async () => ok(await ssh.krl()),
    rotate: (kind, at) =>
      done(
        (tx) => sshActs.rotate(tx, kind, at, AT_THE_MACHINE),
        ({ rotated, keys }) => ({ rotated, keys: sshKeys(keys) }),
      ),
  };
}
