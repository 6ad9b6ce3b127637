/**
 * What the judgement of a certificate rested on, so that whoever keeps one for a moment can tell whether it still holds: of our own
 * that neither it nor its CA was revoked, of others that of all CAs which are trusted nothing changed since.
 */
import { hash } from 'node:crypto';
import type { Queries } from '../../store/store.ts';
import { readCertificate } from '../../wire/x509/certificate.ts';
import { caState } from './ca-table.ts';
import { certificateState } from './certificate-table.ts';
import { trustedByName, trustedVersions } from './trusted-table.ts';

export interface Standing {
  /** The serial number of our own; of others the id under which their CA is trusted, and the version of that. */
  readonly row: string;
  readonly version: number;
  /** Of everything that is trusted: what one name revokes is revoked under each. */
  readonly mark: string;
}

/** Undefined where it rests on nothing any more. */
export type ReadStanding = (
  q: Queries,
  of: { readonly issuer: string; readonly serial: string },
) => Promise<Standing | undefined>;

export function createStanding(): ReadStanding {
  return async (q, { issuer, serial }) => {
    if (issuer === 'own') {
      const own = await q.one(certificateState, { serial });
      const ca = own && (await q.one(caState, { id: own.ca_id }));
      const good = own?.revoked_at === null && ca?.revoked_at === null;
      return good ? { row: serial, version: 0, mark: 'own' } : undefined;
    }
    const trusted = await q.one(trustedByName, { name: issuer });
    if (trusted === undefined) return undefined;
    return { row: trusted.id, version: trusted.version, mark: await markOfTrusted(q) };
  };
}

export interface ShownAlone {
  readonly serial: string;
  /** SHA-256, in base64url. */
  readonly fingerprint: string;
  readonly notAfter: number;
}

/** Of a certificate in DER, as far as `standingMark` asks; undefined for what is none. */
export function readShownAlone(der: Uint8Array): ShownAlone | undefined {
  const certificate = readCertificate(der);
  if (certificate === undefined) return undefined;
  const { serial, notAfter } = certificate;
  return { serial, notAfter, fingerprint: hash('sha256', der, 'base64url') };
}

/**
 * The same for whoever knows no more of a certificate than what it says itself: another text as soon as one of our own was revoked, or its
 * CA; and where it is of others, whenever anything changed of those that are trusted.
 */
export async function standingMark(
  q: Queries,
  { serial, fingerprint }: Pick<ShownAlone, 'serial' | 'fingerprint'>,
): Promise<string> {
  const own = await q.one(certificateState, { serial });
  if (own?.fingerprint !== fingerprint) return markOfTrusted(q);
  const ca = await q.one(caState, { id: own.ca_id });
  return own.revoked_at === null && ca?.revoked_at === null ? 'own' : 'revoked';
}

async function markOfTrusted(q: Queries): Promise<string> {
  return markOf(await q.all(trustedVersions, {}));
}

/** The same, as the database has it (`heldVersions`): in the order in which it gives them. */
export async function versionsText(
  q: Queries,
): Promise<{ readonly mark: string; readonly versions: string }> {
  const all = await q.all(trustedVersions, {});
  const versions = all.map(({ id, version }) => `${id} ${version}`).join();
  return { mark: markOf(all), versions };
}

/** Of all that are trusted, in whatever order. */
export function markOf(
  trusted: readonly { readonly id: string; readonly version: number }[],
): string {
  const versions = trusted.map(({ id, version }) => `${id} ${version}`).sort();
  return hash('sha256', JSON.stringify(versions), 'base64url');
}
