/**
 * Access tokens, in two forms: a JWT that others can verify (RFC 9068), and one that says nothing. Both stand for a grant, which is
 * a row; a token is good while its grant is. The opaque one is the grant's id with a MAC over it: nothing of it is stored.
 */

import type { Claims, SigningKeys } from '../../authority/signing-keys.ts';
import { createBoundedMap } from '../../kernel/bounded-map.ts';
import { base64url, fromBase64url } from '../../kernel/bytes.ts';
import { SECOND } from '../../kernel/clock.ts';
import { equal } from '../../kernel/equal.ts';
import { hmacSha256 } from '../../kernel/hmac.ts';
import type { Confirmation } from './entering.ts';
import type { GrantId } from './grant-table.ts';

/** Who acts for the subject: the last of them first (RFC 8693 §4.1). */
export interface Actor {
  readonly sub: string;
  readonly act?: Actor | undefined;
}

export interface TokenFacts {
  readonly grant: GrantId;
  readonly subject: string;
  readonly client: string;
  readonly audience: string;
  readonly scopes: readonly string[];
  readonly confirmation: Confirmation | undefined;
  readonly act?: Actor | undefined;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

export interface ReadToken {
  readonly grant: GrantId;
  /** What a JWT says; undefined for one that says nothing. */
  readonly claims: Claims | undefined;
}

export interface AccessTokens {
  jwt(facts: TokenFacts): string;
  opaque(grant: GrantId): string;
  /** Undefined unless it is one of ours, as it was given out, and not expired by what it says itself. */
  read(token: string, now: number): ReadToken | undefined;
}

/** A signature that fitted once fits for ever; only its time and its key can end. */
interface Verified {
  readonly kid: string;
  readonly until: number;
  readonly read: ReadToken;
}

const MOST_KEPT = 10_000;
const PREFIX = 'spo_';
const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function createAccessTokens(deps: {
  readonly signing: SigningKeys;
  readonly issuer: () => string;
  readonly key: Uint8Array;
}): AccessTokens {
  const { signing, issuer } = deps;
  const mac = hmacSha256(deps.key);
  const verified = createBoundedMap<string, Verified>(MOST_KEPT);
  const macOf = (grant: string) => mac(`access token ${grant}`);

  function readOpaque(token: string): ReadToken | undefined {
    const bytes = token.length === 68 ? fromBase64url(token.slice(PREFIX.length)) : undefined;
    if (bytes === undefined) return undefined;
    const grant = uuidOf(bytes.subarray(0, 16));
    if (!equal(bytes.subarray(16), macOf(grant))) return undefined;
    return { grant: grant as GrantId, claims: undefined }; // Ours: nobody else can make the MAC.
  }

  function readJwt(token: string): Verified | undefined {
    const found = signing.verify(token);
    if (!found.ok || found.value.typ !== 'at+jwt') return undefined;
    const { claims, kid } = found.value;
    const { iss, exp, gid } = claims;
    if (iss !== issuer() || typeof exp !== 'number') return undefined;
    if (typeof gid !== 'string' || !ID.test(gid)) return undefined;
    // Written by us, as the signature shows.
    return { kid, until: exp * SECOND, read: { grant: gid as GrantId, claims } };
  }

  return {
    jwt: ({ grant, subject, client, audience, scopes, confirmation, act, issuedAt, expiresAt }) =>
      signing.sign(
        'ES256',
        { typ: 'at+jwt' },
        {
          iss: issuer(),
          sub: subject,
          aud: audience,
          client_id: client,
          iat: Math.floor(issuedAt / SECOND),
          exp: Math.floor(expiresAt / SECOND),
          jti: grant,
          gid: grant,
          ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
          ...(confirmation === undefined ? {} : { cnf: confirmation }),
          ...(act === undefined ? {} : { act }),
        },
      ),

    opaque(grant) {
      const id = Buffer.from(grant.replaceAll('-', ''), 'hex');
      return `${PREFIX}${base64url(Buffer.concat([id, macOf(grant)]))}`;
    },

    read(token, now) {
      if (token.startsWith(PREFIX)) return readOpaque(token);
      const known = verified.get(token);
      // A key that is gone takes its tokens with it.
      if (known !== undefined && signing.publishes(known.kid)) {
        return known.until > now ? known.read : undefined;
      }
      const fresh = readJwt(token);
      if (fresh === undefined) return undefined;
      verified.set(token, fresh);
      return fresh.until > now ? fresh.read : undefined;
    },
  };
}

function uuidOf(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
