/** How a credential is kept: what anyone may see in the row's detail, the key and the attestation sealed. */
import { z } from 'zod';
import { base64url, fromBase64url, fromUtf8, utf8 } from '../../kernel/bytes.ts';
import { Fault } from '../../kernel/fault.ts';
import type { Box } from '../../vault/vault.ts';
import { sealedPlace } from '../held-proofs.ts';
import type { HeldProof, ProofId } from '../proof.ts';

const credentialDetail = z.strictObject({
  credentialId: z.string(),
  /** What it was enrolled as: found by the browser without a name, or asked for as a second step. */
  form: z.enum(['passkey', 'security-key']),
  /** COSE algorithm (RFC 9053): -8 Ed25519, -7 ES256, -257 RS256. */
  algorithm: z.int(),
  aaguid: z.string(),
  attestation: z.string(),
  /** The attestation leads to a root that the configuration named when it was enrolled. */
  attested: z.boolean(),
  /** The key can't leave its device; the authenticator's word, unless attested (§6.1.3, backup eligibility). */
  deviceBound: z.boolean(),
  backedUp: z.boolean(),
  transports: z.array(z.string()),
  /** The host that its browser binds it to (§4, RP ID). Those of before this was kept have none. */
  rpId: z.string().optional(),
});

export type CredentialDetail = z.infer<typeof credentialDetail>;

export function readCredentialDetail(held: HeldProof): CredentialDetail {
  try {
    return credentialDetail.parse(JSON.parse(held.detail));
  } catch (cause) {
    throw new Fault('proof.engine', `the detail of credential ${held.id} is damaged`, { cause });
  }
}

/** The host for which alone a browser would show it, where that is not ours. */
export function otherHostOf(held: HeldProof, rpId: string): string | undefined {
  const madeFor = readCredentialDetail(held).rpId;
  return madeFor === rpId ? undefined : madeFor;
}

export interface CredentialSecrets {
  /** COSE_Key (RFC 9052 §7). No secret, but whoever could change it could sign in. */
  readonly publicKey: Uint8Array;
  /** Kept whole, so that it can be judged again when trust changes. */
  readonly attestationObject: Uint8Array;
}

export function sealCredential(box: Box, id: ProofId, secrets: CredentialSecrets): Uint8Array {
  const text = `${base64url(secrets.publicKey)}.${base64url(secrets.attestationObject)}`;
  return box.seal(sealedPlace(id), utf8(text));
}

export function openPublicKey(box: Box, held: HeldProof): Uint8Array<ArrayBuffer> {
  const text = held.sealed === null ? '' : fromUtf8(box.open(sealedPlace(held.id), held.sealed));
  const key = fromBase64url(text.slice(0, text.indexOf('.')));
  if (key === undefined || key.length === 0) {
    throw new Fault('proof.engine', `credential ${held.id} has no key`);
  }
  return new Uint8Array(key);
}
