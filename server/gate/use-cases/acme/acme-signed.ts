/**
 * Who signed a request of ACME (RFC 8555 §6.2): a key that says itself (a new account, a revocation by the certificate's own key),
 * or an account. The signature first, then the nonce: so that only who holds a key uses one up.
 */
import type { Reason } from '@sallyport/contract/event-parts.ts';
import { type DeviceId, parseId } from '../../../kernel/id.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import { readJwk, type VerifyKey } from '../../../proofs/jwk.ts';
import { signedBy } from '../../../proofs/jws.ts';
import type { Counter } from '../../../record/counter.ts';
import type { Queries, Store } from '../../../store/store.ts';
import type { Devices } from '../../../subjects/devices.ts';
import type { Arrival } from '../../arrival.ts';
import type { Gate } from '../../gate.ts';
import type { Nonces } from '../../once/nonces.ts';
import type { Enrolling } from '../devices/enrol-words.ts';
import { goodFrom } from '../devices/enrolment-passes.ts';
import { type AccountRow, accountById } from './acme-table.ts';
import {
  type Account,
  type Acme,
  type AcmeProblem,
  type InnerRequest,
  problem,
  type SignedRequest,
} from './acme-words.ts';

/** RFC 8555 §6.2 asks for the first; most clients come with RSA or P-256 keys. */
const acmeAlgs = ['ES256', 'EdDSA', 'RS256'] as const;
const ALGS: ReadonlySet<string> = new Set(acmeAlgs);

export interface AcmeSigned {
  /** Anyone has a key, and each nonce that is used up is a row: so a network may ask so often and no more. */
  byKey(
    request: SignedRequest,
    action: 'acme.account' | 'acme.revoke',
    arrival: Arrival,
  ): Acme<VerifyKey>;
  byAccount(request: SignedRequest, arrival: Arrival, action?: 'acme.revoke'): Acme<Account>;
  /** The same for a request inside of another, which has no nonce of its own. */
  innerByKey(request: InnerRequest): Result<VerifyKey, AcmeProblem>;
}

export function createAcmeSigned(deps: {
  readonly gate: Pick<Gate, 'placeFor'>;
  readonly store: Store;
  readonly devices: Pick<Devices, 'get'>;
  readonly nonces: Nonces;
  readonly enrolling: Pick<Enrolling, 'note'>;
  readonly counter: Pick<Counter, 'count'>;
}): AcmeSigned {
  const { gate, store, devices, nonces, enrolling, counter } = deps;

  /** Whoever signs as nobody, or not as whom they name: as often as they like, so it is counted. Of revocations there is an event. */
  function turnAway(
    wrong: AcmeProblem,
    action: string,
    { door }: Arrival,
    subject: DeviceId | undefined,
  ): Result<never, AcmeProblem> {
    if (action !== 'acme.revoke') {
      const resource = { kind: 'part', id: 'portal' } as const;
      counter.count({
        type: 'decision.counted',
        outcome: 'refused',
        subject,
        door,
        action,
        resource,
      });
    }
    return failed(wrong);
  }

  function check(request: InnerRequest, key: VerifyKey): AcmeProblem | undefined {
    const { alg, signed, signature } = request;
    if (!ALGS.has(alg)) {
      return problem('badSignatureAlgorithm', `Sign with one of ${acmeAlgs.join(', ')}.`);
    }
    const jws = { alg, signed, signature, kid: undefined, typ: undefined, claims: {} };
    return signedBy(jws, key)
      ? undefined
      : problem('malformed', 'The request is not signed with that key.');
  }

  async function once({ nonce }: SignedRequest): Promise<AcmeProblem | undefined> {
    return (await nonces.spend(nonce))
      ? undefined
      : problem('badNonce', 'This nonce was used before. Take the one of this answer.');
  }

  const stale = ({ nonce }: SignedRequest): AcmeProblem | undefined =>
    nonces.isOurs(nonce)
      ? undefined
      : problem('badNonce', 'This nonce is none of ours, or is over. Take the one of this answer.');

  function innerByKey(request: InnerRequest): Result<VerifyKey, AcmeProblem> {
    const key = readJwk(request.jwk);
    if (!key.ok) return failed(problem('badPublicKey', `The key ${key.error}.`));
    const wrong = check(request, key.value);
    return wrong === undefined ? key : failed(wrong);
  }

  /** Why this account may not ask for anything, for its client and for the record. */
  async function standing(q: Queries, row: AccountRow, arrival: Arrival) {
    const device = await devices.get(q, row.device_id);
    const wrong = (because: Reason, says: string) => ({
      because,
      answer: problem('unauthorized', says),
    });
    if (accountOf(row).status !== 'valid') return wrong('revoked', 'This account was ended.');
    if (device?.status !== 'active') {
      return wrong('disabled', 'The device of this account is not active.');
    }
    // Written as a list by whoever made the account.
    return goodFrom(JSON.parse(row.networks) as string[], arrival.address)
      ? undefined
      : wrong('not-here', 'This account is not good from here.');
  }

  return {
    innerByKey,

    async byKey(request, action, arrival) {
      const retryAt = gate.placeFor(action, arrival);
      if (retryAt !== undefined) {
        return failed({ ...problem('rateLimited', 'Too many requests from there.'), retryAt });
      }
      const early = stale(request);
      if (early !== undefined) return failed(early);
      const key = innerByKey(request);
      if (!key.ok) return turnAway(key.error, action, arrival, undefined);
      const used = await once(request);
      return used === undefined ? key : failed(used);
    },

    async byAccount(request, arrival, action) {
      const asked = action ?? 'acme.request';
      const early = stale(request);
      if (early !== undefined) return failed(early);
      const id = parseId<'acme-account'>(request.kid ?? '');
      const found = await store.read(async (q) => {
        const row = id && (await q.one(accountById, { id }));
        return row && { row, wrong: await standing(q, row, arrival) };
      });
      if (found === undefined) {
        const nobody = problem('accountDoesNotExist', 'There is no such account.');
        return turnAway(nobody, asked, arrival, undefined);
      }
      const key = readJwk(JSON.parse(found.row.jwk)); // Written from one that was read.
      if (!key.ok)
        return failed(problem('serverInternal', 'The key of this account can’t be read.'));
      const forged = check(request, key.value);
      if (forged !== undefined) return turnAway(forged, asked, arrival, found.row.device_id);
      const { row, wrong } = found;
      if (wrong !== undefined) {
        const shown = { with: 'account', account: row.id } as const;
        await enrolling.note({ shown, device: row.device_id, because: wrong.because }, arrival);
        return failed(wrong.answer);
      }
      const again = await once(request);
      return again === undefined ? ok(accountOf(row)) : failed(again);
    },
  };
}

export function accountOf(row: AccountRow): Account {
  return {
    id: row.id,
    device: row.device_id,
    status: row.ended_at === null ? 'valid' : 'deactivated',
    thumbprint: row.thumbprint,
    names: JSON.parse(row.names) as string[], // Written as a list of texts.
    attestationKey: row.attestation === '' ? undefined : row.attestation,
  };
}
