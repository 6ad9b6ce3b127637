/**
 * Whether a host's certificate is good to get the next one with. Beyond what sshd's clients look at, it has to be the latest word on
 * that key: where another was made since with other names, or revoked, an older one is no way around it.
 */
import { type Clock, DAY } from '../../kernel/clock.ts';
import type { DeviceId } from '../../kernel/id.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import type { Queries } from '../../store/store.ts';
import type { SshCertificate } from '../../wire/ssh/certificate.ts';
import { fingerprint } from '../../wire/ssh/public-key.ts';
import type { CaKeys } from './ca-keys.ts';
import {
  certificateBySerial,
  hostCertificatesSince,
  type LatestOfHost,
  latestOfHosts,
} from './ssh-table.ts';

/** A host that was off over a long weekend still comes to its next one by itself. */
export const GRACE = 3 * DAY;

export type HostProblem =
  | 'unknown-authority'
  | 'not-a-host'
  | 'unknown'
  | 'revoked'
  | 'expired'
  | 'other-names';

export interface StandingHost {
  readonly serial: number;
  readonly deviceId: string;
  /** The device's name as it was then: the first of the names. */
  readonly host: string;
  readonly names: readonly string[];
  readonly issuedAt: number;
  readonly expiresAt: number;
}

export async function standingHost(
  q: Queries,
  { keys, clock }: { readonly keys: Pick<CaKeys, 'list'>; readonly clock: Clock },
  shown: SshCertificate,
): Promise<Result<StandingHost, HostProblem>> {
  const signer = fingerprint(shown.signedBy.blob);
  // By the database: a key that was voided a second ago on another node signs for nobody here.
  const trusted = (await keys.list(q)).some(
    (key) => key.kind === 'host' && key.state !== 'gone' && key.fingerprint === signer,
  );
  if (!trusted) return failed('unknown-authority');
  if (shown.kind !== 'host') return failed('not-a-host');
  if (shown.serial > BigInt(Number.MAX_SAFE_INTEGER)) return failed('unknown');
  const row = await q.one(certificateBySerial, { serial: Number(shown.serial) });
  const print = fingerprint(shown.key.blob);
  if (row?.kind !== 'host' || row.fingerprint !== print) return failed('unknown');
  if (row.expires_at + GRACE <= clock.now()) return failed('expired');
  const since = await q.all(hostCertificatesSince, {
    subject: row.subject_id,
    fingerprint: print,
    from: row.issued_at,
  });
  if (since.some((one) => one.revoked_at !== null)) return failed('revoked');
  if (since.some((one) => one.principals !== row.principals)) return failed('other-names');
  return ok({
    serial: row.serial,
    deviceId: row.subject_id,
    host: row.host,
    names: JSON.parse(row.principals) as string[], // Written by ssh-authority.ts.
    issuedAt: row.issued_at,
    expiresAt: row.expires_at,
  });
}

/** Of each host the certificate that is good longest, where it was still good a few days ago. */
export async function hostsOf(
  q: Queries,
  now: number,
): Promise<
  readonly (Pick<StandingHost, 'host' | 'issuedAt' | 'expiresAt'> & {
    readonly deviceId: DeviceId;
  })[]
> {
  const latest = new Map<string, LatestOfHost>();
  for (const row of await q.all(latestOfHosts, { after: now - GRACE })) {
    latest.set(row.subject_id, row);
  }
  return [...latest.values()].map((row) => ({
    deviceId: row.subject_id as DeviceId, // Of a host's certificate.
    host: row.host,
    issuedAt: row.issued_at,
    expiresAt: row.expires_at,
  }));
}
