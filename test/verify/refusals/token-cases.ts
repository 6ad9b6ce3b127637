/** Faults of the token itself: RFC 6750 §3.1, RFC 8725, RFC 9068 §4 and §5. */
import { createHmac } from 'node:crypto';
import { base64url } from 'jose';
import type { Reason } from '../../../verify/src/refusals.ts';
import { AUDIENCE, assembled, type Parts } from '../issuer.ts';
import type { Case, Scene } from './scene.ts';

const claim = (says: string, claims: Parts): Case => ({ says, wrong: { claims } });

export function tokenCases(scene: Scene) {
  const { issuer, rsa, otherKey, strangeKey, holder, now } = scene;
  const bound = { holder };
  const proof = (says: string, wrong: Case['wrong']): Case => ({
    says,
    wrong: { ...bound, ...wrong },
    right: bound,
  });
  return {
    'no-credential': [
      { says: 'no header', wrong: { headers: () => ({}) } },
      { says: 'another scheme', wrong: { headers: () => ({ authorization: 'Basic YTpi' }) } },
      {
        says: 'a token in the address',
        wrong: { headers: () => ({}), url: '/keys?access_token=abc' },
      },
    ],
    'malformed-request': [
      { says: 'no token', wrong: { headers: () => ({ authorization: 'Bearer' }) } },
      {
        says: 'two tokens in a header',
        wrong: { headers: (h) => ({ authorization: `${h.authorization}, ${h.authorization}` }) },
      },
      {
        says: 'two Authorization headers',
        wrong: {
          headers: (h) => ({ authorization: [h.authorization ?? '', h.authorization ?? ''] }),
        },
      },
      {
        says: 'the header in two cases',
        wrong: { headers: (h) => ({ ...h, Authorization: h.authorization ?? '' }) },
      },
      proof('two proofs', { headers: (h) => ({ ...h, dpop: [h.dpop ?? '', h.dpop ?? ''] }) }),
      {
        says: 'more than any token takes',
        wrong: { token: (token) => token + 'a'.repeat(20_000) },
      },
    ],
    'malformed-token': [
      { says: 'no JWT', wrong: { token: () => 'opaque' } },
      { says: 'two parts', wrong: { token: (token) => token.replace(/\.[^.]*$/, '') } },
      { says: 'five parts', wrong: { token: (token) => `${token}.a.b` } },
      { says: 'a header that is no JSON', wrong: { token: (token) => `AAAA${token}` } },
      { says: 'no kid', wrong: { header: { kid: undefined } } },
      {
        says: 'a critical header that is not known',
        wrong: {
          token: () =>
            assembled(
              { alg: 'ES256', kid: 'now', typ: 'at+jwt', crit: ['x'], x: 1 },
              issuer.claims(),
              new Uint8Array(64),
            ),
        },
      },
    ],
    'wrong-type': [
      { says: 'an ID token', wrong: { header: { typ: 'JWT' } } },
      { says: 'no type', wrong: { header: { typ: undefined } } },
      { says: 'a logout token', wrong: { header: { typ: 'logout+jwt' } } },
    ],
    'wrong-algorithm': [
      {
        says: 'none',
        wrong: {
          token: () => assembled({ alg: 'none', kid: 'now', typ: 'at+jwt' }, issuer.claims(), ' '),
        },
      },
      {
        says: 'HS256 keyed with the public key',
        wrong: {
          token: () => {
            const header = { alg: 'HS256', kid: 'now', typ: 'at+jwt' };
            const body = assembled(header, issuer.claims(), '').replace(/\.$/, '');
            const mac = createHmac('sha256', JSON.stringify(issuer.key.jwk)).update(body);
            return `${body}.${base64url.encode(mac.digest())}`;
          },
        },
      },
      { says: 'the algorithm of another key', wrong: { by: rsa, header: { kid: 'now' } } },
      {
        says: 'one that this API took from its list',
        wrong: { by: rsa, options: { algorithms: ['ES256'] } },
        right: { by: rsa },
      },
    ],
    'unknown-key': [
      { says: 'a kid that nobody published', wrong: { by: strangeKey } },
      {
        says: 'a key in the header',
        wrong: { by: strangeKey, header: { jwk: strangeKey.jwk, kid: 'strange' } },
      },
      {
        says: 'an address of keys in the header',
        wrong: { by: strangeKey, header: { jku: 'https://evil.example/jwks' } },
      },
      { says: 'a path as kid', wrong: { header: { kid: '../../dev/null' } } },
      { says: 'the name of a property of objects', wrong: { header: { kid: '__proto__' } } },
    ],
    'wrong-signature': [
      { says: 'a key of the attacker under the kid of ours', wrong: { by: otherKey } },
      {
        says: 'and that key in the header',
        wrong: { by: otherKey, header: { jwk: otherKey.jwk } },
      },
      {
        says: 'other claims under an old signature',
        wrong: {
          token: (token) => {
            const [header, , signature] = token.split('.');
            const claims = base64url.encode(JSON.stringify(issuer.claims({ sub: 'eve' })));
            return `${header}.${claims}.${signature}`;
          },
        },
      },
    ],
    'wrong-issuer': [
      claim('another issuer', { iss: 'https://evil.example' }),
      claim('ours with a slash', { iss: `${issuer.issuer}/` }),
    ],
    'wrong-audience': [
      claim('another API', { aud: 'https://other.example.com' }),
      claim('others only', { aud: ['https://a.example', 'https://b.example'] }),
      claim('none', { aud: undefined }),
      claim('one that begins alike', { aud: `${AUDIENCE}.evil.example` }),
    ],
    'malformed-claim': [
      claim('no subject', { sub: undefined }),
      claim('no client', { client_id: undefined }),
      claim('an empty jti', { jti: '' }),
      claim('an expiry that is text', { exp: 'tomorrow' }),
      claim('no expiry', { exp: undefined }),
      claim('no iat', { iat: undefined }),
      claim('a list of scopes', { scope: ['keys:read'] }),
    ],
    'not-yet-valid': [
      claim('nbf to come', { nbf: now + 60 }),
      claim('iat to come', { iat: now + 60 }),
    ],
    expired: [claim('a minute ago', { iat: now - 360, exp: now - 60 })],
    'grant-unknown': [
      claim('no grant', { gid: undefined }),
      claim('a grant that is no text', { gid: 7 }),
    ],
    'grant-ended': [
      {
        says: 'on the list',
        wrong: { claims: { gid: 'ended' }, first: () => issuer.served.ended.push('ended') },
      },
    ],
    'keys-unavailable': [
      { says: 'an issuer that is gone', wrong: { options: { jwks: `${issuer.issuer}/gone` } } },
    ],
    'status-unavailable': [
      {
        says: 'a list that is gone',
        wrong: { options: { status: { address: `${issuer.issuer}/gone` } } },
        right: { options: { status: false } },
      },
    ],
  } satisfies Partial<Record<Reason, readonly Case[]>>;
}
