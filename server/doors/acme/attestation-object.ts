/** An attestation object of the format `tpm` (WebAuthn §6.5.4, §8.3), as device-attest-01 takes it: without authenticator data. */
import type { Attestation } from '../../gate/use-cases/acme/tpm-attestation.ts';
import { type CborMap, type CborValue, readCbor } from '../../wire/cbor/cbor-reader.ts';
import { readTpmCertify, readTpmPublic, readTpmSignature } from '../../wire/tpm/tpm-reader.ts';
import { readCertificate } from '../../wire/x509/certificate.ts';

/** COSE algorithms (RFC 9053 §2, RFC 8812 §2), which must agree with what the signature itself says. */
const COSE = { ES256: -7, RS256: -257 } as const;

const MOST_CERTIFICATES = 8;

const isMap = (value: CborValue | undefined): value is CborMap => value instanceof Map;
const bytesOf = (value: CborValue | undefined) => (value instanceof Uint8Array ? value : undefined);

export function readAttestationObject(bytes: Uint8Array): Attestation | undefined {
  const object = readCbor(bytes);
  if (!isMap(object) || object.get('fmt') !== 'tpm') return undefined;
  const statement = object.get('attStmt');
  if (!isMap(statement) || statement.get('ver') !== '2.0') return undefined;
  const certInfo = bytesOf(statement.get('certInfo'));
  const pubArea = bytesOf(statement.get('pubArea'));
  const sig = bytesOf(statement.get('sig'));
  const x5c = statement.get('x5c');
  const chain = Array.isArray(x5c) ? (x5c as readonly CborValue[]).map(bytesOf) : [];
  const [leaf] = chain;
  if (!certInfo || !pubArea || !sig || !leaf || chain.length > MOST_CERTIFICATES) return undefined;
  const certificate = readCertificate(leaf);
  const subject = readTpmPublic(pubArea);
  const certified = readTpmCertify(certInfo);
  const signature = readTpmSignature(sig);
  if (!certificate || !subject || !certified || !signature) return undefined;
  if (statement.get('alg') !== COSE[signature.alg]) return undefined;
  return {
    subject: {
      key: subject.key,
      name: subject.name,
      fixedTpm: subject.fixedTpm,
      fixedParent: subject.fixedParent,
      madeInside: subject.sensitiveDataOrigin,
    },
    statement: certInfo,
    certified: certified.name,
    extra: certified.extraData,
    signature: signature.value,
    alg: signature.alg,
    attestationKey: certificate.publicKey,
    chain: chain.filter((each) => each !== undefined),
  };
}
