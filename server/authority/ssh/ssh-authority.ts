/**
 * The SSH authority: certificates for people, of minutes, each for one account on one host, and for hosts, so that nobody has to
 * believe a fingerprint. What it signs the gate has granted; it decides nothing itself. docs/ssh.md.
 *
 * A certificate is good until it expires, unless it stands in the revocation list, which every host fetches each minute
 * (revocations.ts).
 */
import type { Clock } from '../../kernel/clock.ts';
import type { DeviceId, PersonId } from '../../kernel/id.ts';
import type { Random } from '../../kernel/random.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import type { By, Recorder } from '../../record/record.ts';
import type { Queries, Store, Tx } from '../../store/store.ts';
import { fingerprint, readKeyLine, type SshPublicKey } from '../../wire/ssh/public-key.ts';
import type { CaKeys } from './ca-keys.ts';
import { createRevocations, type Revocations, type Standing } from './revocations.ts';
import { createSshIssuing, type SshIssuing } from './ssh-issuing.ts';
import {
  certificateBySerial,
  holdersOfKey,
  insertRevokedKey,
  liveCertificates,
  revokeCertificate,
  revokedKey,
  type SshCertificateRow,
} from './ssh-table.ts';
import type { KeyProblem, ListedSsh } from './ssh-words.ts';

/** Whom a certificate was made for. */
export type SshHolder =
  | { readonly kind: 'user'; readonly id: PersonId }
  | { readonly kind: 'host'; readonly id: DeviceId };

export interface SshAuthority extends SshIssuing {
  readonly keys: CaKeys;
  /** A key as somebody sent it: whether a certificate may be made for it, or whether it may be revoked. */
  readKey(
    q: Queries,
    line: string,
    wanted?: 'certify' | 'revoke',
  ): Promise<Result<SshPublicKey, KeyProblem>>;
  /** Those that are good by their time. */
  list(q: Queries, limit: number): Promise<readonly ListedSsh[]>;
  holderOf(q: Queries, serial: number): Promise<SshHolder | undefined>;
  /** Nobody, where it was certified for nobody lately. */
  holdersOfKey(q: Queries, key: SshPublicKey): Promise<readonly SshHolder[]>;
  /** False when there is none that is good. */
  revoke(tx: Tx, serial: number, by: By): Promise<boolean>;
  /** Nobody comes with this key again, whatever certificate is with it. False when it was revoked before. */
  revokeKey(tx: Tx, key: SshPublicKey, by: By): Promise<boolean>;
  krl: Revocations['list'];
}

const LEAST_RSA_BITS = 3072;

export function createSshAuthority(deps: {
  readonly store: Store;
  readonly record: Recorder;
  readonly clock: Clock;
  readonly random: Random;
  readonly keys: CaKeys;
  readonly standing: Standing;
}): SshAuthority {
  const { record, clock, keys, standing } = deps;
  const revocations = createRevocations(deps);

  return {
    ...createSshIssuing(deps),
    keys,
    krl: revocations.list,

    async readKey(q, line, wanted = 'certify') {
      const read = readKeyLine(line);
      if (!read.ok) return failed('not-a-key');
      const { key } = read.value;
      // sshd may know a weak one all the same, by somebody's authorized_keys.
      const isWeak = key.type === 'ssh-rsa' && key.bits < LEAST_RSA_BITS;
      if (isWeak && wanted === 'certify') return failed('weak-key');
      const print = fingerprint(key.blob);
      // Who signs must be nobody whom it is signed for: a CA's key as a person's would be one key for two things.
      if ((await keys.list(q)).some((one) => one.fingerprint === print)) {
        return failed('authority-key');
      }
      const isRevoked = (await q.one(revokedKey, { fingerprint: print })) !== undefined;
      return isRevoked ? failed('key-revoked') : ok(key);
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
      revocations.changed(tx);
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
      revocations.changed(tx);
      await record.append(tx, {
        type: 'ssh.key-revoked',
        outcome: 'done',
        ...by,
        data: { fingerprint: print },
      });
      return true;
    },
  };
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
