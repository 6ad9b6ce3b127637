/**
 * Challenges (RFC 8555 §7.5.1, §8): tried when the client says that it is ready, once, by one node. `http-01` (§8.3) asks the host
 * itself, at an address that is looked at first; `device-attest-01` is told by the client what the device's TPM says of its key.
 */
import { base64url } from '../../../kernel/bytes.ts';
import { type Clock, SECOND } from '../../../kernel/clock.ts';
import { parseId } from '../../../kernel/id.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import type { Recorder } from '../../../record/record.ts';
import type { Store } from '../../../store/store.ts';
import type { DeviceProofId, DeviceProofs } from '../../../subjects/device-proofs.ts';
import { type Arrival, byArrival } from '../../arrival.ts';
import type { Gate } from '../../gate.ts';
import { keyAuthorization, keyAuthorizationHash } from './acme-accounts.ts';
import { authorizationOf } from './acme-orders.ts';
import {
  type AuthorizationRow,
  authorizationById,
  settleAuthorization,
  tryAuthorization,
} from './acme-table.ts';
import {
  type Account,
  type Acme,
  type AcmeProblem,
  type Authorization,
  missing,
  problem,
} from './acme-words.ts';
import type { ReadBoundTpm } from './bound-tpm.ts';
import { type Attestation, judgeAttestation } from './tpm-attestation.ts';
import type { ReadVouchedTpm } from './vouched-tpm.ts';

/** Gets what stands at an address: http/safe-fetch.ts, which is made for addresses of strangers. */
export type LookAt = (url: string) => Promise<Result<string, { readonly why: string }>>;

export interface AcmeChallenges {
  /** `shown`: what came with it; undefined where nothing did, or nothing that can be read. */
  answer(
    account: Account,
    id: string,
    shown: Attestation | undefined,
    arrival: Arrival,
  ): Acme<Authorization>;
}

/** A node that was not heard of for so long has not finished. */
const LOST = 60 * SECOND;
const LONGEST_WHY = 256;

interface Proven {
  readonly key: Uint8Array | null;
  /** The TPM's row, where it is the one that was bound to the device. */
  readonly proof?: DeviceProofId | undefined;
  /** By which the maker of another vouches for it. */
  readonly chain?: readonly Uint8Array[] | undefined;
}

type Tried = Result<Proven, AcmeProblem>;

export function createAcmeChallenges(deps: {
  readonly gate: Pick<Gate, 'placeFor'>;
  readonly store: Store;
  readonly record: Recorder;
  readonly clock: Clock;
  readonly deviceProofs: Pick<DeviceProofs, 'used'>;
  readonly boundTpm: ReadBoundTpm;
  readonly vouchedTpm: ReadVouchedTpm;
  readonly lookAt: LookAt;
  /** RFC 8555 §8.3: 80, and nothing else but for tests and networks of one's own. */
  readonly port: number;
  /** Whether the word of TPMs alone is taken that were bound to their device. */
  readonly boundTpms: boolean;
}): AcmeChallenges {
  const { gate, store, record, clock, lookAt, port, boundTpm, vouchedTpm } = deps;

  async function http(account: Account, { identifier, token }: AuthorizationRow): Promise<Tried> {
    const at = port === 80 ? identifier : `${identifier}:${port}`;
    const got = await lookAt(`http://${at}/.well-known/acme-challenge/${token}`);
    if (!got.ok) {
      return failed(problem('connection', `${identifier} was asked, and ${got.error.why}.`));
    }
    // RFC 8555 §8.3: white space at its end is none of it.
    return got.value.trimEnd() === keyAuthorization(token, account)
      ? ok({ key: null })
      : failed(problem('incorrectResponse', `${identifier} answered with something else.`));
  }

  async function attested(
    account: Account,
    { token }: AuthorizationRow,
    shown: Attestation | undefined,
  ): Promise<Tried> {
    if (shown === undefined) {
      return failed(problem('badAttestationStatement', 'That is no TPM attestation.'));
    }
    const no = (why: string) => failed(problem('badAttestationStatement', why));
    const bound = await store.read((q) => boundTpm(q, account.device));
    if (bound === undefined && deps.boundTpms) {
      return no('No TPM is bound to this device: sallyport tpm bind, with a pass of its.');
    }
    if (bound !== undefined && !bound.ok) return no(bound.error);
    // Whatever the pass says: of a device that showed its TPM, that one is meant.
    const attestationKey = bound?.value.attestationKey ?? account.attestationKey;
    const nonce = keyAuthorizationHash(token, account);
    const chain = attestationKey === undefined ? shown.chain : undefined;
    const vouched =
      chain === undefined
        ? failed('It is pinned.')
        : await store.read((q) => vouchedTpm(q, account.device, chain));
    const judged = judgeAttestation(shown, { attestationKey, nonce, vouched });
    if (!judged.ok) return no(judged.error);
    return ok({ key: judged.value.key, proof: bound?.value.proof, chain });
  }

  return {
    async answer(account, text, shown, arrival) {
      const id = parseId<'acme-authorization'>(text);
      const found = id && (await store.read((q) => q.one(authorizationById, { id })));
      if (found?.account_id !== account.id) return failed(missing('challenge'));
      const retryAt = gate.placeFor('acme.challenge', arrival);
      if (retryAt !== undefined) {
        return failed({ ...problem('rateLimited', 'Too many requests from there.'), retryAt });
      }
      const now = clock.now();
      const claim = { id: found.id, now, lost: now - LOST };
      const mine = (await store.write((tx) => tx.run(tryAuthorization, claim))) === 1;
      if (mine) {
        const tried =
          found.challenge === 'http-01'
            ? await http(account, found)
            : await attested(account, found, shown);
        const failure = tried.ok ? undefined : tried.error;
        const { key, proof, chain }: Proven = tried.ok ? tried.value : { key: null };
        await store.write(async (tx) => {
          const settled = await tx.run(settleAuthorization, {
            id: found.id,
            status: tried.ok ? 'valid' : 'invalid',
            now: clock.now(),
            problem: failure === undefined ? null : JSON.stringify(failure),
            key,
            tpm: proof ?? null,
            vouched: chain === undefined ? null : JSON.stringify(chain.map(base64url)),
          });
          if (settled !== 1) return;
          if (proof !== undefined) await deps.deviceProofs.used(tx, proof, clock.now());
          await record.append(tx, {
            type: 'acme.challenge-tried',
            outcome: tried.ok ? 'done' : 'refused',
            ...byArrival(arrival),
            subject: account.device,
            data: {
              account: account.id,
              order: found.order_id,
              challenge: found.challenge,
              identifier: found.identifier,
              ...(failure === undefined ? {} : { why: failure.detail.slice(0, LONGEST_WHY) }),
            },
          });
        });
      }
      const row = await store.read((q) => q.one(authorizationById, { id: found.id }));
      return row === undefined
        ? failed(missing('challenge'))
        : ok(authorizationOf(row, clock.now()));
    },
  };
}
