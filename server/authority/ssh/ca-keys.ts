/**
 * The keys that SSH certificates are signed with: one line of them for people, one for hosts, so that neither can be mistaken for
 * the other. A key's life is that of the keys for tokens (signing-keys.ts), told by times alone:
 *
 *     next       trusted already and signs nothing yet: for so long, every host fetches it
 *     active     signs; one of each kind
 *     retiring   signs no more, and is trusted until the last certificate under it has expired
 *     gone       trusted no more, its secret destroyed
 *
 * `at: 'once'` is for a key in wrong hands: the old ones are gone at that moment and stand in the revocation list, so that a host
 * that still trusts them refuses what they signed.
 */

import { Buffer } from 'node:buffer';
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { type Clock, DAY, HOUR, MINUTE, SECOND } from '../../kernel/clock.ts';
import { Fault } from '../../kernel/fault.ts';
import type { Later } from '../../kernel/later.ts';
import type { Notice } from '../../kernel/notice.ts';
import type { By, Recorder } from '../../record/record.ts';
import type { Queries, Store, Tx } from '../../store/store.ts';
import type { Place, Vault } from '../../vault/vault.ts';
import {
  fingerprint,
  publicKeyOf,
  readPublicKey,
  type SshPublicKey,
} from '../../wire/ssh/public-key.ts';
import {
  type CaKeyRow,
  caKeyRows,
  destroyCaKey,
  insertCaKey,
  retireCaKey,
  voidCaKeys,
} from './ssh-table.ts';
import type { CertificateKind } from './ssh-words.ts';

export type CaKeyState = 'next' | 'active' | 'retiring' | 'gone';

export interface CaKey {
  readonly kind: CertificateKind;
  readonly version: number;
  readonly state: CaKeyState;
  readonly fingerprint: string;
  readonly publicKey: SshPublicKey;
  readonly createdAt: number;
  readonly signsFrom: number;
  readonly signsUntil: number | undefined;
  readonly goneAt: number | undefined;
  readonly isVoid: boolean;
}

export interface CaSigner {
  readonly version: number;
  readonly publicKey: SshPublicKey;
  readonly privateKey: KeyObject;
}

export interface CaKeys {
  /** Await it before the others: reads the keys where that was long ago, and makes the first ones. */
  ready(): Promise<void>;
  /** The key that signs now. */
  signer(kind: CertificateKind): CaSigner;
  /** All that are to be trusted now: next, active and retiring. */
  trusted(kind: CertificateKind): readonly CaKey[];
  list(q: Queries): Promise<readonly CaKey[]>;
  /** False when the next key is trusted already and has not begun to sign. */
  rotate(tx: Tx, kind: CertificateKind, at: 'overlap' | 'once', by: By): Promise<boolean>;
  /** Destroys the secrets of those that are gone. */
  keep(): Promise<void>;
  start(): void;
  stop(): Promise<void>;
}

/** How old hosts' copies of what they trust may be, and still be in time. */
export const AHEAD = DAY;
/** No certificate of its kind lives longer. */
export const LONGEST: Readonly<Record<CertificateKind, number>> = { user: HOUR, host: 90 * DAY };
const LINGERS = HOUR;
const STALE = 5 * SECOND;
const KEEP_EVERY = 10 * MINUTE;
const KINDS: readonly CertificateKind[] = ['user', 'host'];

export function createCaKeys(deps: {
  readonly store: Store;
  readonly vault: Pick<Vault, 'system'>;
  readonly record: Recorder;
  readonly clock: Clock;
  readonly later: Later;
  readonly notice: Notice;
}): CaKeys {
  const { store, vault, record, clock, later, notice } = deps;
  let keys: readonly CaKey[] = [];
  let signers: ReadonlyMap<string, CaSigner> = new Map();
  let readAt = Number.NEGATIVE_INFINITY;
  let cancel: (() => void) | undefined;
  let working: Promise<void> = Promise.resolve();

  async function refresh(): Promise<void> {
    const now = clock.now();
    const rows = await store.read((q) => q.all(caKeyRows, {}));
    keys = rows.map((row) => viewOf(row, now));
    const fresh = new Map<string, CaSigner>();
    for (const row of rows) {
      if (row.secret === null || (row.gone_at ?? now + 1) <= now) continue;
      const name = nameOf(row);
      fresh.set(name, signers.get(name) ?? open(row, row.secret));
    }
    signers = fresh;
    readAt = now;
  }

  function open(row: CaKeyRow, secret: Uint8Array): CaSigner {
    const pkcs8 = vault.system('signing').open(placeOf(row), secret);
    const key = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
    pkcs8.fill(0);
    return { version: row.version, publicKey: publicOf(row), privateKey: key };
  }

  /** Ed25519 (RFC 8709): every OpenSSH since 2014 knows it. */
  async function insert(
    tx: Tx,
    kind: CertificateKind,
    version: number,
    signsFrom: number,
    by: By,
  ): Promise<boolean> {
    const pair = generateKeyPairSync('ed25519');
    const pkcs8 = pair.privateKey.export({ format: 'der', type: 'pkcs8' });
    const publicKey = publicKeyOf(pair.publicKey);
    if (publicKey === undefined) throw new Fault('authority', 'a key without a form in SSH');
    const inserted = await tx.run(insertCaKey, {
      kind,
      version,
      blob: publicKey.blob,
      secret: vault.system('signing').seal(placeOf({ kind, version }), pkcs8),
      now: clock.now(),
      signsFrom,
    });
    pkcs8.fill(0);
    if (inserted !== 1) return false;
    const data = { purpose: purposeOf(kind), version };
    await record.append(tx, { type: 'key.created', outcome: 'done', ...by, data });
    return true;
  }

  async function rotate(
    tx: Tx,
    kind: CertificateKind,
    at: 'overlap' | 'once',
    by: By,
  ): Promise<boolean> {
    const now = clock.now();
    const newest = (await tx.all(caKeyRows, {})).find((row) => row.kind === kind);
    tx.afterCommit(() => {
      readAt = Number.NEGATIVE_INFINITY;
    });
    if (newest === undefined) return insert(tx, kind, 1, now, by);
    const version = newest.version + 1;
    if (at === 'overlap') {
      if (newest.signs_from > now) return false;
      const until = now + AHEAD;
      const gone = until + LONGEST[kind] + LINGERS;
      const retired = { kind, version: newest.version, until, gone };
      if ((await tx.run(retireCaKey, retired)) !== 1) return false;
      if (!(await insert(tx, kind, version, until, by))) return false;
    } else {
      if (!(await insert(tx, kind, version, now, by))) return false;
      await tx.run(voidCaKeys, { kind, before: version, now });
    }
    const data = { purpose: purposeOf(kind), version, previous: newest.version };
    await record.append(tx, { type: 'key.rotated', outcome: 'done', ...by, data });
    return true;
  }

  async function keep(): Promise<void> {
    const now = clock.now();
    for (const row of await store.read((q) => q.all(caKeyRows, {}))) {
      if (row.secret === null || (row.gone_at ?? now + 1) > now) continue;
      const { kind, version } = row;
      await store.write(async (tx) => {
        if ((await tx.run(destroyCaKey, { kind, version, now })) !== 1) return;
        const data = { purpose: purposeOf(kind), version };
        await record.append(tx, { type: 'key.destroyed', outcome: 'done', data });
      });
    }
  }

  const activeOf = (kind: CertificateKind) =>
    keys.find((key) => key.kind === kind && stateAt(key, clock.now()) === 'active');

  async function ready(): Promise<void> {
    if (clock.now() - readAt >= STALE) await refresh();
    const missing = KINDS.filter((kind) => activeOf(kind) === undefined);
    for (const kind of missing) {
      await store.write(async (tx) => {
        // The first signs at once: nobody trusts an older one.
        if ((await tx.all(caKeyRows, {})).some((row) => row.kind === kind)) return;
        await insert(tx, kind, 1, clock.now(), {});
      });
    }
    if (missing.length > 0) await refresh();
  }

  function wake(): void {
    cancel = later(KEEP_EVERY, () => {
      working = keep()
        .catch((cause) => notice('error', 'The keys for SSH could not be looked after.', cause))
        .finally(() => cancel && wake());
    });
  }

  return {
    ready,
    signer(kind) {
      const active = activeOf(kind);
      const signer = active && signers.get(nameOf(active));
      if (signer === undefined) throw new Fault('authority', `no key signs SSH for a ${kind}`);
      return signer;
    },
    trusted: (kind) =>
      keys.filter((key) => key.kind === kind && stateAt(key, clock.now()) !== 'gone'),
    async list(q) {
      const now = clock.now();
      return (await q.all(caKeyRows, {})).map((row) => viewOf(row, now));
    },
    rotate,
    keep,
    start: wake,
    async stop() {
      cancel?.();
      cancel = undefined;
      await working;
    },
  };
}

function stateAt(key: Omit<CaKey, 'state'>, now: number): CaKeyState {
  if (key.goneAt !== undefined && key.goneAt <= now) return 'gone';
  if (key.signsFrom > now) return 'next';
  return key.signsUntil !== undefined && key.signsUntil <= now ? 'retiring' : 'active';
}

function viewOf(row: CaKeyRow, now: number): CaKey {
  const key = {
    kind: row.kind,
    version: row.version,
    fingerprint: fingerprint(row.public_blob),
    publicKey: publicOf(row),
    createdAt: row.created_at,
    signsFrom: row.signs_from,
    signsUntil: row.signs_until ?? undefined,
    goneAt: row.gone_at ?? undefined,
    isVoid: row.void_at !== null,
  };
  return { ...key, state: stateAt(key, now) };
}

function publicOf({ public_blob }: CaKeyRow): SshPublicKey {
  const read = readPublicKey(public_blob);
  if (!read.ok) throw new Fault('authority', `a key of ours can’t be read: ${read.error}`);
  return read.value;
}

type Named = Pick<CaKeyRow, 'kind' | 'version'>;

const nameOf = ({ kind, version }: Named) => `${kind} ${version}`;
const placeOf = (named: Named): Place => ({
  table: 'ssh_ca_key',
  column: 'secret',
  row: nameOf(named),
});

/** As the record names them. */
const purposeOf = (kind: CertificateKind) =>
  kind === 'user' ? 'SSH certificates of people' : 'SSH certificates of hosts';
