/** Faults of who holds the token: RFC 8705 §3, RFC 9449 §4.3, §7 and §11. */
import { base64url } from 'jose';
import type { Reason } from '../../../verify/src/refusals.ts';
import { AUDIENCE, assembled, type Parts } from '../issuer.ts';
import type { Attempt, Case, Scene } from './scene.ts';

const claim = (says: string, claims: Parts): Case => ({ says, wrong: { claims } });

export function holderCases({ holder, other, es384, mine, theirs, x5t, secret, now }: Scene) {
  const bound: Attempt = { holder };
  const byCertificate: Attempt = { claims: { cnf: { 'x5t#S256': x5t } }, certificate: mine.der };
  const proof = (says: string, wrong: Attempt): Case => ({
    says,
    wrong: { ...bound, ...wrong },
    right: bound,
  });
  return {
    'unknown-binding': [
      claim('a binding of another kind', { cnf: { kid: 'x' } }),
      claim('an empty binding', { cnf: {} }),
      claim('a binding that is text', { cnf: 'x' }),
      claim('no binding at all, as null', { cnf: null }),
      claim('a thumbprint that is none', { cnf: { jkt: 'x' } }),
      {
        says: 'a known and an unknown one',
        wrong: { ...bound, claims: { cnf: { jkt: holder.jkt, jwe: 'x' } } },
        right: bound,
      },
    ],
    'not-bound': [
      {
        says: 'a bearer token called DPoP',
        wrong: {
          headers: (h) => ({ authorization: h.authorization?.replace('Bearer', 'DPoP') ?? '' }),
        },
      },
      { says: 'where only bound ones are taken', wrong: { options: { boundOnly: true } } },
    ],
    'bound-token-as-bearer': [
      proof('without a proof', {
        headers: (h) => ({ authorization: h.authorization?.replace('DPoP', 'Bearer') ?? '' }),
      }),
      proof('even with a proof', {
        headers: (h) => ({ ...h, authorization: h.authorization?.replace('DPoP', 'bearer') ?? '' }),
      }),
      {
        says: 'with a certificate, where the key is asked for too',
        wrong: { claims: { cnf: { jkt: holder.jkt, 'x5t#S256': x5t } }, certificate: mine.der },
        right: {
          holder,
          claims: { cnf: { jkt: holder.jkt, 'x5t#S256': x5t } },
          certificate: mine.der,
        },
      },
    ],
    'certificate-missing': [
      { says: 'none', wrong: { claims: { cnf: { 'x5t#S256': x5t } } }, right: byCertificate },
      {
        says: 'none, but the key that is asked for too',
        wrong: { holder, claims: { cnf: { jkt: holder.jkt, 'x5t#S256': x5t } } },
        right: byCertificate,
      },
    ],
    'certificate-of-another': [
      {
        says: 'one of the same name',
        wrong: { ...byCertificate, certificate: theirs.der },
        right: { ...byCertificate, certificate: mine.pem },
      },
      {
        says: 'no certificate at all',
        wrong: { ...byCertificate, certificate: new Uint8Array() },
        right: byCertificate,
      },
      {
        says: 'two in one text',
        wrong: { ...byCertificate, certificate: mine.pem + theirs.pem },
        right: byCertificate,
      },
    ],
    'key-of-another': [proof('a proof by another key', { provenBy: other })],
    'proof-missing': [
      proof('none', { headers: (h) => ({ authorization: h.authorization ?? '' }) }),
    ],
    'proof-malformed': [
      proof('no JWT', { headers: (h) => ({ ...h, dpop: 'x' }) }),
      proof('two in one header', { headers: (h) => ({ ...h, dpop: `${h.dpop}, ${h.dpop}` }) }),
      proof('of another type', { proof: { header: { typ: 'JWT' } } }),
      proof('without a key', { proof: { header: { jwk: undefined } } }),
      proof('with a secret key', {
        proof: { header: { jwk: { ...holder.key.jwk, d: 'AAAA' } } },
      }),
      {
        says: 'by an algorithm that is not offered',
        wrong: { holder: es384 },
        right: { holder: es384, options: { dpop: { algorithms: ['ES384'] } } },
      },
      proof('with alg none', {
        headers: (h) => ({
          ...h,
          dpop: assembled({ alg: 'none', typ: 'dpop+jwt', jwk: holder.key.jwk }, {}, ' '),
        }),
      }),
      proof('with a symmetric alg', {
        headers: (h) => ({
          ...h,
          dpop: assembled({ alg: 'HS256', typ: 'dpop+jwt', jwk: holder.key.jwk }, {}, 'x'),
        }),
      }),
      proof('without jti', { proof: { claims: { jti: undefined } } }),
      proof('with a jti without end', { proof: { claims: { jti: 'x'.repeat(600) } } }),
      proof('without iat', { proof: { claims: { iat: undefined } } }),
      proof('without htu', { proof: { claims: { htu: undefined } } }),
    ],
    'proof-wrong-signature': [
      proof('of another proof', {
        headers: (h) => ({ ...h, dpop: `${h.dpop?.replace(/\.[^.]*$/, '')}.${'A'.repeat(86)}` }),
      }),
    ],
    'proof-wrong-method': [
      proof('for reading, used to write', { method: 'POST' }),
      proof('in lower case', { proof: { method: 'get' } }),
      proof('none', { proof: { claims: { htm: undefined } } }),
    ],
    'proof-wrong-address': [
      proof('another path', { url: '/keys/import' }),
      proof('another origin', { proof: { url: 'https://evil.example/keys' } }),
      proof('another port', { proof: { url: `${AUDIENCE}:444/keys` } }),
      proof('another scheme', { proof: { url: 'http://api.example.com/keys' } }),
      proof('with a user in it', { proof: { url: 'https://api.example.com@evil.example/keys' } }),
      proof('a Host of the attacker in the request', {
        url: 'https://evil.example/keys',
        proof: { url: 'https://evil.example/keys' },
      }),
      proof('a path that climbs', { proof: { url: `${AUDIENCE}/x/../keys` } }),
      proof('a slash more', { url: '//keys' }),
    ],
    'proof-wrong-token': [
      proof('for another token', { proof: { claims: { ath: base64url.encode('x') } } }),
      proof('for no token', { proof: { claims: { ath: undefined } } }),
    ],
    'proof-too-old': [proof('two minutes', { proof: { at: (now - 120) * 1000 } })],
    'proof-from-future': [proof('a minute', { proof: { at: (now + 60) * 1000 } })],
    'proof-replayed': [
      {
        says: 'the same request again',
        wrong: { ...bound, first: 'the same request' },
        right: { ...bound, first: 'a request of the same key' },
      },
    ],
    'nonce-needed': [
      {
        says: 'none given',
        wrong: { ...bound, options: { dpop: { nonceSecret: secret } } },
        right: bound,
      },
      {
        says: 'one made up',
        wrong: {
          ...bound,
          options: { dpop: { nonceSecret: secret } },
          proof: { claims: { nonce: `1.${'A'.repeat(43)}` } },
        },
        right: bound,
      },
    ],
    'too-many-proofs': [
      {
        says: 'a key that used up its part',
        wrong: { ...bound, options: { dpop: { replays: { spend: () => 'key-full' } } } },
        right: { ...bound, options: { dpop: { replays: { spend: () => 'spent' } } } },
      },
    ],
    'replay-memory-full': [
      {
        says: 'no room to remember',
        wrong: {
          ...bound,
          options: { dpop: { replays: { spend: async (): Promise<'full'> => 'full' } } },
        },
        right: {
          ...bound,
          options: { dpop: { replays: { spend: async (): Promise<'spent'> => 'spent' } } },
        },
      },
    ],
  } satisfies Partial<Record<Reason, readonly Case[]>>;
}
