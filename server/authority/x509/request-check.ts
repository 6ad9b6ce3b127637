/**
 * A certificate request judged against what the profile will give. Nothing is taken from it but its key; what it says beyond
 * that must agree with what would be issued anyway, so that nobody believes to have got what they asked for.
 */
import type { KeyObject } from 'node:crypto';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { type NamesToWrite, readAlternativeNames } from '../../wire/x509/alternative-names.ts';
import { commonNameOf } from '../../wire/x509/distinguished-name.ts';
import {
  readBasicConstraints,
  readExtendedKeyUsage,
  readKeyUsage,
} from '../../wire/x509/extensions.ts';
import { extensions, keyUsageBits, keyUses } from '../../wire/x509/oids.ts';
import { type CertificateRequest, readRequest } from '../../wire/x509/request.ts';
import type { Certified, IssueError } from './authority-words.ts';
import { judgeSignature, publicKeyOf } from './key-material.ts';
import type { Profile } from './profiles.ts';

const KNOWN: ReadonlySet<string> = new Set([
  extensions.basicConstraints,
  extensions.keyUsage,
  extensions.extendedKeyUsage,
  extensions.subjectAltName,
  extensions.subjectKeyIdentifier,
]);

/** Its key, and that whoever asks holds it (RFC 2986 §3 note 2). */
export function keyOfRequest(
  der: Uint8Array,
): Result<{ request: CertificateRequest; key: KeyObject }, IssueError> {
  const request = readRequest(der);
  if (request === undefined) return failed({ code: 'malformed' });
  const key = publicKeyOf(request.publicKey);
  if (key === undefined) return failed({ code: 'malformed', detail: 'its key' });
  const signature = judgeSignature(request.signature, request.body, key);
  if (signature === 'weak') {
    return failed({ code: 'weak-signature', detail: request.signature.algorithm });
  }
  return signature === 'good' ? ok({ request, key }) : failed({ code: 'bad-signature' });
}

/** RFC 4108 §2.2.5; RFC 7030 §4.4.1.2. */
const DECRYPT_KEY_IDS = ['1.2.840.113549.1.9.16.2.37', '1.2.840.113549.1.9.16.2.54'];

/** One for a key that is made here: its own key and its signature are there for old programs' sake alone (RFC 7030 §4.4.1). */
export function readForMadeKey(der: Uint8Array): Result<CertificateRequest, IssueError> {
  const request = readRequest(der);
  if (request === undefined) return failed({ code: 'malformed' });
  // §4.4.1.1, §4.4.1.2: without the key that it names, the request is at its end. Nobody gets theirs less protected than they asked.
  return DECRYPT_KEY_IDS.some((id) => request.attributes.has(id))
    ? failed({ code: 'key-encryption' })
    : ok(request);
}

export function compareRequest(
  request: CertificateRequest,
  profile: Profile,
  subject: Certified,
  names: NamesToWrite,
): IssueError | undefined {
  const { extensions: asked } = request;
  for (const [type, { critical }] of asked) {
    if (critical && !KNOWN.has(type)) return { code: 'not-in-profile', detail: type };
  }
  const constraints = readBasicConstraints(asked);
  const usage = readKeyUsage(asked);
  const uses = readExtendedKeyUsage(asked);
  if (constraints === undefined || usage === undefined || uses === undefined) {
    return { code: 'malformed', detail: 'its extensions' };
  }
  const { keyCertSign, crlSign } = keyUsageBits;
  const toSign = usage !== 'any' && (usage.has(keyCertSign) || usage.has(crlSign));
  if (constraints.ca || toSign) return { code: 'asks-for-ca' };
  if (uses !== 'any') {
    const given = new Set<string>(profile.uses.map((use) => keyUses[use]));
    const beyond = uses.find((use) => !given.has(use));
    if (beyond !== undefined) return { code: 'not-in-profile', detail: beyond };
  }
  return foreignName(request, subject, names);
}

function foreignName(
  request: CertificateRequest,
  subject: Certified,
  names: NamesToWrite,
): IssueError | undefined {
  const foreign = (detail: string): IssueError => ({
    code: 'foreign-name',
    detail: detail.slice(0, 128),
  });
  const commonName = commonNameOf(request.subject);
  if (commonName === undefined) return foreign('a common name that is not one');
  const own = [
    subject.name,
    subject.id,
    ...(names.dns ?? []),
    ...(names.ip ?? []),
    ...(names.upn ?? []),
  ];
  if (commonName !== '' && !own.some((name) => name.toLowerCase() === commonName.toLowerCase())) {
    return foreign(commonName);
  }
  const value = request.extensions.get(extensions.subjectAltName)?.value;
  const asked = value && readAlternativeNames(value);
  if (value === undefined) return undefined;
  if (asked === undefined) return { code: 'malformed', detail: 'its names' };
  if (asked.others > 0) return foreign('a name of a kind that is not known here');
  for (const kind of ['dns', 'ip', 'uri', 'email', 'upn'] as const) {
    const beyond = asked[kind].find((name) => !(names[kind] ?? []).includes(name));
    if (beyond !== undefined) return foreign(beyond);
  }
  return undefined;
}
