/** Every kind of proof of a process, with what it takes to hold one and to show one: what process-matrix.test.ts goes through. */
import { type ProcessProofKind, processProofKinds } from '@sallyport/contract/processes.ts';
import { ok } from '../../server/kernel/result.ts';
import { createProcessProofs } from '../../server/main/process-proofs.ts';
import type { FetchText } from '../../server/proofs/jwks.ts';
import type { ProcessProofModules } from '../../server/proofs/process-proof.ts';
import { makeCertificate } from '../support/certificates.ts';
import type { ManualClock } from '../support/clock.ts';
import { ISSUER, makeKey, signJws } from '../support/processes.ts';
import type { ProofHouse } from './proof-house.ts';

export interface ProcessKind {
  readonly kind: ProcessProofKind;
  /** Whether it is good once. */
  readonly once: boolean;
  /** What is given to hold one, different each time, and what then shows it; `shownOnce` is what adding it told. */
  make(clock: ManualClock): {
    readonly settings: unknown;
    show(client: string, shownOnce: readonly string[]): unknown;
  };
}

const CI = 'https://ci.example.com';
let made = 0;

const times = (clock: ManualClock) => {
  const now = Math.floor(clock.now() / 1000);
  made += 1;
  return { iat: now, exp: now + 60, jti: `jti-${made}` };
};

const KINDS: Readonly<Record<ProcessProofKind, Omit<ProcessKind, 'kind'>>> = {
  certificate: {
    once: false,
    make() {
      const { pem, der } = makeCertificate({ subject: { CN: 'x' }, authority: false });
      return { settings: { certificate: pem }, show: () => ({ der: new Uint8Array(der) }) };
    },
  },
  key: {
    once: true,
    make(clock) {
      const key = makeKey();
      return {
        settings: { jwk: key.jwk },
        show(client) {
          const claims = { iss: client, sub: client, aud: ISSUER, ...times(clock) };
          return { assertion: signJws(key, { alg: 'ES256' }, claims) };
        },
      };
    },
  },
  workload: {
    once: true,
    make(clock) {
      const key = makeKey('EdDSA');
      const sub = `workload-${made++}`;
      const jwks = { keys: [key.jwk] };
      return {
        settings: { issuer: CI, claims: { sub: { is: sub } }, jwks, once: true },
        show: () => ({
          assertion: signJws(key, { alg: 'EdDSA' }, { iss: CI, sub, aud: ISSUER, ...times(clock) }),
        }),
      };
    },
  },
  secret: {
    once: false,
    make: () => ({ settings: undefined, show: (_client, [secret]) => ({ secret }) }),
  },
};

export const processKinds: readonly ProcessKind[] = processProofKinds.map((kind) => ({
  kind,
  ...KINDS[kind],
}));

export function modulesOf(house: ProofHouse, fetch: FetchText): ProcessProofModules {
  return createProcessProofs(house, {
    fetch,
    outOfReach: () => undefined,
    issuer: () => ISSUER,
    vouched: async () => ok(undefined),
    judge: async () => ({ ok: false, reason: 'unknown-authority' }),
  });
}
