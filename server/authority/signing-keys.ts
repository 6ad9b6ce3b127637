/**
 * The keys that tokens are signed with. What this room signs the gate has granted; it decides nothing itself.
 *
 * A key's life, which its row tells by times alone, so that every node sees it alike and nobody has to wake at the right moment:
 *
 *     next       published, and signs nothing yet: whoever keeps our JWKS for a while has it when it begins
 *     active     signs; one of each algorithm
 *     retiring   signs no more, and is still published: until the last token that it signed has expired
 *     gone       its secret is destroyed
 *
 * A rotation (signing-key-rotation.ts) makes the next key and says when the active one stops. `at: 'once'` is for a key in wrong
 * hands: the old ones are gone at that moment, and so are the tokens under them. Rows are read again every few seconds at most: what
 * is signed and what is published changes an hour after it was decided, so a node that is seconds behind is wrong about nothing.
 * docs/keys.md.
 */
import { Buffer } from 'node:buffer';
import type { JsonWebKey } from 'node:crypto';
import { base64url, utf8 } from '../kernel/bytes.ts';
import { type Clock, MINUTE, SECOND } from '../kernel/clock.ts';
import { Fault } from '../kernel/fault.ts';
import type { Later } from '../kernel/later.ts';
import type { Notice } from '../kernel/notice.ts';
import type { Random } from '../kernel/random.ts';
import { failed, ok, type Result } from '../kernel/result.ts';
import type { By, Recorder } from '../record/record.ts';
import type { Queries, Store, Tx } from '../store/store.ts';
import type { Vault } from '../vault/vault.ts';
import { type Claims, readOwnJwt } from './own-jwt.ts';
import { type Signer, type SigningAlgorithm, signerOf, signingAlgorithms } from './signing-key.ts';
import { type SigningKey, stateAt, viewOf } from './signing-key-life.ts';
import {
  createSigningKeyRotation,
  MADE_AT_ONCE,
  type PreparedRotation,
  secretPlace,
} from './signing-key-rotation.ts';
import { type SigningKeyRow, signingKeyRows } from './signing-key-table.ts';

export type { Claims } from './own-jwt.ts';
export type { SigningAlgorithm } from './signing-key.ts';
export type { SigningKey } from './signing-key-life.ts';
export type { PreparedRotation } from './signing-key-rotation.ts';

export interface PublishedKey extends JsonWebKey {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly use: 'sig';
}

export interface VerifiedJwt {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly typ: string | undefined;
  readonly claims: Claims;
}

export type RotateSigning =
  | { readonly state: 'rotated'; readonly keys: readonly SigningKey[] }
  /** The next key is published already and has not begun to sign. */
  | { readonly state: 'under-way'; readonly keys: readonly SigningKey[] };

export interface SigningKeys {
  /** Await it before `sign`, `verify` and `jwks`: reads the keys where that was long ago, and makes those that are missing. */
  ready(alg?: SigningAlgorithm): Promise<void>;
  /** A compact JWS. Synchronous: what there is to wait for was waited for by `ready`. */
  sign(alg: SigningAlgorithm, header: { readonly typ: string }, claims: Claims): string;
  /** For those who build their JWS themselves. */
  signBytes(alg: SigningAlgorithm, data: Uint8Array): { kid: string; signature: Uint8Array };
  /** The kid of the key that signs now. */
  kidOf(alg: SigningAlgorithm): string;
  /** Whether one of our keys signed it. Says nothing of its times, its audience or its type. */
  verify(jwt: string): Result<VerifiedJwt, 'malformed' | 'unknown-key' | 'wrong'>;
  /** Whether the key of this name is published now. */
  publishes(kid: string): boolean;
  jwks(): { readonly keys: readonly PublishedKey[] };
  /** The same as text, built once for each change. */
  jwksText(): string;
  list(q: Queries): Promise<readonly SigningKey[]>;
  /** In a transaction of the caller's, with keys that were made before it: `prepare` makes them. */
  rotate(tx: Tx, prepared: PreparedRotation, by: By): Promise<RotateSigning>;
  prepare(at: 'overlap' | 'once'): Promise<PreparedRotation>;
  /** Rotates what is old enough, and destroys what is gone. */
  keep(): Promise<void>;
  start(): void;
  stop(): Promise<void>;
}

export interface SigningKeysDeps {
  readonly store: Store;
  readonly vault: Pick<Vault, 'system'>;
  readonly record: Recorder;
  readonly clock: Clock;
  readonly random: Random;
  readonly later: Later;
  readonly notice: Notice;
}

/** How long those who verify may keep our JWKS: said in its Cache-Control. */
export const JWKS_MAX_AGE = 10 * MINUTE;
const KEEP_EVERY = 10 * MINUTE;
const STALE = 5 * SECOND;

interface Opened {
  readonly key: SigningKey;
  readonly jwk: PublishedKey;
  readonly signer: Signer;
  /** The header's encoding by `typ`: the same for each token. */
  readonly heads: Map<string, string>;
}

export function createSigningKeys(deps: SigningKeysDeps): SigningKeys {
  const { store, vault, clock, later, notice } = deps;
  const rotation = createSigningKeyRotation(deps);
  let opened: ReadonlyMap<string, Opened> = new Map();
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;
  let published: { readonly kids: string; readonly text: string } | undefined;
  let cancel: (() => void) | undefined;
  let working: Promise<void> = Promise.resolve();

  async function read(): Promise<void> {
    const now = clock.now();
    const rows = await store.read((q) => q.all(signingKeyRows, {}));
    const fresh = new Map<string, Opened>();
    for (const row of rows) {
      if (row.secret === null || stateAt(row, now) === 'gone') continue;
      const known = opened.get(row.kid);
      fresh.set(row.kid, known ? { ...known, key: viewOf(row, now) } : open(row, row.secret, now));
    }
    opened = fresh;
    readAt = now;
  }

  function open(row: SigningKeyRow, secret: Uint8Array, now: number): Opened {
    const pkcs8 = vault.system('signing').open(secretPlace(row.kid), secret);
    const signer = signerOf(row.alg, pkcs8);
    pkcs8.fill(0);
    const jwk = JSON.parse(row.public_jwk) as JsonWebKey; // Written by `insert` alone.
    return {
      key: viewOf(row, now),
      jwk: { ...jwk, kid: row.kid, alg: row.alg, use: 'sig' },
      signer,
      heads: new Map(),
    };
  }

  function activeOf(alg: SigningAlgorithm): Opened | undefined {
    const now = clock.now();
    let found: Opened | undefined;
    for (const each of opened.values()) {
      const { key } = each;
      if (key.alg !== alg || key.signsFrom > now || (key.signsUntil ?? now + 1) <= now) continue;
      if (found === undefined || found.key.version < key.version) found = each;
    }
    return found;
  }

  function active(alg: SigningAlgorithm): Opened {
    const found = activeOf(alg);
    if (found === undefined) throw new Fault('authority', `no key signs with ${alg}`);
    return found;
  }

  function isPublished(found: Opened | undefined): boolean {
    return (found?.key.goneAt ?? Number.POSITIVE_INFINITY) > clock.now() && found !== undefined;
  }

  async function refresh(): Promise<void> {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    await reading;
  }

  async function views(q: Queries): Promise<readonly SigningKey[]> {
    const now = clock.now();
    return (await q.all(signingKeyRows, {})).map((row) => viewOf(row, now));
  }

  async function rotate(tx: Tx, prepared: PreparedRotation, by: By): Promise<RotateSigning> {
    const changed = await rotation.rotate(tx, prepared, by);
    tx.afterCommit(() => {
      readAt = Number.NEGATIVE_INFINITY;
    });
    return { state: changed ? 'rotated' : 'under-way', keys: await views(tx) };
  }

  async function keep(): Promise<void> {
    await rotation.keep();
    await refresh();
  }

  function wake(after: number): void {
    cancel = later(after, () => {
      working = keep()
        .catch((cause) => notice('error', 'The keys for tokens could not be looked after.', cause))
        .finally(() => cancel && wake(KEEP_EVERY));
    });
  }

  function publishedKeys(): readonly PublishedKey[] {
    const now = clock.now();
    const live = [...opened.values()].filter(({ key }) => (key.goneAt ?? now + 1) > now);
    return live.map(({ jwk }) => jwk);
  }

  async function ready(alg?: SigningAlgorithm): Promise<void> {
    if (clock.now() - readAt >= STALE) await refresh();
    const wanted = alg === undefined ? MADE_AT_ONCE : [alg];
    const missing = wanted.filter((each) => activeOf(each) === undefined);
    if (missing.length === 0) return;
    await rotation.makeFirst(missing);
    await refresh();
  }

  async function makeAll(): Promise<void> {
    for (const alg of signingAlgorithms) await ready(alg);
  }

  return {
    ready,

    sign(alg, { typ }, claims) {
      const { signer, heads, key } = active(alg);
      let head = heads.get(typ);
      if (head === undefined) {
        head = base64url(utf8(JSON.stringify({ alg, typ, kid: key.kid })));
        heads.set(typ, head);
      }
      const signed = `${head}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
      return `${signed}.${signer.sign(Buffer.from(signed, 'latin1')).toString('base64url')}`;
    },

    signBytes(alg, data) {
      const { signer, key } = active(alg);
      return { kid: key.kid, signature: signer.sign(data) };
    },

    kidOf: (alg) => active(alg).key.kid,

    verify(jwt) {
      const read = readOwnJwt(jwt);
      if (read === undefined) return failed('malformed');
      const { kid, alg, typ } = read.header;
      const found = typeof kid === 'string' ? opened.get(kid) : undefined;
      if (found === undefined || !isPublished(found)) return failed('unknown-key');
      // The key says by which algorithm, and the header has to agree (RFC 8725 §3.1).
      if (alg !== found.key.alg || !found.signer.verify(read.signed, read.signature)) {
        return failed('wrong');
      }
      return ok({ kid: found.key.kid, alg: found.key.alg, typ, claims: read.claims });
    },

    publishes: (kid) => isPublished(opened.get(kid)),
    jwks: () => ({ keys: publishedKeys() }),
    jwksText() {
      const keys = publishedKeys();
      const kids = keys.map(({ kid }) => kid).join(' ');
      if (published?.kids !== kids) published = { kids, text: JSON.stringify({ keys }) };
      return published.text;
    },

    list: views,
    prepare: rotation.prepare,
    rotate,
    keep,
    start() {
      working = makeAll().catch((cause) =>
        notice('error', 'The keys for tokens could not be made.', cause),
      );
      wake(KEEP_EVERY);
    },
    async stop() {
      cancel?.();
      cancel = undefined;
      await working;
    },
  };
}
