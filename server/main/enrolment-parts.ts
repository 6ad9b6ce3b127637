/** How devices come to certificates of their own, put together: passes, what is issued for them, and ACME. */
import type { X509Authority } from '../authority/x509/authority.ts';
import type { Gate } from '../gate/gate.ts';
import type { GateDeps } from '../gate/gate-deps.ts';
import { createAcme } from '../gate/use-cases/acme/acme.ts';
import type { LookAt } from '../gate/use-cases/acme/acme-challenges.ts';
import type { CertificateActs } from '../gate/use-cases/certificates/certificate-acts.ts';
import { createEnrolling } from '../gate/use-cases/devices/enrol.ts';
import { createEnrolmentAdministration } from '../gate/use-cases/devices/enrolment-administration.ts';
import { createEnrolmentPasses } from '../gate/use-cases/devices/enrolment-passes.ts';
import { createServerKeys } from '../gate/use-cases/devices/server-keys.ts';
import { createTpmBinding } from '../gate/use-cases/devices/tpm-binding.ts';
import { failed } from '../kernel/result.ts';
import type { DeviceProofs } from '../subjects/device-proofs.ts';
import type { Devices } from '../subjects/devices.ts';

/** Looks at hosts whose names are to be proven, at the port of http-01. */
export interface Challenges {
  readonly lookAt: LookAt;
  readonly port: number;
  /** Whether device-attest-01 wants the key of a TPM that was bound to its device. */
  readonly boundTpms: boolean;
}

const NOBODY: Challenges = {
  lookAt: async () => failed({ why: 'nobody looks' }),
  port: 80,
  boundTpms: false,
};

export function createEnrolmentParts(
  deps: Pick<
    GateDeps,
    'store' | 'vault' | 'record' | 'counter' | 'policies' | 'clock' | 'random' | 'ids' | 'report'
  > & {
    readonly gate: Gate;
    readonly devices: Devices;
    readonly deviceProofs: DeviceProofs;
    readonly authority: X509Authority;
    readonly certificateActs: Pick<CertificateActs, 'revoke'>;
  },
  challenges: Challenges = NOBODY,
) {
  const passes = createEnrolmentPasses(deps);
  const enrolling = createEnrolling({ ...deps, passes });
  const key = deps.vault.derive('acme');
  return {
    enrolmentPasses: passes,
    enrolling,
    enrolWithKey: createServerKeys({ ...deps, enrolling }),
    enrolmentAdministration: createEnrolmentAdministration({ ...deps, passes }),
    tpmBinding: createTpmBinding({
      ...deps,
      passes,
      endorsements: deps.authority.endorsements,
      key: deps.vault.derive('tpm'),
    }),
    acme: createAcme({ ...deps, ...challenges, passes, enrolling, key }),
  };
}
