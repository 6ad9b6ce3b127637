/** A signature by a credential that is held, judged as WebAuthn §7.2 says. */
import { base64url, fromBase64url } from '../../kernel/bytes.ts';
import type { Moment, WrongReason } from '../proof.ts';
import { judgeClientData } from './client-data.ts';
import { isEcdsaDer } from './ecdsa-der.ts';
import { webauthnLibrary } from './library.ts';
import type { AssertionOffer } from './offers.ts';
import type { WebauthnSite } from './webauthn-site.ts';

const ES256 = -7;

export interface KnownCredential {
  readonly credentialId: string;
  readonly publicKey: Uint8Array<ArrayBuffer>;
  readonly algorithm: number;
  /** Whether it could be backed up when it was enrolled, which never changes (§6.1.3). */
  readonly deviceBound: boolean;
  readonly userHandle: string;
}

export type AssertionVerdict =
  | { readonly sound: true; readonly signCount: number; readonly backedUp: boolean }
  | { readonly sound: false; readonly reason: WrongReason };

export async function verifyAssertion(
  offer: AssertionOffer,
  known: KnownCredential,
  moment: Pick<Moment, 'nonce' | 'origin'>,
  site: WebauthnSite,
): Promise<AssertionVerdict> {
  const { clientDataJSON, userHandle, ...response } = offer.response;
  const said = judgeClientData(clientDataJSON, 'webauthn.get', moment.nonce, moment.origin, site);
  if (said !== 'right') return { sound: false, reason: said };
  // §7.2 step 6: what the authenticator knows its owner by, where it says so.
  if (userHandle && userHandle !== known.userHandle) return { sound: false, reason: 'wrong' };

  const signature = fromBase64url(response.signature);
  if (signature === undefined) return { sound: false, reason: 'malformed' };
  if (known.algorithm === ES256 && !isEcdsaDer(signature, 32)) {
    return { sound: false, reason: 'malformed' };
  }

  const { verifyAuthenticationResponse } = await webauthnLibrary();
  const verified = await verifyAuthenticationResponse({
    response: { ...offer, response: { clientDataJSON, ...response }, clientExtensionResults: {} },
    expectedChallenge: base64url(moment.nonce),
    expectedOrigin: [...site.origins],
    expectedRPID: site.rpId,
    requireUserVerification: true,
    // Counts are judged by our caller, after the signature that vouches for them: with 0 the library leaves them alone.
    credential: { id: known.credentialId, publicKey: known.publicKey, counter: 0 },
  }).catch(() => undefined); // It throws for whatever is not right in a hostile input.
  if (verified === undefined || !verified.verified) return { sound: false, reason: 'wrong' };

  const info = verified.authenticationInfo;
  // §7.2 step 19.
  if ((info.credentialDeviceType === 'singleDevice') !== known.deviceBound) {
    return { sound: false, reason: 'wrong' };
  }
  return { sound: true, signCount: info.newCounter, backedUp: info.credentialBackedUp };
}
