/**
 * The root's key, taken out and brought back, and the end of an issuing CA. A key that is out is in PKCS #8, under a passphrase
 * that is made here and has 128 bits of chance: so it does not matter how often OpenSSL hashes it, and OpenSSL can read it
 * without us.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { hex } from '../../kernel/bytes.ts';
import { type Clock, DAY } from '../../kernel/clock.ts';
import type { Random } from '../../kernel/random.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import type { By, Recorder } from '../../record/record.ts';
import type { Tx } from '../../store/store.ts';
import type { Vault } from '../../vault/vault.ts';
import { readPem } from '../../wire/der/pem.ts';
import { hashesOf } from '../../wire/x509/encrypted-key.ts';
import { caById, caBySlot, dropSecret, keepSecret, raiseRevision, revokeCa } from './ca-table.ts';
import { type Cas, type OwnCa, secretPlace, signs } from './cas.ts';
import { infoOf, keyIdOf, openKey, publicKeyFrom } from './key-material.ts';
import { signList } from './lists.ts';
import type { RevocationReason } from './revocation-reason.ts';

export type RootError =
  | 'no-authority'
  | 'key-away'
  | 'key-here'
  | 'not-the-root'
  | 'unreadable'
  | 'unknown-authority'
  | 'revoked';

export interface ExportedRoot {
  readonly authority: string;
  /** PKCS #8 in PEM, encrypted. */
  readonly pem: string;
  /** Shown once. */
  readonly passphrase: string;
}

export interface RootCare {
  /** Makes root and issuing CA where there are none; the issuing CA in use. */
  begin(tx: Tx): Promise<OwnCa | undefined>;
  exportRoot(tx: Tx, by: By): Promise<Result<ExportedRoot, RootError>>;
  /** For when the exported file is safe. */
  removeRoot(tx: Tx, by: By): Promise<Result<string, RootError>>;
  bringBack(tx: Tx, pem: string, passphrase: string, by: By): Promise<Result<OwnCa, RootError>>;
  /** Of an issuing CA, by its key id: nothing that it issued is good any more, and the next wish makes another. */
  revokeIssuing(
    tx: Tx,
    id: string,
    reason: RevocationReason,
    by: By,
  ): Promise<Result<OwnCa, RootError>>;
}

export interface RootCareDeps {
  readonly vault: Pick<Vault, 'system'>;
  readonly record: Recorder;
  readonly clock: Clock;
  readonly random: Random;
  readonly cas: Cas;
}

/** How long the list is good that is signed when the key goes away: until then it has to come back. */
const LIST_LIFE = 400 * DAY;

/** Of the passphrase: some seconds. A file that says more has us compute for hours. OpenSSL's own are 2048. */
const MOST_HASHES = 5_000_000;

/** Without the letters that are taken for one another. */
const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789';

export function createRootCare({ vault, record, clock, random, cas }: RootCareDeps): RootCare {
  /** 28 letters of 31: 138 bits. */
  function newPassphrase(): string {
    const letters: string[] = [];
    while (letters.length < 28) {
      // Of 256 bytes, 248 fall evenly on 31 letters.
      for (const byte of random.bytes(32)) {
        if (byte < 248 && letters.length < 28) letters.push(LETTERS[byte % 31] ?? '');
      }
    }
    return letters.join('').replaceAll(/.{4}(?=.)/g, '$&-');
  }

  return {
    begin: (tx) => cas.issuing(tx),

    async exportRoot(tx, by) {
      const row = await tx.one(caBySlot, { slot: 'root' });
      if (row === undefined) return failed('no-authority');
      if (row.secret === null) return failed('key-away');
      const pkcs8 = vault.system('signing').open(secretPlace(row.id), row.secret);
      const passphrase = newPassphrase();
      const pem = openKey(pkcs8).export({
        format: 'pem',
        type: 'pkcs8',
        cipher: 'aes-256-cbc',
        passphrase,
      });
      pkcs8.fill(0);
      const data = { authority: row.id, removed: false };
      await record.append(tx, { type: 'authority.root-exported', outcome: 'done', ...by, data });
      return ok({ authority: row.id, pem: String(pem), passphrase });
    },

    async removeRoot(tx, by) {
      const row = await tx.one(caBySlot, { slot: 'root' });
      if (row === undefined) return failed('no-authority');
      const root = cas.open(row);
      if (!signs(root)) return failed('key-away');
      const list = await signList(tx, root, clock.now(), LIST_LIFE);
      await tx.run(dropSecret, { id: row.id, list });
      cas.forget(row.id);
      const data = { authority: row.id, removed: true };
      await record.append(tx, { type: 'authority.root-exported', outcome: 'done', ...by, data });
      return ok(row.id);
    },

    async bringBack(tx, pem, passphrase, by) {
      const row = await tx.one(caBySlot, { slot: 'root' });
      if (row === undefined) return failed('no-authority');
      if (row.secret !== null) return failed('key-here');
      const key = readKey(pem, passphrase);
      if (key === undefined) return failed('unreadable');
      if (hex(keyIdOf(infoOf(publicKeyFrom(key)))) !== row.id) return failed('not-the-root');
      const pkcs8 = key.export({ format: 'der', type: 'pkcs8' });
      const secret = vault.system('signing').seal(secretPlace(row.id), pkcs8);
      pkcs8.fill(0);
      await tx.run(keepSecret, { id: row.id, secret });
      cas.forget(row.id);
      const data = { authority: row.id };
      await record.append(tx, {
        type: 'authority.root-brought-back',
        outcome: 'done',
        ...by,
        data,
      });
      return ok(cas.open({ ...row, secret }));
    },

    async revokeIssuing(tx, id, reason, by) {
      const row = await tx.one(caById, { id });
      if (row === undefined || row.role !== 'issuing') return failed('unknown-authority');
      if ((await tx.run(revokeCa, { id, now: clock.now(), reason })) !== 1)
        return failed('revoked');
      // What was said of it, and of what it issued, is said anew.
      for (const changed of [row.issuer_id, id]) await tx.run(raiseRevision, { id: changed });
      const data = { authority: id, cause: reason };
      await record.append(tx, { type: 'authority.revoked', outcome: 'done', ...by, data });
      return ok(cas.open(row));
    },
  };
}

function readKey(pem: string, passphrase: string): KeyObject | undefined {
  // OpenSSL is given what was looked at, and nothing that it finds in the file itself.
  const [der] = readPem(pem, ['ENCRYPTED PRIVATE KEY', 'PRIVATE KEY']);
  const hashes = der && hashesOf(der);
  if (der === undefined || hashes === undefined || hashes > MOST_HASHES) return undefined;
  try {
    return createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8', passphrase });
  } catch {
    return undefined; // A wrong passphrase, or no key: both are expected of what people type.
  }
}
