/**
 * What a TPM says of a key (device-attest-01 of draft-ietf-acme-device-attest, in the form of WebAuthn §8.3): that it was made in
 * that TPM and can't leave it, signed by an attestation key which an administrator tied to the device, or which a maker of TPMs who is
 * trusted certified for the device of that serial number.
 */
import { createPublicKey, hash, verify } from 'node:crypto';
import { equal } from '../../../kernel/equal.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';

/** As a door read it: every part of it from the bytes themselves. */
export interface Attestation {
  /** The public part of the key that is spoken of (TPMT_PUBLIC). */
  readonly subject: {
    /** SubjectPublicKeyInfo, in DER. */
    readonly key: Uint8Array;
    /** TPM 2.0 Part 1 §16: the hash of its public area, with the hash's own number before it. */
    readonly name: Uint8Array;
    /** Its attributes (TPM 2.0 Part 2 §8.3). */
    readonly fixedTpm: boolean;
    readonly fixedParent: boolean;
    readonly madeInside: boolean;
  };
  /** What was signed (TPMS_ATTEST of the type certify), whole. */
  readonly statement: Uint8Array;
  /** The name that the statement certifies, and the caller's own data in it. */
  readonly certified: Uint8Array;
  readonly extra: Uint8Array;
  readonly signature: Uint8Array;
  readonly alg: 'ES256' | 'RS256';
  /** The key that signed: SubjectPublicKeyInfo of the first certificate of x5c. */
  readonly attestationKey: Uint8Array;
  /** x5c, its certificate first: DER. */
  readonly chain: readonly Uint8Array[];
}

export interface ExpectedAttestation {
  /** SHA-256 over the SubjectPublicKeyInfo, in base64url; undefined where the maker of the TPM is to vouch for it. */
  readonly attestationKey: string | undefined;
  /** That a maker who is trusted vouches for the key as that of this device's TPM, or why not. */
  readonly vouched: Result<unknown, string>;
  /** The hash of the key authorization. */
  readonly nonce: Uint8Array;
}

export function judgeAttestation(
  shown: Attestation,
  expected: ExpectedAttestation,
): Result<{ readonly key: Uint8Array }, string> {
  const { subject, statement } = shown;
  const { attestationKey, vouched } = expected;
  if (attestationKey === undefined) {
    if (!vouched.ok) return failed(vouched.error);
  } else if (hash('sha256', shown.attestationKey, 'base64url') !== attestationKey) {
    return failed('The attestation is by another key than the device’s.');
  }
  if (!equal(shown.extra, expected.nonce)) {
    return failed('The attestation was made for something else.');
  }
  if (!equal(shown.certified, subject.name)) {
    return failed('The attestation is of another key.');
  }
  if (!subject.fixedTpm || !subject.fixedParent || !subject.madeInside) {
    return failed('The key was not made in that TPM, or can leave it.');
  }
  return signedBy(shown, statement)
    ? ok({ key: subject.key })
    : failed('The attestation is not signed by that key.');
}

function signedBy({ attestationKey, alg, signature }: Attestation, statement: Uint8Array): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(attestationKey), format: 'der', type: 'spki' });
    const wanted = alg === 'ES256' ? 'ec' : 'rsa';
    return key.asymmetricKeyType === wanted && verify('sha256', statement, key, signature);
  } catch {
    return false; // Bytes of strangers: that they are no key or signature is an expected outcome.
  }
}
