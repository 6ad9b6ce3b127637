/** A new credential, judged as WebAuthn §7.1 says: the library does the ceremony, this file what the library leaves open. */
import { base64url } from '../../kernel/bytes.ts';
import { Fault } from '../../kernel/fault.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import type { EnrolmentError, Moment } from '../proof.ts';
import { judgeAttestation } from './attestation.ts';
import { judgeClientData } from './client-data.ts';
import type { CredentialSecrets } from './credential.ts';
import { webauthnLibrary } from './library.ts';
import type { RegistrationOffer } from './offers.ts';
import type { WebauthnConfig } from './webauthn-config.ts';
import type { WebauthnSite } from './webauthn-site.ts';

export interface NewCredential extends CredentialSecrets {
  readonly credentialId: string;
  readonly algorithm: number;
  readonly signCount: number;
  readonly aaguid: string;
  readonly attestation: string;
  readonly attested: boolean;
  readonly deviceBound: boolean;
  readonly backedUp: boolean;
  readonly transports: readonly string[];
}

/** COSE algorithms, the preferred first: Ed25519, ES256, RS256. */
export const ALGORITHMS = [-8, -7, -257];

export interface RegistrationCheck {
  readonly challenge: Uint8Array;
  readonly moment: Pick<Moment, 'now' | 'origin'>;
  readonly site: WebauthnSite;
  readonly config: WebauthnConfig;
}

export async function verifyRegistration(
  offer: RegistrationOffer,
  { challenge, moment, site, config }: RegistrationCheck,
): Promise<Result<NewCredential, EnrolmentError>> {
  const said = judgeClientData(
    offer.response.clientDataJSON,
    'webauthn.create',
    challenge,
    moment.origin,
    site,
  );
  if (said === 'malformed') return failed({ code: 'malformed', detail: 'the client data' });
  if (said !== 'right') return failed({ code: 'wrong' });

  const { verifyRegistrationResponse } = await webauthnLibrary();
  const { transports = [], ...response } = offer.response;
  const verified = await verifyRegistrationResponse({
    response: { ...offer, response: { ...response, transports }, clientExtensionResults: {} },
    expectedChallenge: base64url(challenge),
    expectedOrigin: [...site.origins],
    expectedRPID: site.rpId,
    requireUserVerification: true,
    supportedAlgorithmIDs: ALGORITHMS,
  }).catch(() => undefined); // It throws for whatever is not right in a hostile input.
  if (verified === undefined || !verified.verified) return failed({ code: 'wrong' });

  const info = verified.registrationInfo;
  // The id outside is the browser's word; the one inside is what was attested.
  if (info.credential.id !== offer.id) return failed({ code: 'wrong' });
  const attested = { aaguid: info.aaguid, format: info.fmt };
  const { chain, algorithm } = await partsOf(info.attestationObject, info.credential.publicKey);
  const judged = judgeAttestation({ ...attested, chain }, config, moment.now);
  if (!judged.allowed) return failed({ code: 'not-allowed', detail: judged.why });
  return ok({
    credentialId: info.credential.id,
    publicKey: info.credential.publicKey,
    algorithm,
    signCount: info.credential.counter,
    aaguid: info.aaguid,
    attestation: info.fmt,
    attestationObject: info.attestationObject,
    attested: judged.attested,
    deviceBound: info.credentialDeviceType === 'singleDevice',
    backedUp: info.credentialBackedUp,
    transports,
  });
}

async function partsOf(attestationObject: Uint8Array, publicKey: Uint8Array) {
  const { decodeAttestationObject, decodeCredentialPublicKey, cose } = await import(
    '@simplewebauthn/server/helpers'
  );
  const x5c = decodeAttestationObject(new Uint8Array(attestationObject)).get('attStmt').get('x5c');
  const algorithm = decodeCredentialPublicKey(new Uint8Array(publicKey)).get(cose.COSEKEYS.alg);
  // The library has verified the key, which it does by its algorithm.
  if (algorithm === undefined) throw new Fault('proof.engine', 'a verified key has no algorithm');
  const chain = Array.isArray(x5c) ? x5c.filter((part) => part instanceof Uint8Array) : [];
  return { algorithm, chain };
}
