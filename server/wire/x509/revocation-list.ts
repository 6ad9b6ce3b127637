/** Revocation lists (RFC 5280 §5): written, and read whole, so that nothing in one that must be understood is passed over. */
import type { Buffer } from 'node:buffer';
import {
  context,
  type Der,
  readBits,
  readOid,
  readOne,
  readSmall,
  readTime,
  readUnsigned,
  TAG,
  within,
} from '../der/der-reader.ts';
import { bits, enumerated, integer, sequence, tagged, time, unsigned } from '../der/der-writer.ts';
import { type SignsDer, same } from './certificate.ts';
import { readName } from './distinguished-name.ts';
import {
  type Extensions,
  extension,
  readAuthorityKeyId,
  readExtensions,
  written,
} from './extensions.ts';
import { extensions as OIDS } from './oids.ts';

export interface RevocationList {
  readonly body: Uint8Array;
  readonly signature: { readonly algorithm: string; readonly value: Uint8Array };
  readonly issuer: Uint8Array;
  readonly thisUpdate: number;
  /** Without one nobody can tell that a newer one was kept back (RFC 5280 §5.1.2.5 wants it). */
  readonly nextUpdate: number | undefined;
  readonly number: string | undefined;
  readonly authorityKeyId: Uint8Array | undefined;
  /** Serials, as certificates have them. */
  readonly revoked: ReadonlySet<string>;
  /** Extensions that are critical: of the list, and of what stands in it. */
  readonly critical: readonly string[];
}

export const LARGEST_LIST = 8 * 1024 * 1024;

export function readRevocationList(der: Uint8Array): RevocationList | undefined {
  if (der.length > LARGEST_LIST) return undefined;
  const [body, algorithm, value, ...more] = within(readOne(der), TAG.sequence) ?? [];
  const signature = readBits(value);
  const signedBy = readOid(within(algorithm, TAG.sequence)?.[0]);
  const fields = within(body, TAG.sequence);
  if (body === undefined || algorithm === undefined || signature === undefined) return undefined;
  if (signedBy === undefined) return undefined;
  if (fields === undefined || more.length > 0) return undefined;
  const [version, inner, issuer, from, ...rest] = fields;
  const thisUpdate = readTime(from);
  if (readSmall(version) !== 1 || issuer === undefined || readName(issuer) === undefined) {
    return undefined;
  }
  // RFC 5280 §5.1.1.2: what it is signed with is told inside as outside.
  if (inner === undefined || !same(inner.whole, algorithm.whole)) return undefined;
  const nextUpdate = readTime(rest[0]);
  if (nextUpdate !== undefined) rest.shift();
  const list = rest[0]?.tag === TAG.sequence ? within(rest.shift(), TAG.sequence) : [];
  const explicit = rest.shift();
  if (thisUpdate === undefined || list === undefined || rest.length > 0) return undefined;
  let extensions: Extensions = new Map();
  if (explicit !== undefined) {
    if (explicit.tag !== context(0)) return undefined;
    const found = readExtensions(readOne(explicit.content));
    if (found === undefined) return undefined;
    extensions = found;
  }
  const critical = criticalOf(extensions);
  const revoked = new Set<string>();
  for (const entry of list) {
    const read = readEntry(entry);
    if (read === undefined) return undefined;
    revoked.add(read.serial);
    critical.push(...read.critical);
  }
  const number = extensions.get(OIDS.crlNumber)?.value;
  return {
    body: body.whole,
    signature: { algorithm: signedBy, value: signature },
    issuer: issuer.whole,
    thisUpdate,
    nextUpdate,
    number: number && readUnsigned(readOne(number)),
    authorityKeyId: readAuthorityKeyId(extensions),
    revoked,
    critical,
  };
}

function readEntry(entry: Der): { serial: string; critical: string[] } | undefined {
  const [serial, at, extensions, ...more] = within(entry, TAG.sequence) ?? [];
  const digits = readUnsigned(serial);
  if (digits === undefined || readTime(at) === undefined || more.length > 0) return undefined;
  if (extensions === undefined) return { serial: digits, critical: [] };
  const found = readExtensions(extensions);
  return found && { serial: digits, critical: criticalOf(found) };
}

function criticalOf(extensions: Extensions): string[] {
  return [...extensions].filter(([, { critical }]) => critical).map(([type]) => type);
}

export interface RevokedEntry {
  readonly serial: string;
  readonly at: number;
  /** RFC 5280 §5.3.1; unspecified, which is 0, is left out. */
  readonly reason: number;
}

export interface ListToWrite {
  readonly issuer: Uint8Array;
  readonly authorityKeyId: Uint8Array;
  readonly number: bigint;
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  readonly revoked: readonly RevokedEntry[];
}

export function writeRevocationList(what: ListToWrite, signer: SignsDer): Buffer {
  const entries = what.revoked.map(({ serial, at, reason }) =>
    sequence(
      unsigned(serial),
      time(at),
      reason === 0 ? undefined : sequence(extension(OIDS.reasonCode, enumerated(reason))),
    ),
  );
  const body = sequence(
    integer(1),
    signer.algorithm,
    what.issuer,
    time(what.thisUpdate),
    time(what.nextUpdate),
    // RFC 5280 §5.1.2.6: absent where there are none.
    entries.length === 0 ? undefined : sequence(...entries),
    tagged(
      context(0),
      sequence(
        written.authorityKeyId(what.authorityKeyId),
        extension(OIDS.crlNumber, integer(what.number)),
      ),
    ),
  );
  return sequence(body, signer.algorithm, bits(signer.sign(body)));
}
