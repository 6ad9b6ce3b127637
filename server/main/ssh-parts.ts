/** What SSH certificates are made of, in the order in which one stands on another. */
import { type CaKeys, createCaKeys } from '../authority/ssh/ca-keys.ts';
import { createSshAuthority } from '../authority/ssh/ssh-authority.ts';
import {
  createSshActs,
  createSshAdministration,
} from '../gate/use-cases/ssh/ssh-administration.ts';
import { createSshHostRenewal } from '../gate/use-cases/ssh/ssh-host-renewal.ts';
import { createSshLogIn } from '../gate/use-cases/ssh/ssh-log-in.ts';
import { fallenCertificates, fallenSubjects } from '../gate/use-cases/ssh/ssh-standing-table.ts';
import type { Random } from '../kernel/random.ts';
import type { Vault } from '../vault/vault.ts';
import { keyLine } from '../wire/ssh/public-key.ts';

type LogInDeps = Parameters<typeof createSshLogIn>[0];

export function createSshParts(
  deps: Omit<LogInDeps, 'ssh' | 'hostAuthorities'> &
    Omit<Parameters<typeof createCaKeys>[0], 'vault'> &
    Omit<Parameters<typeof createSshHostRenewal>[0], 'ssh' | 'key'> & {
      readonly random: Random;
      readonly vault: Pick<Vault, 'system' | 'derive'>;
    },
) {
  const keys: CaKeys = createCaKeys(deps);
  const ssh = createSshAuthority({
    ...deps,
    keys,
    standing: async (q, after) => ({
      serials: await q.all(fallenCertificates, { after }),
      subjects: (await q.all(fallenSubjects, { after })).map(({ kind, subject_id }) => ({
        kind,
        id: subject_id,
      })),
    }),
  });
  const hostAuthorities = () => keys.trusted('host').map(({ publicKey }) => keyLine(publicKey));
  const sshActs = createSshActs({ ssh, devices: deps.devices, people: deps.people });
  return {
    ssh,
    sshActs,
    sshHostRenewal: createSshHostRenewal({ ...deps, ssh, key: deps.vault.derive('ssh') }),
    sshLogIn: createSshLogIn({ ...deps, ssh, hostAuthorities }),
    sshAdministration: createSshAdministration({ ...deps, ssh, sshActs }),
  };
}
