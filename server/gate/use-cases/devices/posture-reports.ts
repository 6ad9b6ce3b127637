/**
 * Takes what devices tell of themselves (subjects/posture.ts). A report is signed with the key of a device that is known here and
 * active, was made a moment ago, for this Sallyport, and is newer than the last one of that device: so what was seen on the way is
 * of no use, and no device speaks for another. All that is not so is refused alike; the record tells why.
 */
import { createPublicKey, type KeyObject, verify, X509Certificate } from 'node:crypto';
import type { Reason } from '@sallyport/contract/event-parts.ts';
import type { Authority, ShownCertificate } from '../../../authority/x509/authority-words.ts';
import { fromBase64url, utf8 } from '../../../kernel/bytes.ts';
import { type Clock, MINUTE, SECOND } from '../../../kernel/clock.ts';
import type { DeviceId } from '../../../kernel/id.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import type { Counter } from '../../../record/counter.ts';
import type { Recorder } from '../../../record/record.ts';
import type { Queries, Store } from '../../../store/store.ts';
import type { DeviceProofId } from '../../../subjects/device-proof.ts';
import type { DeviceProofs } from '../../../subjects/device-proofs.ts';
import { reportPosture } from '../../../subjects/device-table.ts';
import type { Device, Devices } from '../../../subjects/devices.ts';
import {
  POSTURE_CONTEXT,
  type PostureReport,
  postureSigning,
  readPosture,
} from '../../../subjects/posture.ts';
import { type Arrival, byArrival } from '../../arrival.ts';
import { certifiedDevice } from '../../network/certified-device.ts';
import { doubtNetworkSessionsOf } from '../../network/network-session-table.ts';
import { createSeldom } from '../../throttles/seldom.ts';
import { createTellOrCount } from '../../throttles/tell-or-count.ts';

export interface SignedReport {
  /** Word for word as it was signed. */
  readonly report: string;
  readonly signature: string;
  readonly key?: string | undefined;
  readonly certificate?: string | undefined;
}

export type PostureError =
  | { readonly code: 'posture-refused' }
  | { readonly code: 'throttled'; readonly retryAfter: number }
  | { readonly code: 'unavailable' };

export interface PostureReports {
  take(report: SignedReport, arrival: Arrival): Promise<Result<void, PostureError>>;
}

export interface PostureReportsDeps {
  readonly store: Store;
  readonly devices: Devices;
  readonly deviceProofs: DeviceProofs;
  readonly authority: Pick<Authority, 'judge' | 'noteShown'>;
  readonly record: Recorder;
  readonly counter: Counter;
  readonly clock: Clock;
  readonly audience: () => string;
  readonly report: (fault: unknown) => void;
}

/** One device tells of itself no oftener. */
const EVERY = 5 * SECOND;
const MOST_CERTIFICATES = 4;

interface Signer {
  readonly device: Device;
  readonly key: KeyObject;
  readonly proof: DeviceProofId | undefined;
  readonly certificate?: ShownCertificate | undefined;
}

export function createPostureReports(deps: PostureReportsDeps): PostureReports {
  const { store, devices, deviceProofs, authority, record, clock, audience, report } = deps;
  const tellOrCount = createTellOrCount(deps, createSeldom(clock, MINUTE));

  async function signerOf(
    q: Queries,
    { key, certificate }: SignedReport,
  ): Promise<Signer | undefined> {
    if ((key === undefined) === (certificate === undefined)) return undefined;
    if (key !== undefined) {
      const proof = await deviceProofs.byKey(q, key);
      if (proof?.kind !== 'key') return undefined;
      const spki = Buffer.from(proof.detail.spki, 'base64url');
      const read = createPublicKey({ key: spki, format: 'der', type: 'spki' });
      return withDevice(q, proof.device, read, proof.id);
    }
    const chain = chainOf(certificate ?? '');
    const [leaf] = chain;
    if (leaf === undefined) return undefined;
    const judged = await authority.judge(
      q,
      chain.map(({ raw }) => new Uint8Array(raw)),
      'client',
    );
    if (!judged.ok) return undefined;
    const held = await certifiedDevice(q, deviceProofs, judged, new Uint8Array(leaf.raw));
    const signer = held && (await withDevice(q, held.device, leaf.publicKey, held.proof));
    return signer && { ...signer, certificate: judged };
  }

  async function withDevice(
    q: Queries,
    id: DeviceId,
    key: KeyObject,
    proof: DeviceProofId | undefined,
  ): Promise<Signer | undefined> {
    const device = await devices.get(q, id);
    return device?.status === 'active' ? { device, key, proof } : undefined;
  }

  /** The first of its kind in a minute has an event; those that follow are counted. */
  async function refused(
    reason: Reason,
    device: Device | undefined,
    arrival: Arrival,
  ): Promise<Result<never, PostureError>> {
    const subject = device?.id;
    const { door, network } = arrival;
    await tellOrCount(
      `${subject ?? ''} ${reason} ${network}`,
      {
        type: 'device.posture-refused',
        outcome: 'refused',
        ...byArrival(arrival),
        subject,
        reason,
        data: device === undefined ? {} : { name: device.name },
      },
      { subject, door, action: 'report-posture', resource: { kind: 'part', id: 'devices' } },
    );
    return failed({ code: 'posture-refused' });
  }

  async function keep(
    { device, proof, certificate }: Signer,
    { madeAt: _, audience: __, ...told }: PostureReport,
    at: number,
    arrival: Arrival,
  ): Promise<Result<void, 'used'>> {
    return store.write(async (tx) => {
      const posture = JSON.stringify(told);
      if ((await tx.run(reportPosture, { id: device.id, at, posture })) !== 1) {
        return failed('used');
      }
      // Where it joined, it did so by what it had told before.
      if (posture !== device.posture) await tx.run(doubtNetworkSessionsOf, { subject: device.id });
      const now = clock.now();
      if (proof !== undefined) await deviceProofs.used(tx, proof, now);
      const how = proof === undefined ? 'certificate' : 'key';
      const { door, address } = arrival;
      if (certificate !== undefined) authority.noteShown(tx, certificate, door);
      await devices.seen(tx, device.id, { door, at: now, how, address });
      const { diskEncrypted, screenLock, secureBoot, system } = told;
      await record.append(tx, {
        type: 'device.posture-reported',
        outcome: 'done',
        ...byArrival(arrival),
        subject: device.id,
        data: {
          name: device.name,
          madeAt: at,
          diskEncrypted,
          screenLock,
          secureBoot,
          system,
          ...(proof === undefined ? {} : { proof }),
        },
      });
      return ok(undefined);
    });
  }

  return {
    async take(signed, arrival) {
      try {
        const signer = await store.read((q) => signerOf(q, signed));
        if (signer === undefined) return await refused('not-held', undefined, arrival);
        const { device, key } = signer;
        if (!signedBy(key, signed)) return await refused('wrong', device, arrival);
        const now = clock.now();
        const read = readPosture(signed.report, { audience: audience(), now });
        if (!read.ok) return await refused(read.error, device, arrival);
        const { report: told, at } = read.value;
        const last = device.postureAt;
        if (last !== undefined && at > last && at < last + EVERY) {
          return failed({ code: 'throttled', retryAfter: EVERY / SECOND });
        }
        const kept = await keep(signer, told, at, arrival);
        return kept.ok ? kept : await refused(kept.error, device, arrival);
      } catch (fault) {
        report(fault);
        return failed({ code: 'unavailable' });
      }
    },
  };
}

/** The certificates of a PEM text, the device's own first. Empty where one of them is none. */
function chainOf(pem: string): X509Certificate[] {
  const blocks =
    pem.match(/-----BEGIN CERTIFICATE-----[^-]{1,16384}-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length > MOST_CERTIFICATES) return [];
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    return []; // Text from outside: that it is no certificate is an expected outcome.
  }
}

function signedBy(key: KeyObject, { report, signature }: SignedReport): boolean {
  const signing = postureSigning(key);
  const given = fromBase64url(signature);
  if (signing === undefined || given === undefined || given.length !== signing.length) return false;
  const text = utf8(`${POSTURE_CONTEXT}${report}`);
  return verify(signing.hash, text, { key, ...signing.how }, given);
}
