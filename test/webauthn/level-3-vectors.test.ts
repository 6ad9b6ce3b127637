import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server';
import { z } from 'zod';
import { base64url, fromHex } from '../../server/kernel/bytes.ts';
import { verifyAssertion } from '../../server/proofs/webauthn/assertion.ts';
import { verifyRegistration } from '../../server/proofs/webauthn/registration.ts';
import { webauthnConfig } from '../../server/proofs/webauthn/webauthn-config.ts';

const bytes = z.string().transform((text) => fromHex(text) ?? assert.fail('not hex'));
const { vectors, rpId, origin } = z
  .object({
    rpId: z.string(),
    origin: z.string(),
    vectors: z.array(
      z.object({
        name: z.string(),
        section: z.string(),
        credentialId: bytes,
        registration: z.object({
          challenge: bytes,
          clientDataJSON: bytes,
          attestationObject: bytes,
        }),
        authentication: z.object({
          challenge: bytes,
          clientDataJSON: bytes,
          authenticatorData: bytes,
          signature: bytes,
        }),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL('./level-3-vectors.json', import.meta.url), 'utf8')));
type Vector = (typeof vectors)[number];

const registrationOf = ({ credentialId, registration }: Vector) => ({
  id: base64url(credentialId),
  rawId: base64url(credentialId),
  type: 'public-key' as const,
  clientExtensionResults: {},
  response: {
    clientDataJSON: base64url(registration.clientDataJSON),
    attestationObject: base64url(registration.attestationObject),
    transports: [],
  },
});

const assertionOf = ({ credentialId, authentication }: Vector) => ({
  id: base64url(credentialId),
  rawId: base64url(credentialId),
  type: 'public-key' as const,
  clientExtensionResults: {},
  response: {
    clientDataJSON: base64url(authentication.clientDataJSON),
    authenticatorData: base64url(authentication.authenticatorData),
    signature: base64url(authentication.signature),
  },
});

/** The credential of a vector, as an authority that demands no user verification reads it. */
async function credentialOf(vector: Vector) {
  const registered = await verifyRegistrationResponse({
    response: registrationOf(vector),
    expectedChallenge: base64url(vector.registration.challenge),
    expectedOrigin: origin,
    expectedRPID: rpId,
    requireUserVerification: false,
    supportedAlgorithmIDs: [-7, -8, -257],
  });
  assert.ok(registered.verified);
  return registered.registrationInfo;
}

const flagsOf = (vector: Vector) => vector.authentication.authenticatorData[32] ?? 0;

test('every vector verifies where no user verification is demanded', async () => {
  for (const vector of vectors) {
    const { credential } = await credentialOf(vector);
    const authenticated = await verifyAuthenticationResponse({
      response: assertionOf(vector),
      expectedChallenge: base64url(vector.authentication.challenge),
      expectedOrigin: origin,
      expectedRPID: rpId,
      requireUserVerification: false,
      expectedTopOrigin: 'https://example.com',
      credential,
    });
    assert.ok(authenticated.verified, vector.name);
  }
});

// What we accept of them: a person who was verified, on our own page.
const REGISTERED = ['packed-self.ES256', 'packed.ES256', 'packed.RS256'];
const AUTHENTICATED = ['none.ES256.long-credential-id', 'packed.ES256'];

test('registrations are accepted where the person was verified and no other site stood around', async () => {
  const accepted: string[] = [];
  for (const vector of vectors) {
    const verified = await verifyRegistration(registrationOf(vector), {
      challenge: vector.registration.challenge,
      moment: { now: Date.UTC(2026, 0, 1), origin },
      site: { rpId, origins: [origin] },
      config: webauthnConfig.parse({}),
    });
    if (verified.ok) accepted.push(vector.name);
    else assert.equal(verified.error.code, 'wrong', vector.name);
  }
  assert.deepEqual(accepted, REGISTERED);
});

test('assertions are accepted where the person was verified and no other site stood around', async () => {
  const accepted: string[] = [];
  for (const vector of vectors) {
    const { credential, credentialDeviceType } = await credentialOf(vector);
    const verdict = await verifyAssertion(
      assertionOf(vector),
      {
        credentialId: credential.id,
        publicKey: new Uint8Array(credential.publicKey),
        algorithm: vector.name.includes('ES256') ? -7 : 0,
        deviceBound: credentialDeviceType === 'singleDevice',
        userHandle: '',
      },
      { nonce: vector.authentication.challenge, origin },
      { rpId, origins: [origin] },
    );
    if (verdict.sound) accepted.push(vector.name);
    else if (vector.name.endsWith('Origin')) assert.equal(verdict.reason, 'not-here');
    else assert.equal(flagsOf(vector) & 4, 0, `${vector.name}: refused for want of verification`);
  }
  assert.deepEqual(accepted, AUTHENTICATED);
});

test('a flipped bit anywhere in an assertion that is accepted makes it refused', async () => {
  const vector = vectors.find(({ name }) => name === 'packed.ES256') ?? assert.fail();
  const { credential } = await credentialOf(vector);
  const known = {
    credentialId: credential.id,
    publicKey: new Uint8Array(credential.publicKey),
    algorithm: -7,
    deviceBound: false,
    userHandle: '',
  };
  const moment = { nonce: vector.authentication.challenge, origin };
  const site = { rpId, origins: [origin] };
  for (const part of ['clientDataJSON', 'authenticatorData', 'signature'] as const) {
    const right = vector.authentication[part];
    for (let at = 0; at < right.length; at++) {
      const flipped = Uint8Array.from(right);
      flipped[at]! ^= 1; // `at` lies within.
      const offer = assertionOf(vector);
      offer.response[part] = base64url(flipped);
      const verdict = await verifyAssertion(offer, known, moment, site);
      assert.equal(verdict.sound, false, `${part} byte ${at}`);
    }
  }
});
