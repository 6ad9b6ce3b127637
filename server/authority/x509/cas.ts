/**
 * The authority's own keys: a root, which signs issuing CAs and nothing else; the issuing CA in use, and those before it; and
 * for each of them who answers about it (RFC 6960 §4.2.2.2). Made when they are first wanted. The one of each role in use has
 * its slot, a unique column: of two nodes that begin at once, one makes it, and the other reads what that one made.
 *
 * The root may be away: exported, and its key removed. Then issuing goes on until the issuing CA ends.
 */

import { hex } from '../../kernel/bytes.ts';
import type { Clock } from '../../kernel/clock.ts';
import { DAY, MINUTE, SECOND } from '../../kernel/clock.ts';
import { Fault } from '../../kernel/fault.ts';
import type { Random } from '../../kernel/random.ts';
import type { By, Recorder } from '../../record/record.ts';
import type { Queries, Store, Tx } from '../../store/store.ts';
import type { Vault } from '../../vault/vault.ts';
import { context } from '../../wire/der/der-reader.ts';
import { nothing, oid, sequence, tagged } from '../../wire/der/der-writer.ts';
import {
  type Certificate,
  readCertificate,
  type SignsDer,
  writeCertificate,
} from '../../wire/x509/certificate.ts';
import { writeName } from '../../wire/x509/distinguished-name.ts';
import { extension, written } from '../../wire/x509/extensions.ts';
import { access, extensions, keyUsageBits, keyUses } from '../../wire/x509/oids.ts';
import {
  type CaRole,
  type CaRow,
  caById,
  caBySlot,
  caRows,
  freeSlot,
  insertCa,
} from './ca-table.ts';
import {
  type AuthorityAlgorithm,
  keyIdOf,
  type MadeKey,
  makeKey,
  openKey,
  signerOf,
} from './key-material.ts';
import { pkiPaths } from './pki-paths.ts';

export interface OwnCa {
  readonly id: string;
  readonly role: CaRole;
  readonly issuerId: string;
  readonly certificate: Certificate;
  /** Undefined where the key is away. */
  readonly signer: SignsDer | undefined;
  readonly notBefore: number;
  readonly notAfter: number;
}

export interface SigningCa extends OwnCa {
  readonly signer: SignsDer;
}

export interface CasSettings {
  readonly organisation: string;
  readonly algorithm: AuthorityAlgorithm;
  /** The origin at which /pki is reached. */
  readonly address: () => string;
}

export interface CasDeps {
  readonly store: Store;
  readonly vault: Pick<Vault, 'system'>;
  readonly record: Recorder;
  readonly clock: Clock;
  readonly random: Random;
}

export interface Cas {
  /** The issuing CA in use; made, or renewed at two thirds, where that is due. Undefined where it ended and the root is away. */
  issuing(tx: Tx): Promise<SigningCa | undefined>;
  /** Who answers about a CA. */
  responder(tx: Tx, ca: SigningCa): Promise<SigningCa>;
  /** The same, where it was made already and is not to be renewed yet. */
  responderOf(q: Queries, ca: OwnCa): Promise<SigningCa | undefined>;
  root(q: Queries): Promise<OwnCa | undefined>;
  inUse(q: Queries): Promise<OwnCa | undefined>;
  byId(q: Queries, id: string): Promise<OwnCa | undefined>;
  all(q: Queries): Promise<readonly CaRow[]>;
  /** What was signed before its key went away. */
  lastList(q: Queries, id: string): Promise<Uint8Array | undefined>;
  /** Whoever holds an id may have had it made anew, or its key brought back. */
  forget(id: string): void;
  open(row: CaRow): OwnCa;
  serial(): string;
}

const ROOT_LIFE = 3650 * DAY;
const ISSUING_LIFE = 1095 * DAY;
const RESPONDER_LIFE = 30 * DAY;
/** Clocks differ, and what is issued is used at once. */
export const BACKDATED = 5 * MINUTE;

export const secretPlace = (id: string) => ({ table: 'x509_ca', column: 'secret', row: id });
const responderSlot = (ca: string) => `ocsp:${ca}`;
export const wholeSecond = (at: number) => at - (at % SECOND);
/** When something is to be renewed. */
export const twoThirds = (from: number, until: number) =>
  wholeSecond(from + ((until - from) * 2) / 3);

export function createCas(deps: CasDeps, settings: CasSettings): Cas {
  const { vault, record, clock, random } = deps;
  const opened = new Map<string, OwnCa>();

  function open(row: CaRow): OwnCa {
    const known = opened.get(row.id);
    if (known !== undefined && (known.signer === undefined) === (row.secret === null)) return known;
    const certificate = readCertificate(row.certificate);
    if (certificate === undefined) throw new Fault('authority', `the CA ${row.id} is damaged`);
    let signer: SignsDer | undefined;
    if (row.secret !== null) {
      const pkcs8 = vault.system('signing').open(secretPlace(row.id), row.secret);
      signer = signerOf(openKey(pkcs8));
      pkcs8.fill(0);
    }
    const ca: OwnCa = {
      id: row.id,
      role: row.role,
      issuerId: row.issuer_id,
      certificate,
      signer,
      notBefore: row.not_before,
      notAfter: row.not_after,
    };
    opened.set(row.id, ca);
    return ca;
  }

  /** 126 bits of chance, of one length: nobody foretells one (RFC 5280 §4.1.2.2, CA/B BR §7.1). */
  function serial(): string {
    const bytes = random.bytes(16);
    bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
    return hex(bytes);
  }

  async function inSlot(q: Queries, slot: string): Promise<OwnCa | undefined> {
    const row = await q.one(caBySlot, { slot });
    return row && open(row);
  }

  interface Making {
    readonly role: CaRole;
    readonly slot: string;
    readonly key: MadeKey;
    readonly issuer: SigningCa | undefined;
    readonly life: number;
    readonly name: Uint8Array;
    readonly extensions: readonly (Uint8Array | undefined)[];
  }

  /** What is in the slot afterwards, whoever made it. */
  async function make(tx: Tx, making: Making, by: By): Promise<OwnCa> {
    const { role, slot, key, issuer } = making;
    const now = clock.now();
    const id = hex(keyIdOf(key.info));
    const notBefore = wholeSecond(now - BACKDATED);
    const notAfter = Math.min(
      wholeSecond(now + making.life),
      issuer?.notAfter ?? Number.MAX_SAFE_INTEGER,
    );
    const own = signerOf(key.privateKey);
    const number = serial();
    const certificate = writeCertificate(
      {
        serial: number,
        issuer: issuer?.certificate.subject ?? making.name,
        subject: making.name,
        notBefore,
        notAfter,
        publicKey: key.info,
        extensions: making.extensions,
      },
      issuer?.signer ?? own,
    );
    const inserted = await tx.run(insertCa, {
      id,
      role,
      slot,
      serial: number,
      issuerId: issuer?.id ?? id,
      certificate,
      secret: vault.system('signing').seal(secretPlace(id), key.pkcs8),
      notBefore,
      notAfter,
      now,
    });
    key.pkcs8.fill(0);
    if (inserted === 1) {
      const data = { role, authority: id, algorithm: settings.algorithm, until: notAfter };
      await record.append(tx, { type: 'authority.created', outcome: 'done', ...by, data });
    }
    const found = await inSlot(tx, slot);
    if (found === undefined) throw new Fault('authority', `nobody holds the slot ${slot}`);
    return found;
  }

  /** Names differ between installations, and from one CA to the next: some software finds issuers by their names alone. */
  function nameFor(what: string, info: Uint8Array): Uint8Array {
    const { organisation } = settings;
    const mark = hex(keyIdOf(info)).slice(0, 8);
    return writeName({ organisation, commonName: `${organisation} ${what} ${mark}` });
  }

  async function makeRoot(tx: Tx): Promise<OwnCa> {
    const key = makeKey(settings.algorithm);
    const id = keyIdOf(key.info);
    const { keyCertSign, crlSign } = keyUsageBits;
    return make(
      tx,
      {
        role: 'root',
        slot: 'root',
        key,
        issuer: undefined,
        life: ROOT_LIFE,
        name: nameFor('Root CA', key.info),
        extensions: [
          written.basicConstraints(true),
          written.keyUsage(keyCertSign, crlSign),
          written.subjectKeyId(id),
        ],
      },
      {},
    );
  }

  async function makeIssuing(tx: Tx, root: SigningCa): Promise<OwnCa> {
    const key = makeKey(settings.algorithm);
    const { keyCertSign, crlSign } = keyUsageBits;
    return make(
      tx,
      {
        role: 'issuing',
        slot: 'issuing',
        key,
        issuer: root,
        life: ISSUING_LIFE,
        name: nameFor('Issuing CA', key.info),
        extensions: [
          written.basicConstraints(true, 0),
          written.keyUsage(keyCertSign, crlSign),
          written.subjectKeyId(keyIdOf(key.info)),
          written.authorityKeyId(hexBytes(root.id)),
          ...pointersTo(settings.address(), root.id, false),
        ],
      },
      {},
    );
  }

  async function issuing(tx: Tx): Promise<SigningCa | undefined> {
    const now = clock.now();
    const current = await inSlot(tx, 'issuing');
    if (current && signs(current) && now < twoThirds(current.notBefore, current.notAfter)) {
      return current;
    }
    const root = (await inSlot(tx, 'root')) ?? (await makeRoot(tx));
    if (!signs(root) || root.notAfter <= now) {
      return current && signs(current) && now < current.notAfter ? current : undefined;
    }
    if (current) await tx.run(freeSlot, { id: current.id });
    const made = await makeIssuing(tx, root);
    return signs(made) ? made : undefined;
  }

  async function responderOf(q: Queries, ca: OwnCa): Promise<SigningCa | undefined> {
    const current = await inSlot(q, responderSlot(ca.id));
    if (current === undefined || !signs(current)) return undefined;
    const { notBefore, notAfter } = current;
    // One that ends with its CA would be made anew for nothing: the next could last no longer.
    const due = notAfter >= ca.notAfter ? notAfter : twoThirds(notBefore, notAfter);
    return clock.now() < due ? current : undefined;
  }

  async function responder(tx: Tx, ca: SigningCa): Promise<SigningCa> {
    const slot = responderSlot(ca.id);
    const lasting = await responderOf(tx, ca);
    if (lasting) return lasting;
    const current = await inSlot(tx, slot);
    if (current) await tx.run(freeSlot, { id: current.id });
    const key = makeKey(settings.algorithm);
    const made = await make(
      tx,
      {
        role: 'ocsp',
        slot,
        key,
        issuer: ca,
        life: RESPONDER_LIFE,
        name: nameFor('OCSP', key.info),
        extensions: [
          written.basicConstraints(false),
          written.keyUsage(keyUsageBits.digitalSignature),
          written.extendedKeyUsage(keyUses.ocspSigning),
          // RFC 6960 §4.2.2.2.1: it lives for a month, and nobody asks about it.
          extension(extensions.ocspNoCheck, nothing()),
          written.subjectKeyId(keyIdOf(key.info)),
          written.authorityKeyId(hexBytes(ca.id)),
        ],
      },
      {},
    );
    if (!signs(made)) throw new Fault('authority', 'a responder has no key');
    return made;
  }

  return {
    issuing,
    responder,
    responderOf,
    root: (q) => inSlot(q, 'root'),
    inUse: (q) => inSlot(q, 'issuing'),
    async byId(q, id) {
      const row = await q.one(caById, { id });
      return row && open(row);
    },
    all: (q) => q.all(caRows, {}),
    lastList: async (q, id) => (await q.one(caById, { id }))?.list ?? undefined,
    forget: (id) => void opened.delete(id),
    open,
    serial,
  };
}

export function signs(ca: OwnCa): ca is SigningCa {
  return ca.signer !== undefined;
}

export const hexBytes = (digits: string) => Uint8Array.from(Buffer.from(digits, 'hex'));

/** Where to ask whether something that a CA issued was revoked, and where the CA's own certificate is. */
export function pointersTo(address: string, ca: string, answered = true): readonly Uint8Array[] {
  const uri = (path: string) =>
    tagged(context(6, false), Buffer.from(new URL(path, address).href, 'latin1'));
  const point = sequence(tagged(context(0), tagged(context(0), uri(pkiPaths.list(ca)))));
  return [
    extension(extensions.crlDistributionPoints, sequence(point)),
    extension(
      extensions.authorityInfoAccess,
      sequence(
        answered ? sequence(oid(access.ocsp), uri(pkiPaths.ocsp)) : undefined,
        sequence(oid(access.issuers), uri(pkiPaths.certificate(ca))),
      ),
    ),
  ];
}
