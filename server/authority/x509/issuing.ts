/** Issues and renews: everything that is refused is refused here, each time with its word in the record. */
import { hash, type KeyObject } from 'node:crypto';
import { fromUtf8, utf8 } from '../../kernel/bytes.ts';
import { type Clock, MINUTE, SECOND } from '../../kernel/clock.ts';
import type { SubjectId } from '../../kernel/id.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import type { By, Recorder } from '../../record/record.ts';
import type { Queries, Tx } from '../../store/store.ts';
import type { Vault } from '../../vault/vault.ts';
import { utf8String } from '../../wire/der/der-writer.ts';
import { type NamesToWrite, writeAlternativeNames } from '../../wire/x509/alternative-names.ts';
import { readCertificate, writeCertificate } from '../../wire/x509/certificate.ts';
import { writeName } from '../../wire/x509/distinguished-name.ts';
import { extension, written } from '../../wire/x509/extensions.ts';
import { extensions, keyUsageBits, keyUses } from '../../wire/x509/oids.ts';
import { namesFor } from './asked-names.ts';
import type {
  AskedNames,
  Authority,
  Certified,
  Issued,
  IssueError,
  IssueRequest,
  ListedCertificate,
} from './authority-words.ts';
import {
  BACKDATED,
  type Cas,
  hexBytes,
  pointersTo,
  type SigningCa,
  twoThirds,
  wholeSecond,
} from './cas.ts';
import {
  type CertificateRow,
  certificateBySerial,
  certificatesOfKey,
  holdKey,
  insertCertificate,
} from './certificate-table.ts';
import { canonicalKey, infoOf, judgeKey, keyHashOf, keyIdOf, publicKeyOf } from './key-material.ts';
import { isProfileName, type Profile, profiles } from './profiles.ts';
import { compareRequest, keyOfRequest, readForMadeKey } from './request-check.ts';

export interface IssuingDeps {
  readonly vault: Pick<Vault, 'subject'>;
  readonly record: Recorder;
  readonly clock: Clock;
  readonly cas: Cas;
  readonly address: () => string;
}

export interface Issuing extends Pick<Authority, 'issue' | 'renew'> {
  view(q: Queries, row: CertificateRow): Promise<ListedCertificate>;
  detailOf(q: Queries, row: CertificateRow): Promise<Detail | undefined>;
}

/** What is kept beside a certificate, so that another can be made like it. */
export interface Detail {
  readonly name: string;
  readonly names: AskedNames;
  readonly role?: string | undefined;
}

const ROLE = /^[\p{L}\p{N} ._-]{1,64}$/u;
/** RFC 5280 A.1, ub-common-name. */
const LONGEST_NAME = 64;

const place = (column: 'certificate' | 'detail', serial: string) => ({
  table: 'x509_certificate',
  column,
  row: serial,
});

export function createIssuing(deps: IssuingDeps): Issuing {
  const { vault, record, clock, cas, address } = deps;

  async function refused(
    tx: Tx,
    { profile, subject }: Pick<IssueRequest, 'profile' | 'subject'>,
    error: IssueError,
    by: By,
  ): Promise<Result<never, IssueError>> {
    await record.append(tx, {
      type: 'certificate.refused',
      outcome: 'refused',
      reason: error.code === 'malformed' ? 'malformed' : 'not-allowed',
      ...by,
      ...told(subject).frame,
      data: { profile, kind: subject.kind, ...told(subject).data, why: error.code },
    });
    return failed(error);
  }

  /** The key, after all that can be said of it without looking anywhere. */
  function chosenKey(
    request: IssueRequest,
    profile: Profile,
    names: NamesToWrite,
  ): Result<KeyObject, IssueError> {
    let key = request.publicKey;
    if (request.csr !== undefined && key !== undefined) {
      const read = readForMadeKey(request.csr);
      if (!read.ok) return read;
      const wrong = compareRequest(read.value, profile, request.subject, names);
      if (wrong !== undefined) return failed(wrong);
    } else if (request.csr !== undefined) {
      const read = keyOfRequest(request.csr);
      if (!read.ok) return read;
      const wrong = compareRequest(read.value.request, profile, request.subject, names);
      // A weak key is told as such, whatever else is wrong with the request.
      const judged = judgeKey(read.value.key);
      if (judged.ok && wrong !== undefined) return failed(wrong);
      key = read.value.key;
    }
    if (key === undefined) return failed({ code: 'key-missing' });
    const judged = judgeKey(key);
    if (!judged.ok) {
      const code = judged.weak ? 'weak-key' : 'key-not-for-profile';
      return failed({ code, detail: judged.detail });
    }
    return profile.keys.includes(judged.kind)
      ? ok(key)
      : failed({ code: 'key-not-for-profile', detail: judged.kind });
  }

  async function issueAs(
    tx: Tx,
    request: IssueRequest,
    by: By,
    renews: CertificateRow | undefined,
  ): Promise<Result<Issued, IssueError>> {
    const refuse = (error: IssueError) => refused(tx, request, error, by);
    const { subject } = request;
    const profile: Profile = profiles[request.profile];
    if (!profile.subjects.includes(subject.kind)) {
      return refuse({ code: 'not-in-profile', detail: subject.kind });
    }
    const wrongRole =
      request.profile === 'modbus-role'
        ? request.role === undefined || !ROLE.test(request.role)
        : request.role !== undefined;
    if (wrongRole) return refuse({ code: 'name-missing', detail: 'role' });
    const lifetime = request.lifetime ?? profile.lifetime;
    if (lifetime > profile.longest || lifetime < MINUTE) return refuse({ code: 'too-long' });
    const names = namesFor(profile, subject, request.names);
    if (!names.ok) return refuse(names.error);
    const chosen = chosenKey(request, profile, names.value);
    if (!chosen.ok) return refuse(chosen.error);
    const info = infoOf(canonicalKey(chosen.value));
    const keyHash = keyHashOf(info);
    await tx.run(holdKey, { keyHash });
    for (const other of await tx.all(certificatesOfKey, { keyHash })) {
      if (other.subject_id !== subject.id) return refuse({ code: 'key-of-another' });
      // Whoever else has the key would have the new certificate, too.
      if (other.reason === 'key-compromise') return refuse({ code: 'key-revoked' });
    }

    const ca = await cas.issuing(tx);
    if (ca === undefined) return refuse({ code: 'authority-over' });
    const now = clock.now();
    // Of one that lives for minutes, no part of its life is behind it; else clocks that are slow are allowed for.
    const notBefore = wholeSecond(now - Math.min(BACKDATED, lifetime / 10));
    const notAfter = Math.min(wholeSecond(now + lifetime + SECOND - 1), ca.notAfter);
    if (notAfter <= now) return refuse({ code: 'authority-over' });
    const serial = cas.serial();
    const certificate = write(ca, serial, profile, request, names.value, info, notBefore, notAfter);
    const fingerprint = hash('sha256', certificate, 'base64url');

    const detail = utf8(
      JSON.stringify({ name: subject.name, names: request.names ?? {}, role: request.role }),
    );
    const box =
      subject.kind === 'person' ? await vault.subject(tx, subject.id as SubjectId) : undefined;
    if (subject.kind === 'person' && box === undefined) {
      return refuse({ code: 'unknown-subject' });
    }
    await tx.run(insertCertificate, {
      serial,
      ca: ca.id,
      profile: request.profile,
      kind: subject.kind,
      subject: subject.id,
      sealed: box === undefined ? 0 : 1,
      certificate: box?.seal(place('certificate', serial), certificate) ?? certificate,
      detail: box?.seal(place('detail', serial), detail) ?? detail,
      fingerprint,
      keyHash,
      notBefore,
      notAfter,
      now,
      renews: renews?.serial ?? null,
    });
    const { frame, data } = told(subject);
    const facts = {
      serial,
      profile: request.profile,
      kind: subject.kind,
      ...data,
      authority: ca.id,
      until: notAfter,
    };
    await record.append(
      tx,
      renews === undefined
        ? { type: 'certificate.issued', outcome: 'done', ...by, ...frame, data: facts }
        : {
            type: 'certificate.renewed',
            outcome: 'done',
            ...by,
            ...frame,
            data: { ...facts, renews: renews.serial },
          },
    );
    return ok({
      serial,
      certificate,
      chain: [ca.certificate.der],
      notBefore,
      notAfter,
      renewAt: twoThirds(notBefore, notAfter),
      fingerprint,
    });
  }

  function write(
    ca: SigningCa,
    serial: string,
    profile: Profile,
    { subject, role }: IssueRequest,
    names: NamesToWrite,
    info: Uint8Array,
    notBefore: number,
    notAfter: number,
  ): Uint8Array {
    const alternative = writeAlternativeNames(names);
    return writeCertificate(
      {
        serial,
        issuer: ca.certificate.subject,
        subject: writeName({ commonName: [...subject.name].slice(0, LONGEST_NAME).join('') }),
        notBefore,
        notAfter,
        publicKey: info,
        extensions: [
          written.basicConstraints(false),
          written.keyUsage(keyUsageBits.digitalSignature),
          written.extendedKeyUsage(...profile.uses.map((use) => keyUses[use])),
          written.subjectKeyId(keyIdOf(info)),
          written.authorityKeyId(hexBytes(ca.id)),
          alternative && extension(extensions.subjectAltName, alternative),
          role === undefined ? undefined : extension(extensions.modbusRole, utf8String(role)),
          ...(profile.pointers ? pointersTo(address(), ca.id) : []),
        ],
      },
      ca.signer,
    );
  }

  async function detailOf(q: Queries, row: CertificateRow): Promise<Detail | undefined> {
    const bytes = await openColumn(q, row, 'detail');
    return bytes && (JSON.parse(fromUtf8(bytes)) as Detail); // Written above.
  }

  async function openColumn(
    q: Queries,
    row: CertificateRow,
    column: 'certificate' | 'detail',
  ): Promise<Uint8Array | undefined> {
    if (row.sealed === 0) return row[column];
    const box = await vault.subject(q, row.subject_id as SubjectId); // Only those of people are sealed.
    return box?.open(place(column, row.serial), row[column]);
  }

  return {
    issue: (tx, request, by) => issueAs(tx, request, by, undefined),

    async renew(tx, serial, { csr, publicKey }, by) {
      const row = await tx.one(certificateBySerial, { serial });
      if (row === undefined) return failed({ code: 'unknown-certificate' });
      const detail = await detailOf(tx, row);
      const subject = {
        kind: row.subject_kind,
        id: row.subject_id,
        name: detail?.name ?? row.subject_id,
      } as Certified; // The columns were written from one.
      const same = { profile: row.profile, subject };
      if (!isProfileName(row.profile) || detail === undefined) {
        return refused(tx, same, { code: 'unknown-subject' }, by);
      }
      if (row.revoked_at !== null) return refused(tx, same, { code: 'revoked' }, by);
      if (row.not_after <= clock.now()) return refused(tx, same, { code: 'expired' }, by);
      const ofOld = async () => {
        const der = await openColumn(tx, row, 'certificate');
        return der && keyInCertificate(der);
      };
      const key = csr === undefined ? (publicKey ?? (await ofOld())) : undefined;
      return issueAs(
        tx,
        {
          ...same,
          ...(csr === undefined ? {} : { csr }),
          ...(key === undefined ? {} : { publicKey: key }),
          names: detail.names,
          role: detail.role,
          lifetime: lifeOf(row),
        },
        by,
        row,
      );
    },

    detailOf,

    async view(q, row) {
      const detail = await detailOf(q, row);
      return {
        serial: row.serial,
        profile: row.profile,
        subject: { kind: row.subject_kind, id: row.subject_id },
        subjectName: detail?.name,
        names: detail?.names,
        certificate: await openColumn(q, row, 'certificate'),
        notBefore: row.not_before,
        notAfter: row.not_after,
        renewAt: twoThirds(row.not_before, row.not_after),
        fingerprint: row.fingerprint,
        issuedAt: row.issued_at,
        renews: row.renews ?? undefined,
        revokedAt: row.revoked_at ?? undefined,
        reason: row.reason ?? undefined,
        lastShownAt: row.shown_at ?? undefined,
        lastShownBy: row.shown_by ?? undefined,
      };
    },
  };
}

/** As long as the old one was given, which a profile that became stricter since shortens. */
function lifeOf(row: CertificateRow): number {
  const given = wholeSecond(row.not_after - row.issued_at);
  return Math.max(MINUTE, Math.min(given, profiles[row.profile].longest));
}

function keyInCertificate(der: Uint8Array): KeyObject | undefined {
  const certificate = readCertificate(der);
  return certificate && publicKeyOf(certificate.publicKey);
}

/** How the record names a subject: by its id, and a server by its name. */
export function told(subject: Pick<Certified, 'kind' | 'id'>) {
  return subject.kind === 'server'
    ? { frame: {}, data: { subject: subject.id.slice(0, 128) } }
    : { frame: { subject: subject.id as SubjectId }, data: {} };
}
