/**
 * The end of a certificate (RFC 8555 §7.6), by an account of its device or by its own key, whoever’s it is: with it goes all that goes when
 * an administrator ends it. Whoever asks in vain is on record: the first of a minute for each network and cause, so often a minute in
 * all, and counted beyond that.
 */
import type { Reason } from '@sallyport/contract/event-parts.ts';
import type { Authority } from '../../../authority/x509/authority-words.ts';
import {
  type RevocationReason,
  revocationReasons,
} from '../../../authority/x509/revocation-reason.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { equal } from '../../../kernel/equal.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import type { VerifyKey } from '../../../proofs/jwk.ts';
import type { Counter } from '../../../record/counter.ts';
import type { Recorder } from '../../../record/record.ts';
import type { Store } from '../../../store/store.ts';
import { writeOrUndo } from '../../../store/undo.ts';
import { type Arrival, byArrival } from '../../arrival.ts';
import { createFewAMinute } from '../../throttles/few-a-minute.ts';
import { createTellOrCount } from '../../throttles/tell-or-count.ts';
import type { CertificateActs } from '../certificates/certificate-acts.ts';
import {
  type Account,
  type Acme,
  type AcmeError,
  type AcmeProblem,
  missing,
  problem,
} from './acme-words.ts';

export interface RevocationAsked {
  /** As the door read it from the certificate that was sent. */
  readonly certificate: Uint8Array;
  readonly serial: string;
  readonly publicKey: Uint8Array;
  /** A number of RFC 5280 §5.3.1. */
  readonly reason: number | undefined;
}

type Signer = Account | VerifyKey;

export interface AcmeRevocations {
  /** `by`: who signed it, or why that is nobody. */
  revoke(by: Result<Signer, AcmeProblem>, asked: RevocationAsked, arrival: Arrival): Acme<void>;
}

/** What clients meet in the course of things, and a network that has to wait, which is counted where it is told so. */
const USUAL: ReadonlySet<AcmeError> = new Set(['badNonce', 'rateLimited']);

const REASONS: Readonly<Partial<Record<AcmeError, Reason>>> = {
  unauthorized: 'not-permitted',
  accountDoesNotExist: 'unknown-subject',
  alreadyRevoked: 'revoked',
};

export function createAcmeRevocations(deps: {
  readonly store: Store;
  readonly authority: Pick<Authority, 'get'>;
  readonly certificateActs: Pick<CertificateActs, 'revoke'>;
  readonly record: Recorder;
  readonly counter: Pick<Counter, 'count'>;
  readonly clock: Clock;
}): AcmeRevocations {
  const { store, authority, certificateActs, clock } = deps;
  const tellOrCount = createTellOrCount(deps, createFewAMinute(clock));

  async function revoke(by: Signer, asked: RevocationAsked, arrival: Arrival) {
    const reason = reasonOf(asked.reason);
    if (reason === undefined) {
      return failed(problem('badRevocationReason', 'That reason is not used here.'));
    }
    return writeOrUndo<void, AcmeProblem>(store, async (tx) => {
      const found = await authority.get(tx, asked.serial);
      const same = found?.certificate && equal(found.certificate, asked.certificate);
      if (!found || !same) return failed(missing('certificate'));
      const may =
        'device' in by
          ? found.subject.kind === 'device' && found.subject.id === by.device
          : equal(spkiOf(by), asked.publicKey);
      if (!may) return failed(problem('unauthorized', 'That certificate is another’s.'));
      const revoked = await certificateActs.revoke(tx, found.serial, reason, byArrival(arrival));
      return revoked.ok
        ? ok(undefined)
        : failed(problem('alreadyRevoked', 'It was revoked already.'));
    });
  }

  async function note(
    { code }: AcmeProblem,
    by: Signer | undefined,
    { serial }: RevocationAsked,
    arrival: Arrival,
  ): Promise<void> {
    if (USUAL.has(code)) return;
    const account = by !== undefined && 'device' in by ? by : undefined;
    await tellOrCount(
      `${arrival.network} ${code} ${account?.id ?? ''}`,
      {
        type: 'acme.revocation-refused',
        outcome: 'refused',
        ...byArrival(arrival),
        subject: account?.device,
        reason: REASONS[code] ?? 'not-valid',
        data: {
          serial: serial.slice(0, 128),
          why: code,
          with: account !== undefined ? 'account' : by === undefined ? 'nothing' : 'key',
          ...(account === undefined ? {} : { account: account.id }),
        },
      },
      {
        subject: undefined,
        door: arrival.door,
        action: 'acme.revoke',
        resource: { kind: 'part', id: 'portal' },
      },
    );
  }

  return {
    async revoke(by, asked, arrival) {
      const done = by.ok ? await revoke(by.value, asked, arrival) : by;
      if (done.ok) return done;
      await note(done.error, by.ok ? by.value : undefined, asked, arrival);
      return done;
    },
  };
}

const spkiOf = ({ key }: VerifyKey) => key.export({ format: 'der', type: 'spki' });

function reasonOf(number: number | undefined): RevocationReason | undefined {
  if (number === undefined) return 'unspecified';
  const names = Object.keys(revocationReasons) as RevocationReason[]; // The keys of a constant.
  // What ends a CA is not for devices to say.
  return names.find((name) => revocationReasons[name] === number && name !== 'ca-compromise');
}
