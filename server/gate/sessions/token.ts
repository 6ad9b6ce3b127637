/**
 * Tokens: a time-ordered public id and a secret of 256 bits. The row is keyed by the id, so that new rows lie side by side,
 * and holds the SHA-256 of the secret: random bits need no slow hash. The prefix tells secret scanners what they found.
 */
import { base64url, fromBase64url } from '../../kernel/bytes.ts';
import { sha256 } from '../../kernel/digest.ts';
import { equal } from '../../kernel/equal.ts';
import type { Id, Ids } from '../../kernel/id.ts';
import type { Random } from '../../kernel/random.ts';

const prefixes = {
  session: 'sps',
  attempt: 'spa',
  'known-device': 'spd',
  token: 'spt',
  ticket: 'spk',
  site: 'spw',
  invitation: 'spi',
  registration: 'spr',
  enrolment: 'spe',
} as const;
export type TokenKind = keyof typeof prefixes;

/** What a token’s id is the id of: those for scripts are rows among the sessions, and a ticket becomes an entry at a site. */
type TokenId<K extends TokenKind> = Id<
  K extends 'token' ? 'session' : K extends 'ticket' ? 'site' : K
>;

export interface Token<K extends TokenKind> {
  readonly id: TokenId<K>;
  readonly secret: Uint8Array;
}

export interface MintedToken<K extends TokenKind> {
  readonly id: TokenId<K>;
  readonly text: string;
  readonly hash: Uint8Array;
}

const SECRET = 32;

export function mintToken<K extends TokenKind>(kind: K, ids: Ids, random: Random): MintedToken<K> {
  const id: TokenId<K> = ids.next();
  const secret = random.bytes(SECRET);
  const idText = base64url(Buffer.from(id.replaceAll('-', ''), 'hex'));
  return { id, text: `${prefixes[kind]}_${idText}${base64url(secret)}`, hash: hashSecret(secret) };
}

const FORM = /^sp[a-z]_[A-Za-z0-9_-]{65}$/;

/** Whether a text has the form of such a token, which nothing else has: what it says is not read. */
export function isFormed(kind: TokenKind, text: string): boolean {
  return text.startsWith(prefixes[kind]) && FORM.test(text);
}

/** Reads a token from outside; undefined unless it has the form of one of this kind. */
export function parseToken<K extends TokenKind>(kind: K, text: string): Token<K> | undefined {
  if (!isFormed(kind, text)) return undefined;
  const idBytes = fromBase64url(text.slice(4, 26));
  const secret = fromBase64url(text.slice(26));
  if (idBytes === undefined || secret === undefined) return undefined;
  const hex = Buffer.from(idBytes).toString('hex');
  const id = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  return { id: id as TokenId<K>, secret }; // Only ever compared with ids that we made.
}

/** What of a token names it and is no secret, without looking whether it is one; undefined for what has not the length of one. */
export function publicPart(text: string): string | undefined {
  return text.length === 69 ? text.slice(0, 26) : undefined;
}

export function hashSecret(secret: Uint8Array): Uint8Array {
  return sha256(secret);
}

export function tokenMatches(token: Token<TokenKind>, stored: Uint8Array): boolean {
  return equal(hashSecret(token.secret), stored);
}
