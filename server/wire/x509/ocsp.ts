/** Questions and answers of OCSP (RFC 6960 §4): what was asked is read, bounded, and told apart from what is no question. */
import type { Buffer } from 'node:buffer';
import {
  context,
  type Der,
  readOid,
  readOne,
  readSmall,
  readUnsigned,
  TAG,
  within,
} from '../der/der-reader.ts';
import {
  bits,
  enumerated,
  generalizedTime,
  octets,
  oid,
  sequence,
  tagged,
} from '../der/der-writer.ts';
import type { SignsDer } from './certificate.ts';
import { type Extensions, extension, readExtensions } from './extensions.ts';
import { extensions as OIDS, ocspBasic } from './oids.ts';

const LARGEST_QUESTION = 4096;
/** Certificates that one question asks about. */
const MOST_ASKED = 16;
/** RFC 9654 §2.1. */
const LONGEST_NONCE = 128;

export interface CertId {
  /** As it came: the answer repeats it. */
  readonly whole: Uint8Array;
  readonly hash: 'sha1' | 'sha256' | 'other';
  readonly nameHash: Uint8Array;
  readonly keyHash: Uint8Array;
  readonly serial: string;
}

export interface OcspQuestion {
  readonly asked: readonly CertId[];
  readonly nonce: Uint8Array | undefined;
}

const HASHES: Readonly<Record<string, 'sha1' | 'sha256'>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.1': 'sha256',
};

export function readOcspQuestion(der: Uint8Array): OcspQuestion | undefined {
  if (der.length > LARGEST_QUESTION) return undefined;
  const [body, signature, ...more] = within(readOne(der), TAG.sequence) ?? [];
  const fields = [...(within(body, TAG.sequence) ?? [])];
  if (more.length > 0 || (signature !== undefined && signature.tag !== context(0)))
    return undefined;
  // Version 1 is what is meant where none is said; some say it.
  if (fields[0]?.tag === context(0)) {
    if (readSmall(readOne(fields.shift()?.content)) !== 0) return undefined;
  }
  if (fields[0]?.tag === context(1)) fields.shift();
  const list = within(fields.shift(), TAG.sequence);
  const last = fields.shift();
  if (list === undefined || list.length === 0 || list.length > MOST_ASKED || fields.length > 0) {
    return undefined;
  }
  const asked = list.map(readAsked);
  if (!asked.every((one) => one !== undefined)) return undefined;
  let extensions: Extensions = new Map();
  if (last !== undefined) {
    const found = last.tag === context(2) ? readExtensions(readOne(last.content)) : undefined;
    if (found === undefined) return undefined;
    extensions = found;
  }
  for (const [type, { critical }] of extensions) {
    if (critical && type !== OIDS.ocspNonce) return undefined;
  }
  const value = extensions.get(OIDS.ocspNonce)?.value;
  if (value === undefined) return { asked, nonce: undefined };
  const nonce = readOne(value);
  const length = nonce?.content.length ?? 0;
  if (nonce?.tag !== TAG.octets || length < 1 || length > LONGEST_NONCE) return undefined;
  return { asked, nonce: nonce.content };
}

function readAsked(one: Der): CertId | undefined {
  const [id, ...more] = within(one, TAG.sequence) ?? [];
  const [algorithm, nameHash, keyHash, serial, ...rest] = within(id, TAG.sequence) ?? [];
  const [type, parameters, ...others] = within(algorithm, TAG.sequence) ?? [];
  const hash = readOid(type);
  // RFC 5754 §2: none, or NULL. What else stands there would make of one question as many as anyone likes.
  const plain =
    parameters === undefined || (parameters.tag === TAG.null && parameters.content.length === 0);
  const digits = readUnsigned(serial);
  if (
    id === undefined ||
    hash === undefined ||
    !plain ||
    others.length > 0 ||
    nameHash?.tag !== TAG.octets ||
    keyHash?.tag !== TAG.octets ||
    digits === undefined ||
    rest.length > 0 ||
    more.length > 1
  ) {
    return undefined;
  }
  return {
    whole: id.whole,
    hash: HASHES[hash] ?? 'other',
    nameHash: nameHash.content,
    keyHash: keyHash.content,
    serial: digits,
  };
}

/** RFC 6960 §4.2.1: those that are not signed. */
const ocspRefusals = {
  malformed: 1,
  internal: 2,
  later: 3,
  unauthorized: 6,
} as const;

export const writeOcspRefusal = (why: keyof typeof ocspRefusals): Buffer =>
  sequence(enumerated(ocspRefusals[why]));

export type OcspStatus =
  | { readonly state: 'good' }
  | { readonly state: 'unknown' }
  | { readonly state: 'revoked'; readonly at: number; readonly reason: number };

export interface AnswerToWrite {
  readonly answers: readonly { readonly id: CertId; readonly status: OcspStatus }[];
  /** To the second: a fraction is not allowed (RFC 6960 §4.2.2.1, RFC 5280 §4.1.2.5.2). */
  readonly at: number;
  readonly until: number;
  readonly nonce: Uint8Array | undefined;
  readonly responder: { readonly name: Uint8Array; readonly certificate: Uint8Array };
}

export function writeOcspAnswer(what: AnswerToWrite, signer: SignsDer): Buffer {
  const { answers, at, until, nonce, responder } = what;
  const body = sequence(
    tagged(context(1), responder.name),
    generalizedTime(at),
    sequence(
      ...answers.map(({ id, status }) =>
        sequence(
          id.whole,
          statusOf(status),
          generalizedTime(at),
          tagged(context(0), generalizedTime(until)),
        ),
      ),
    ),
    nonce && tagged(context(1), sequence(extension(OIDS.ocspNonce, octets(nonce)))),
  );
  const basic = sequence(
    body,
    signer.algorithm,
    bits(signer.sign(body)),
    tagged(context(0), sequence(responder.certificate)),
  );
  return sequence(enumerated(0), tagged(context(0), sequence(oid(ocspBasic), octets(basic))));
}

function statusOf(status: OcspStatus): Buffer {
  if (status.state === 'good') return tagged(context(0, false));
  if (status.state === 'unknown') return tagged(context(2, false));
  const { at, reason } = status;
  return tagged(
    context(1),
    generalizedTime(at),
    reason === 0 ? undefined : tagged(context(0), enumerated(reason)),
  );
}
