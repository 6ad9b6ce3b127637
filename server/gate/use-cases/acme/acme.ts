/**
 * ACME (RFC 8555), put together: who signed (acme-signed.ts), accounts, orders, challenges, certificates. The door reads requests
 * and tells answers; what happens in between is here, and goes to the authority through enrol.ts like any other enrolment.
 */
import type { Authority } from '../../../authority/x509/authority-words.ts';
import type { Endorsements } from '../../../authority/x509/endorsements.ts';
import type { JudgeTpmKey } from '../../../authority/x509/tpm-keys.ts';
import { type Clock, HOUR } from '../../../kernel/clock.ts';
import type { Ids } from '../../../kernel/id.ts';
import type { Random } from '../../../kernel/random.ts';
import type { Counter } from '../../../record/counter.ts';
import type { Recorder } from '../../../record/record.ts';
import type { Store } from '../../../store/store.ts';
import type { DeviceProofs } from '../../../subjects/device-proofs.ts';
import type { Devices } from '../../../subjects/devices.ts';
import type { Gate } from '../../gate.ts';
import { createNonces, type Nonces } from '../../once/nonces.ts';
import type { CertificateActs } from '../certificates/certificate-acts.ts';
import type { Enrolling } from '../devices/enrol-words.ts';
import type { EnrolmentPasses } from '../devices/enrolment-passes.ts';
import { type AcmeAccounts, createAcmeAccounts } from './acme-accounts.ts';
import { type AcmeCertificates, createAcmeCertificates } from './acme-certificates.ts';
import { type AcmeChallenges, createAcmeChallenges, type LookAt } from './acme-challenges.ts';
import { type AcmeOrders, createAcmeOrders } from './acme-orders.ts';
import { type AcmeRevocations, createAcmeRevocations } from './acme-revocations.ts';
import { type AcmeSigned, createAcmeSigned } from './acme-signed.ts';
import { createBoundTpm } from './bound-tpm.ts';
import { createStillVouched } from './still-vouched.ts';
import { createVouchedTpm } from './vouched-tpm.ts';

export interface AcmeUseCases {
  readonly nonces: Pick<Nonces, 'next'>;
  readonly signed: Pick<AcmeSigned, 'byKey' | 'byAccount'>;
  readonly accounts: AcmeAccounts;
  readonly orders: AcmeOrders;
  readonly challenges: AcmeChallenges;
  readonly certificates: AcmeCertificates;
  readonly revocations: AcmeRevocations;
}

export interface AcmeDeps {
  readonly gate: Pick<Gate, 'placeFor'>;
  readonly store: Store;
  readonly devices: Pick<Devices, 'get'>;
  readonly passes: EnrolmentPasses;
  readonly enrolling: Enrolling;
  readonly deviceProofs: Pick<DeviceProofs, 'list' | 'used'>;
  readonly certificateActs: Pick<CertificateActs, 'revoke'>;
  readonly authority: Pick<Authority, 'get' | 'chain'> & {
    readonly judgeTpmKey: JudgeTpmKey;
    readonly endorsements: Pick<Endorsements, 'judge'>;
  };
  readonly record: Recorder;
  readonly counter: Pick<Counter, 'count'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
  /** 32 bytes, the same on every node. */
  readonly key: Uint8Array;
  readonly lookAt: LookAt;
  readonly port: number;
  readonly boundTpms: boolean;
}

export function createAcme(deps: AcmeDeps): AcmeUseCases {
  const nonces = createNonces(deps, { of: 'acme nonce', life: HOUR });
  const signed = createAcmeSigned({ ...deps, nonces });
  const boundTpm = createBoundTpm(deps);
  const vouchedTpm = createVouchedTpm(deps);
  const stillVouched = createStillVouched({ boundTpm, vouchedTpm });
  return {
    nonces,
    signed,
    accounts: createAcmeAccounts({ ...deps, signed }),
    orders: createAcmeOrders(deps),
    challenges: createAcmeChallenges({ ...deps, boundTpm, vouchedTpm }),
    certificates: createAcmeCertificates({ ...deps, stillVouched }),
    revocations: createAcmeRevocations(deps),
  };
}
