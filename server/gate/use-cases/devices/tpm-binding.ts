/**
 * A device shows which TPM is its own, so that what that TPM says of keys later is believed of this device: by a pass that was made for
 * the device, the certificate that its maker gave the TPM, and a secret that only this TPM gives back, and only while it holds the
 * attestation key that is bound. In two requests:
 *
 *   ask    the pass, the certificate and the attestation key are judged; the secret goes out, sealed for that TPM (TPM2_MakeCredential)
 *   bind   the same is judged again; who says the secret has opened it there (TPM2_ActivateCredential), and is bound, once
 *
 * Nothing is kept in between: the secret is a MAC over all that it was made for, and good for minutes.
 */
import type { Reason } from '@sallyport/contract/event-parts.ts';
import type {
  AttestationKey,
  Endorsement,
  Endorsements,
} from '../../../authority/x509/endorsements.ts';
import { base64url, fromBase64url } from '../../../kernel/bytes.ts';
import { type Clock, MINUTE, secondsUntil } from '../../../kernel/clock.ts';
import { equal } from '../../../kernel/equal.ts';
import { hmacSha256 } from '../../../kernel/hmac.ts';
import type { DeviceId } from '../../../kernel/id.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import type { Counter } from '../../../record/counter.ts';
import type { Recorder } from '../../../record/record.ts';
import type { Queries, Store } from '../../../store/store.ts';
import { writeOrUndo } from '../../../store/undo.ts';
import type { DeviceProofId, DeviceProofs } from '../../../subjects/device-proofs.ts';
import type { Device } from '../../../subjects/devices.ts';
import { type Arrival, byArrival } from '../../arrival.ts';
import { deviceClasses } from '../../device-classes.ts';
import type { Gate } from '../../gate.ts';
import type { GateDeps } from '../../gate-deps.ts';
import { holdAlone } from '../../holding-table.ts';
import { noteFault } from '../../note-fault.ts';
import { enrolmentRequest } from '../../policy-request.ts';
import { createSeldom } from '../../throttles/seldom.ts';
import { createTellOrCount } from '../../throttles/tell-or-count.ts';
import type { EnrolmentPass, EnrolmentPasses } from './enrolment-passes.ts';

/** What comes with each request; the bytes are as they were sent. */
export interface ShownTpm {
  /** The secret of a pass. */
  readonly pass: string;
  /** The certificate of the endorsement key, and those above it: DER. */
  readonly endorsement: readonly Uint8Array[];
  /** The public area of the attestation key (TPMT_PUBLIC). */
  readonly attestationKey: Uint8Array;
}

export interface TpmQuestion {
  /** TPM2B_ID_OBJECT, and TPM2B_ENCRYPTED_SECRET. */
  readonly blob: Uint8Array;
  readonly seed: Uint8Array;
  readonly until: number;
}

export interface NowBound {
  readonly device: Device;
  readonly proof: DeviceProofId;
  readonly attestationKey: string;
  readonly maker: string;
}

export type TpmRefusal =
  /** `says` only to who showed a good pass. */
  | { readonly code: 'tpm-refused'; readonly says: string | undefined }
  | { readonly code: 'throttled'; readonly retryAfter: number }
  | { readonly code: 'unavailable' };

export interface TpmBinding {
  ask(shown: ShownTpm, arrival: Arrival): Promise<Result<TpmQuestion, TpmRefusal>>;
  bind(
    shown: ShownTpm,
    answer: { readonly secret: string; readonly until: number },
    arrival: Arrival,
  ): Promise<Result<NowBound, TpmRefusal>>;
}

export interface TpmBindingDeps {
  readonly gate: Pick<Gate, 'placeFor'>;
  readonly store: Store;
  readonly passes: Pick<EnrolmentPasses, 'shown' | 'use'>;
  readonly deviceProofs: Pick<DeviceProofs, 'add' | 'list'>;
  readonly endorsements: Endorsements;
  readonly policies: GateDeps['policies'];
  readonly record: Recorder;
  readonly counter: Pick<Counter, 'count'>;
  readonly clock: Clock;
  /** 32 bytes, the same on every node. */
  readonly key: Uint8Array;
  readonly report: (fault: unknown) => void;
}

interface Judged {
  readonly pass: EnrolmentPass;
  readonly device: Device;
  readonly endorsement: Endorsement;
  readonly attestationKey: AttestationKey;
}

interface Turned {
  readonly because: Reason;
  readonly why: string;
  readonly device: DeviceId | undefined;
  readonly pass: string | undefined;
}

/** All that who shows no good pass is refused for. */
const NO_PASS = 'the pass is not good';
/** TPMs take seconds for it, and people none: it is done by a program. */
const GOOD_FOR = 5 * MINUTE;

export function createTpmBinding(deps: TpmBindingDeps): TpmBinding {
  const { gate, store, passes, deviceProofs, endorsements, policies, record, clock } = deps;
  const tellOrCount = createTellOrCount(deps, createSeldom(clock, MINUTE));
  const mac = hmacSha256(deps.key);

  const secretFor = ({ pass, device, endorsement, attestationKey }: Judged, until: number) => {
    const name = base64url(attestationKey.name);
    return mac(JSON.stringify(['bind', pass.id, device.id, endorsement.fingerprint, name, until]));
  };

  async function judge(
    q: Queries,
    shown: ShownTpm,
    arrival: Arrival,
  ): Promise<Result<Judged, Turned>> {
    const found = await passes.shown(q, shown.pass, arrival.address);
    if (found.state !== 'good') {
      const { state: because, device, pass } = found;
      return failed({ because, why: NO_PASS, device, pass });
    }
    const { pass, device } = found;
    const turned = turning(found);
    const held = await deviceProofs.list(q, device.id);
    if (held.some(({ kind }) => kind === 'tpm')) {
      return turned('held-already', 'the device has a TPM already; end that proof first');
    }
    const attestationKey = endorsements.attestationKey(shown.attestationKey);
    if (!attestationKey.ok) return turned('not-valid', attestationKey.error);
    const pinned = pass.attestationKey;
    if (pinned !== undefined && pinned !== attestationKey.value.fingerprint) {
      return turned('wrong', 'the pass is for another attestation key');
    }
    const endorsement = await endorsements.judge(q, shown.endorsement);
    if (!endorsement.ok) {
      return turned('not-valid', `the certificate of its endorsement key: ${endorsement.error}`);
    }
    const request = enrolmentRequest(device, arrival, false, clock.now());
    const shows = [{ class: deviceClasses.passWithTpm, age: 0 }];
    if ((await policies.current(q)).ladder(request, shows, []).state !== 'permitted') {
      return turned('not-permitted', 'no policy permits it');
    }
    const judged = { pass, device };
    return ok({ ...judged, endorsement: endorsement.value, attestationKey: attestationKey.value });
  }

  async function refuse(turned: Turned, arrival: Arrival): Promise<Result<never, TpmRefusal>> {
    const { because, why, device: subject, pass } = turned;
    await tellOrCount(
      `${because} ${why} ${pass} ${arrival.network}`,
      {
        type: 'device.tpm-refused',
        outcome: 'refused',
        ...byArrival(arrival),
        subject,
        reason: because,
        data: { why, ...(pass === undefined ? {} : { pass }) },
      },
      {
        subject,
        door: arrival.door,
        action: 'enrolCertificate',
        resource: { kind: 'part', id: 'devices' },
      },
    );
    // Whether a pass was ever there is nobody's who doesn't hold a good one.
    return failed({ code: 'tpm-refused', says: why === NO_PASS ? undefined : why });
  }

  async function closed<T>(
    arrival: Arrival,
    work: () => Promise<Result<T, Turned>>,
  ): Promise<Result<T, TpmRefusal>> {
    const retryAt = gate.placeFor('enrolCertificate', arrival);
    if (retryAt !== undefined) {
      return failed({ code: 'throttled', retryAfter: secondsUntil(retryAt, clock.now()) });
    }
    try {
      const done = await work();
      return done.ok ? done : await refuse(done.error, arrival);
    } catch (fault) {
      await noteFault(deps, fault, arrival, 'enrolCertificate');
      return failed({ code: 'unavailable' });
    }
  }

  async function bound(
    shown: ShownTpm,
    judged: Judged,
    arrival: Arrival,
  ): Promise<Result<NowBound, Turned>> {
    const { pass, device, endorsement, attestationKey } = judged;
    const turned = turning(judged);
    return writeOrUndo<NowBound, Turned>(store, async (tx) => {
      tx.put(holdAlone, { id: device.id });
      const again = await judge(tx, shown, arrival);
      if (!again.ok) return again;
      if (!(await passes.use(tx, pass.id))) return turned('used', 'the pass was used up');
      const { manufacturer, model, version } = endorsement.tpm;
      const detail = {
        attestationKey: attestationKey.fingerprint,
        endorsementKey: endorsement.fingerprint,
        maker: endorsement.maker,
        tpm: `${manufacturer} ${model} ${version}`.slice(0, 256),
        chain: shown.endorsement.map(base64url),
      };
      const proof = { kind: 'tpm', name: 'TPM', shown: detail } as const;
      const added = await deviceProofs.add(tx, device, proof, byArrival(arrival));
      if (!added.ok) {
        return added.error.code === 'held-already'
          ? turned('held-already', 'this TPM is bound to another device')
          : turned('not-valid', 'the device can’t take it');
      }
      await record.append(tx, {
        type: 'device.tpm-bound',
        outcome: 'done',
        ...byArrival(arrival),
        subject: device.id,
        data: {
          name: device.name,
          proof: added.value.proof.id,
          pass: pass.id,
          maker: detail.maker,
          attestationKey: detail.attestationKey,
          endorsementKey: detail.endorsementKey,
        },
      });
      const { maker } = detail;
      const { id } = added.value.proof;
      return ok({ device, proof: id, attestationKey: detail.attestationKey, maker });
    });
  }

  return {
    ask: (shown, arrival) =>
      closed(arrival, async () => {
        const judged = await store.read((q) => judge(q, shown, arrival));
        if (!judged.ok) return judged;
        const until = clock.now() + GOOD_FOR;
        const { endorsement, attestationKey } = judged.value;
        const secret = secretFor(judged.value, until);
        const made = endorsements.makeCredential(endorsement, attestationKey.name, secret);
        return ok({ ...made, until });
      }),

    bind: (shown, { secret, until }, arrival) =>
      closed(arrival, async () => {
        const judged = await store.read((q) => judge(q, shown, arrival));
        if (!judged.ok) return judged;
        const turned = turning(judged.value);
        const said = fromBase64url(secret);
        if (said === undefined || !equal(said, secretFor(judged.value, until))) {
          return turned('wrong', 'the TPM with that certificate does not hold the attestation key');
        }
        if (until <= clock.now()) return turned('expired', 'it took too long');
        return bound(shown, judged.value, arrival);
      }),
  };
}

/** How whoever showed a good pass is refused. */
const turning =
  ({ device, pass }: Pick<Judged, 'device' | 'pass'>) =>
  (because: Reason, why: string) =>
    failed<Turned>({ because, why, device: device.id, pass: pass.id });
