/**
 * The X.509 authority: a root, an issuing CA below it, what it issues by profile, and what tells others that something was
 * revoked. It signs what was decided elsewhere: that whoever asks may have a certificate for this subject is for the gate to say.
 *
 *     profiles.ts         what is issued: keys, uses, names, lives
 *     request-check.ts    a request, compared with what the profile will give
 *     issuing.ts          issue and renew
 *     made-keys.ts        keys for devices that can make none
 *     cas.ts              root, issuing CAs and responders: made when they are wanted
 *     judging.ts          is this certificate good? Our own by its row, others by a path to a CA in trusted.ts
 *     last-shown.ts       when one was last shown, and to which door
 *     lists.ts, ocsp.ts   what was revoked
 *     root-care.ts        the root's key, taken out and brought back; the end of an issuing CA
 *     credentials.ts      what our own TLS is served with
 */
import type { Clock } from '../../kernel/clock.ts';
import type { Ids } from '../../kernel/id.ts';
import type { OutOfReach } from '../../kernel/out-of-reach.ts';
import type { Random } from '../../kernel/random.ts';
import { failed, ok } from '../../kernel/result.ts';
import type { By, Recorder } from '../../record/record.ts';
import type { Queries, Store, Tx } from '../../store/store.ts';
import type { Vault } from '../../vault/vault.ts';
import { readRevocationList } from '../../wire/x509/revocation-list.ts';
import type { AuthorityConfig } from './authority-config.ts';
import type { Authority, RevocationReason } from './authority-words.ts';
import { raiseRevision, revisions } from './ca-table.ts';
import { createCas } from './cas.ts';
import {
  type CertificateRow,
  certificateBySerial,
  goodOfSubject,
  listCertificates,
  markRevoked,
} from './certificate-table.ts';
import { createCredentials } from './credentials.ts';
import { createDistrusted } from './distrusting.ts';
import { createEndorsements, type Endorsements } from './endorsements.ts';
import { createIssuing, told } from './issuing.ts';
import { createJudging } from './judging.ts';
import { createLastShown } from './last-shown.ts';
import { createLists } from './lists.ts';
import { createMadeKeys } from './made-keys.ts';
import { createOcsp } from './ocsp.ts';
import { createRootCare, type RootCare } from './root-care.ts';
import { createStanding, type ReadStanding } from './standing.ts';
import { createTpmKeys, type JudgeTpmKey } from './tpm-keys.ts';
import { createTrusted, type Trusted } from './trusted.ts';
import { createVouching } from './vouching.ts';
import { createWithdrawing } from './withdrawing.ts';

export interface AuthorityDeps {
  readonly store: Store;
  readonly vault: Pick<Vault, 'system' | 'subject'>;
  readonly record: Recorder;
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
  readonly outOfReach: OutOfReach;
}

export interface AuthoritySettings extends AuthorityConfig {
  /** The origin of the house: where lists are found unless the configuration says another. */
  readonly origin: () => string;
}

export interface X509Authority extends Authority {
  readonly trusted: Trusted;
  /** Whose TPM a key is that speaks of others. */
  readonly judgeTpmKey: JudgeTpmKey;
  /** Which TPM it is that holds such a key. */
  readonly endorsements: Endorsements;
  readonly rootCare: RootCare;
  /** On what it rests that a certificate was judged good. */
  readonly standing: ReadStanding;
  /** The origin at which /pki is reached. */
  address(): string;
}

export function createAuthority(deps: AuthorityDeps, settings: AuthoritySettings): X509Authority {
  const { store, vault, record, clock, random, ids } = deps;
  const { organisation, algorithm } = settings;
  const address = () => settings.address ?? settings.origin();
  const cas = createCas(
    { store, vault, record, clock, random },
    { organisation, algorithm, address },
  );
  const issuing = createIssuing({ vault, record, clock, cas, address });
  const trusted = createTrusted({ record, clock, ids, outOfReach: deps.outOfReach });
  const list = createLists({ store, clock, cas, life: settings.listsEvery });
  const hosts = () => [
    new URL(settings.origin()).hostname.replace(/^\[|\]$/g, ''),
    ...settings.names,
  ];

  async function revokeRow(
    tx: Tx,
    row: CertificateRow,
    reason: RevocationReason,
    by: By,
  ): Promise<boolean> {
    const { serial, profile } = row;
    if ((await tx.run(markRevoked, { serial, now: clock.now(), reason })) !== 1) return false;
    await tx.run(raiseRevision, { id: row.ca_id });
    const { frame, data } = told({ kind: row.subject_kind, id: row.subject_id } as Named); // From one.
    await record.append(tx, {
      type: 'certificate.revoked',
      outcome: 'done',
      ...by,
      ...frame,
      data: { serial, profile, kind: row.subject_kind, ...data, cause: reason },
    });
    return true;
  }

  async function get(q: Queries, serial: string) {
    const row = await q.one(certificateBySerial, { serial });
    return row && issuing.view(q, row);
  }

  /** The issuing CA in use, made where there is none. */
  async function current() {
    const there = await store.read((q) => cas.inUse(q));
    return there ?? store.write((tx) => cas.issuing(tx));
  }

  return {
    issue: issuing.issue,
    makeKey: createMadeKeys(),
    renew: issuing.renew,
    trusted,
    address,
    rootCare: createRootCare({ vault, record, clock, random, cas }),
    get,

    async revoke(tx, serial, reason, by) {
      const row = await tx.one(certificateBySerial, { serial });
      if (row === undefined) return failed('unknown-certificate');
      if (!(await revokeRow(tx, row, reason, by))) return failed('revoked');
      const revoked = await get(tx, serial);
      return revoked === undefined ? failed('unknown-certificate') : ok(revoked);
    },

    async revokeAll(tx, subject, reason, by) {
      let count = 0;
      for (const row of await tx.all(goodOfSubject, { subject, now: clock.now() })) {
        if (await revokeRow(tx, row, reason, by)) count += 1;
      }
      return count;
    },

    async list(q, filter) {
      const rows = await q.all(listCertificates({ ...filter, now: clock.now() }), {});
      return Promise.all(rows.map((row) => issuing.view(q, row)));
    },

    ...createLastShown(clock),
    standing: createStanding(),
    judge: createJudging({ clock, trusted }),
    judgeTpmKey: createTpmKeys({ clock, trusted }),
    endorsements: createEndorsements({ clock, random, trusted }),
    vouched: createWithdrawing({ trusted }),
    distrusted: createDistrusted(trusted),
    ...createVouching(),

    async revision(q) {
      return JSON.stringify(await q.one(revisions, {}));
    },

    async chain() {
      const ca = await current();
      const root = await store.read((q) => cas.root(q));
      return [ca, root].flatMap((each) => (each === undefined ? [] : [each.certificate.der]));
    },

    published: () =>
      store.read(async (q) =>
        (await cas.all(q)).flatMap((row) =>
          row.role === 'ocsp'
            ? []
            : {
                id: row.id,
                role: row.role,
                inUse: row.slot !== null,
                hasKey: row.secret !== null,
                certificate: row.certificate,
                notBefore: row.not_before,
                notAfter: row.not_after,
                revokedAt: row.revoked_at ?? undefined,
              },
        ),
      ),

    serverCredentials: createCredentials({ store, vault, clock, issue: issuing.issue, hosts }),

    async crl(keyId) {
      const id = keyId ?? (await store.read((q) => cas.inUse(q)))?.id;
      return id === undefined ? undefined : list(id);
    },

    async listTimes(keyId) {
      const der = await list(keyId);
      const read = der && readRevocationList(der);
      if (read === undefined) return undefined;
      const { thisUpdate, nextUpdate, revoked } = read;
      return { thisUpdate, nextUpdate, revoked: revoked.size };
    },

    ocsp: createOcsp({ store, clock, cas, life: settings.answersFor }),
  };
}

type Named = Parameters<typeof told>[0];
