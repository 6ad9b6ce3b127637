/**
 * The SSH authority: certificates for people, of minutes, each for one account on one host, and for hosts, so that nobody has to
 * believe a fingerprint. What it signs the gate has granted; it decides nothing itself. docs/ssh.md.
 *
 * A certificate is good until it expires, unless it stands in the revocation list, which every host fetches each minute. In there
 * is what was revoked one by one, and whatever `standing` says has lost what it rested on: its person, or their session.
 */
import { type Clock, MINUTE, SECOND } from '../../kernel/clock.ts';
import type { DeviceId, PersonId } from '../../kernel/id.ts';
import type { Random } from '../../kernel/random.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import type { By, Recorder } from '../../record/record.ts';
import type { Queries, Store, Tx } from '../../store/store.ts';
import {
  type CertificateOption,
  certificateType,
  writeCertificate,
} from '../../wire/ssh/certificate.ts';
import { writeKrl } from '../../wire/ssh/krl.ts';
import { fingerprint, keyLine, readKeyLine, type SshPublicKey } from '../../wire/ssh/public-key.ts';
import { type CaKeys, LONGEST } from './ca-keys.ts';
import {
  certificateBySerial,
  holdersOfKey,
  insertCertificate,
  insertRevokedKey,
  liveCertificates,
  revokeCertificate,
  revokedKey,
  revokedKeyRows,
  revokedSerials,
  type SshCertificateRow,
} from './ssh-table.ts';
import {
  allowances,
  type CertificateKind,
  type HostRequest,
  type IssuedSsh,
  type KeyProblem,
  keyIdOf,
  type ListedSsh,
  principalAt,
  type UserRequest,
  type UserTerms,
} from './ssh-words.ts';

/** What has lost what it rested on. */
export interface Fallen {
  readonly serials: readonly { readonly kind: CertificateKind; readonly serial: number }[];
  /** Subjects who may nothing now: none of their certificates is good, whether we know of it or not. */
  readonly subjects: readonly { readonly kind: CertificateKind; readonly id: string }[];
}

/** Whom a certificate was made for. */
export type SshHolder =
  | { readonly kind: 'user'; readonly id: PersonId }
  | { readonly kind: 'host'; readonly id: DeviceId };

export type Standing = (q: Queries, after: number) => Promise<Fallen>;

export interface SshAuthority {
  readonly keys: CaKeys;
  /** A key as somebody sent it: whether a certificate may be made for it. */
  readKey(q: Queries, line: string): Promise<Result<SshPublicKey, KeyProblem>>;
  issueUser(tx: Tx, request: UserRequest, by: By): Promise<IssuedSsh>;
  issueHost(tx: Tx, request: HostRequest, by: By): Promise<IssuedSsh>;
  /** Those that are good by their time. */
  list(q: Queries, limit: number): Promise<readonly ListedSsh[]>;
  holderOf(q: Queries, serial: number): Promise<SshHolder | undefined>;
  /** Nobody, where it was certified for nobody lately. */
  holdersOfKey(q: Queries, key: SshPublicKey): Promise<readonly SshHolder[]>;
  /** False when there is none that is good. */
  revoke(tx: Tx, serial: number, by: By): Promise<boolean>;
  /** Nobody comes with this key again, whatever certificate is with it. False when it was revoked before. */
  revokeKey(tx: Tx, key: SshPublicKey, by: By): Promise<boolean>;
  krl(): Promise<Uint8Array>;
}

const LEAST_RSA_BITS = 3072;
/** A host's clock may be behind by so much. */
const BEFORE = MINUTE;
/** A host's clock may be behind, and still take what has expired: it stays in the list for so long. */
const KRL_SLACK = 10 * MINUTE;
const KRL_FRESH = 2 * SECOND;

export function createSshAuthority(deps: {
  readonly store: Store;
  readonly record: Recorder;
  readonly clock: Clock;
  readonly random: Random;
  readonly keys: CaKeys;
  readonly standing: Standing;
}): SshAuthority {
  const { store, record, clock, random, keys, standing } = deps;
  let list: { readonly at: number; readonly bytes: Promise<Uint8Array> } | undefined;

  /** 52 bits of chance: no two are alike, nobody counts them, and every language holds them. */
  function newSerial(): number {
    const bytes = random.bytes(7);
    const number = bytes.reduce((sum, each, at) => sum * 256 + (at === 0 ? each & 0x0f : each), 0);
    return number === 0 ? 1 : number;
  }

  function sign(
    kind: CertificateKind,
    key: SshPublicKey,
    given: {
      readonly id: string;
      readonly principals: readonly string[];
      readonly lifetime: number;
      readonly criticalOptions: readonly CertificateOption[];
      readonly extensions: readonly CertificateOption[];
    },
  ): IssuedSsh & { readonly version: number } {
    const now = clock.now();
    const ca = keys.signer(kind);
    const serial = newSerial();
    const keyId = keyIdOf(kind, given.id);
    const [from, until] = [now - BEFORE, now + Math.min(given.lifetime, LONGEST[kind])];
    const seconds = (time: number) => BigInt(Math.floor(time / SECOND));
    const blob = writeCertificate(
      {
        key,
        nonce: random.bytes(32),
        serial: BigInt(serial),
        kind,
        keyId,
        principals: given.principals,
        validAfter: seconds(from),
        validBefore: seconds(until),
        criticalOptions: given.criticalOptions,
        extensions: given.extensions,
      },
      ca,
    );
    return {
      serial,
      kind,
      keyId,
      principals: given.principals,
      line: keyLine({ type: certificateType(key.type), blob }, keyId),
      fingerprint: fingerprint(key.blob),
      validAfter: Number(seconds(from)) * SECOND,
      expiresAt: Number(seconds(until)) * SECOND,
      version: ca.version,
    };
  }

  async function keepIssued(
    tx: Tx,
    issued: ReturnType<typeof sign>,
    rest: Pick<SshCertificateRow, 'subject_id' | 'subject_epoch' | 'session_id' | 'host'> & {
      readonly principals: readonly string[];
      readonly options: object;
    },
  ): Promise<void> {
    await tx.run(insertCertificate, {
      ...rest,
      serial: issued.serial,
      kind: issued.kind,
      ca_version: issued.version,
      principals: JSON.stringify(rest.principals),
      options: JSON.stringify(rest.options),
      fingerprint: issued.fingerprint,
      issued_at: clock.now(),
      expires_at: issued.expiresAt,
    });
  }

  async function makeKrl(): Promise<Uint8Array> {
    await keys.ready();
    const now = clock.now();
    const after = now - KRL_SLACK;
    const [revoked, fallen, explicit, all] = await store.read(async (q) => [
      await q.all(revokedSerials, { after }),
      await standing(q, after),
      await q.all(revokedKeyRows, {}),
      await keys.list(q),
    ]);
    const of = (kind: CertificateKind) =>
      all
        .filter((key) => key.kind === kind && key.state !== 'gone')
        .map(({ publicKey }) => ({
          ca: publicKey.blob,
          serials: [...revoked, ...fallen.serials]
            .filter((one) => one.kind === kind)
            .map(({ serial }) => BigInt(serial)),
          keyIds: fallen.subjects
            .filter((one) => one.kind === kind)
            .map(({ id }) => keyIdOf(kind, id)),
        }));
    const seconds = BigInt(Math.floor(now / SECOND));
    return writeKrl({
      version: seconds,
      generatedAt: seconds,
      comment: 'Sallyport',
      certificates: [...of('user'), ...of('host')],
      keys: [
        ...explicit.map(({ blob }) => blob),
        ...all.filter(({ isVoid }) => isVoid).map(({ publicKey }) => publicKey.blob),
      ],
    });
  }

  const forget = (tx: Tx) =>
    tx.afterCommit(() => {
      list = undefined;
    });

  return {
    keys,

    async readKey(q, line) {
      const read = readKeyLine(line);
      if (!read.ok) return failed('not-a-key');
      const { key } = read.value;
      if (key.type === 'ssh-rsa' && key.bits < LEAST_RSA_BITS) return failed('weak-key');
      const print = fingerprint(key.blob);
      // Who signs must be nobody whom it is signed for: a CA's key as a person's would be one key for two things.
      if ((await keys.list(q)).some((one) => one.fingerprint === print)) {
        return failed('authority-key');
      }
      const isRevoked = (await q.one(revokedKey, { fingerprint: print })) !== undefined;
      return isRevoked ? failed('key-revoked') : ok(key);
    },

    async issueUser(tx, { person, session, host, key, terms, said }, by) {
      const issued = sign('user', key, {
        id: person.id,
        principals: [principalAt(terms.account, host)],
        lifetime: terms.lifetime,
        criticalOptions: criticalOptions(terms),
        extensions: terms.allow.map((word) => ({ name: allowances[word], value: '' })),
      });
      const { command, allow } = terms;
      await keepIssued(tx, issued, {
        subject_id: person.id,
        subject_epoch: person.epoch,
        session_id: session,
        host,
        principals: [said.account],
        options: { command, sources: said.sources, allow },
      });
      await record.append(tx, {
        type: 'ssh.certificate-issued',
        outcome: 'granted',
        ...by,
        subject: person.id,
        data: {
          kind: 'user',
          serial: String(issued.serial),
          host,
          names: [said.account],
          fingerprint: issued.fingerprint,
          authority: issued.version,
          expiresAt: issued.expiresAt,
          ...(command === undefined ? {} : { command }),
          sources: [...said.sources],
          allow: [...allow],
        },
      });
      return issued;
    },

    async issueHost(tx, { device, key, names, lifetime, replaces }, by) {
      const principals = [...new Set([device.name, ...names])];
      const issued = sign('host', key, {
        id: device.id,
        principals,
        lifetime,
        criticalOptions: [],
        extensions: [],
      });
      await keepIssued(tx, issued, {
        subject_id: device.id,
        subject_epoch: device.epoch,
        session_id: null,
        host: device.name,
        principals,
        options: {},
      });
      await record.append(tx, {
        type: 'ssh.certificate-issued',
        outcome: 'granted',
        ...by,
        subject: device.id,
        data: {
          kind: 'host',
          serial: String(issued.serial),
          host: device.name,
          names: principals,
          fingerprint: issued.fingerprint,
          authority: issued.version,
          expiresAt: issued.expiresAt,
          sources: [],
          allow: [],
          ...(replaces === undefined ? {} : { replaces: String(replaces) }),
        },
      });
      return issued;
    },

    async list(q, limit) {
      const now = clock.now();
      const fallen = await standing(q, now);
      const serials = new Set(fallen.serials.map(({ serial }) => serial));
      const subjects = new Set(fallen.subjects.map(({ id }) => id));
      return (await q.all(liveCertificates, { now, limit })).map((row) =>
        viewOf(row, !serials.has(row.serial) && !subjects.has(row.subject_id)),
      );
    },

    async holderOf(q, serial) {
      const row = await q.one(certificateBySerial, { serial });
      return row && holderIn(row);
    },

    async holdersOfKey(q, { blob }) {
      return (await q.all(holdersOfKey, { fingerprint: fingerprint(blob) })).map(holderIn);
    },

    async revoke(tx, serial, by) {
      const row = await tx.one(certificateBySerial, { serial });
      const revoked = await tx.run(revokeCertificate, { serial, now: clock.now() });
      if (row === undefined || revoked !== 1) return false;
      forget(tx);
      await record.append(tx, {
        type: 'ssh.certificate-revoked',
        outcome: 'done',
        ...by,
        subject: subjectOf(row),
        data: { kind: row.kind, serial: String(serial), host: row.host },
      });
      return true;
    },

    async revokeKey(tx, key, by) {
      const print = fingerprint(key.blob);
      const row = { fingerprint: print, blob: key.blob, now: clock.now() };
      if ((await tx.run(insertRevokedKey, row)) !== 1) return false;
      forget(tx);
      await record.append(tx, {
        type: 'ssh.key-revoked',
        outcome: 'done',
        ...by,
        data: { fingerprint: print },
      });
      return true;
    },

    krl() {
      const now = clock.now();
      // Hosts ask each minute, all of them: one list serves those who come within two seconds.
      const age = list === undefined ? KRL_FRESH : now - list.at;
      if (list === undefined || age < 0 || age >= KRL_FRESH) {
        const made = makeKrl();
        const kept = { at: now, bytes: made };
        list = kept;
        made.catch(() => {
          if (list === kept) list = undefined;
        });
      }
      return list.bytes;
    },
  };
}

function criticalOptions({ command, sources }: UserTerms): CertificateOption[] {
  return [
    ...(command === undefined ? [] : [{ name: 'force-command', value: command }]),
    ...(sources.length === 0 ? [] : [{ name: 'source-address', value: sources.join(',') }]),
  ];
}

/** Written from a subject's id above. */
const holderIn = ({ kind, subject_id: id }: Pick<SshCertificateRow, 'kind' | 'subject_id'>) =>
  ({ kind, id }) as SshHolder;

/** Written from a subject's id above. */
const subjectOf = ({ subject_id }: SshCertificateRow) => subject_id as PersonId | DeviceId;

function viewOf(row: SshCertificateRow, stands: boolean): ListedSsh {
  return {
    serial: row.serial,
    kind: row.kind,
    subject: row.subject_id,
    host: row.host,
    principals: JSON.parse(row.principals) as string[], // Written above.
    fingerprint: row.fingerprint,
    issuedAt: row.issued_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at ?? undefined,
    good: stands && row.revoked_at === null,
  };
}
