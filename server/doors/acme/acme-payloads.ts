/** What stands in the signed part of a request, read strictly; what is asked for beyond RFC 8555 is passed over, as §7.1 wants. */
import { z } from 'zod';
import type { KeyChange, NewAccount } from '../../gate/use-cases/acme/acme-accounts.ts';
import type { AskedByOrder } from '../../gate/use-cases/acme/acme-certificates.ts';
import type { RevocationAsked } from '../../gate/use-cases/acme/acme-revocations.ts';
import {
  type AcmeProblem,
  type Identifier,
  problem,
} from '../../gate/use-cases/acme/acme-words.ts';
import type { Attestation } from '../../gate/use-cases/acme/tpm-attestation.ts';
import { fromBase64url } from '../../kernel/bytes.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { readAskedCertificate } from '../../wire/cms/asked-certificate.ts';
import { readCertificate } from '../../wire/x509/certificate.ts';
import { readAttestationObject } from './attestation-object.ts';
import { isObject, type JwsBody, readInnerBody } from './jws-body.ts';

export type Asked<T> = Result<T, AcmeProblem>;

const malformed = (detail: string) => failed(problem('malformed', detail));

const newAccountShape = z.object({
  onlyReturnExisting: z.boolean().optional(),
  externalAccountBinding: z.unknown().optional(),
});

const MOST_IDENTIFIERS = 100;
const newOrderShape = z.object({
  identifiers: z
    .array(z.object({ type: z.string().max(64), value: z.string().max(253) }))
    .min(1)
    .max(MOST_IDENTIFIERS),
  notBefore: z.unknown().optional(),
  notAfter: z.unknown().optional(),
});

const LONGEST_DER = 32 * 1024;
const csrShape = z.object({ csr: z.string().max(LONGEST_DER) });
const revocationShape = z.object({
  certificate: z.string().max(LONGEST_DER),
  reason: z.int().min(0).max(10).optional(),
});
const keyChangeShape = z.object({ account: z.string().max(2048), oldKey: z.unknown() });
const attestationShape = z.object({ attObj: z.string().max(LONGEST_DER) });

export function readNewAccount({ payload, url }: JwsBody): Asked<NewAccount> {
  const read = newAccountShape.safeParse(payload);
  if (!read.success) return malformed('That is no account.');
  const { onlyReturnExisting = false, externalAccountBinding: bound } = read.data;
  if (bound === undefined) return ok({ onlyReturnExisting, binding: undefined });
  const inner = readInnerBody(bound);
  if (inner === undefined) return malformed('The binding is no JWS of RFC 8555 §7.3.4.');
  const binding = { ...inner, fits: inner.url === url, text: JSON.stringify(bound) };
  return ok({ onlyReturnExisting, binding });
}

export function readNewOrder({ payload }: JwsBody): Asked<readonly Identifier[]> {
  const read = newOrderShape.safeParse(payload);
  if (!read.success) return malformed('That is no order.');
  const { identifiers, notBefore, notAfter } = read.data;
  if (notBefore !== undefined || notAfter !== undefined) {
    return malformed('How long a certificate is good is said here, by its profile.');
  }
  const known: Identifier[] = [];
  for (const { type, value } of identifiers) {
    if (type !== 'dns' && type !== 'permanent-identifier') {
      return failed(
        problem('unsupportedIdentifier', `“${type}” is not a kind that is known here.`),
      );
    }
    known.push({ type, value });
  }
  return ok(known);
}

export function readFinalize({ payload }: JwsBody): Asked<AskedByOrder> {
  const read = csrShape.safeParse(payload);
  const der = read.success ? fromBase64url(read.data.csr) : undefined;
  const asked = der && readAskedCertificate(der);
  return asked === undefined
    ? failed(problem('badCSR', 'That is no PKCS #10 request.'))
    : ok(asked);
}

export function readRevocation({ payload }: JwsBody): Asked<RevocationAsked> {
  const read = revocationShape.safeParse(payload);
  const der = read.success ? fromBase64url(read.data.certificate) : undefined;
  const certificate = der && readCertificate(der);
  if (!read.success || der === undefined || certificate === undefined) {
    return malformed('That is no certificate.');
  }
  const { serial, publicKey } = certificate;
  return ok({ certificate: der, serial, publicKey, reason: read.data.reason });
}

export function readKeyChange(
  { payload, url }: JwsBody,
  idIn: (account: string) => string | undefined,
): Asked<KeyChange> {
  const inner = readInnerBody(payload);
  const read = keyChangeShape.safeParse(inner?.payload);
  // RFC 8555 §7.3.5: for the same address, and with a key that says itself.
  if (inner === undefined || !read.success || inner.url !== url || inner.jwk === undefined) {
    return malformed('The inner request is no JWS of RFC 8555 §7.3.5.');
  }
  const { account, oldKey } = read.data;
  return ok({ inner, account: idIn(account) ?? '', oldKey });
}

export const wantsDeactivation = ({ payload }: JwsBody) =>
  isObject(payload) && payload.status === 'deactivated';

export function readAttestationPayload(payload: unknown): Attestation | undefined {
  const read = attestationShape.safeParse(payload);
  const bytes = read.success ? fromBase64url(read.data.attObj) : undefined;
  return bytes && readAttestationObject(bytes);
}
