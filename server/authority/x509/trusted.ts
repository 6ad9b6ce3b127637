/**
 * CAs of others that are trusted: each under a name, for certain kinds of subjects, with the certificates of its chain as they were
 * imported. Whether that is a root or stands below one makes no difference: a path leads to any of them (trusted-path.ts). Where a
 * revocation list was imported, there has to be one that is new enough, or nothing of that CA is let in.
 */
import { Buffer } from 'node:buffer';
import type { TrustedKind } from '@sallyport/contract/certificates.ts';
import { type Clock, MINUTE } from '../../kernel/clock.ts';
import { Fault } from '../../kernel/fault.ts';
import type { Ids } from '../../kernel/id.ts';
import type { OutOfReach } from '../../kernel/out-of-reach.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import type { By, Recorder } from '../../record/record.ts';
import type { Queries, Tx } from '../../store/store.ts';
import { whenCommitted } from '../../store/when-committed.ts';
import { readDer } from '../../wire/der/der-reader.ts';
import { type Certificate, readCertificate, same } from '../../wire/x509/certificate.ts';
import { extensions } from '../../wire/x509/oids.ts';
import { readRevocationList } from '../../wire/x509/revocation-list.ts';
import type { JudgedReason } from './authority-words.ts';
import { caKey, type Use, worseOf } from './certificate-rules.ts';
import { createDistrusting, type Distrusting } from './distrusting.ts';
import {
  eachOnce,
  idOf,
  pathTo,
  signedList,
  type TrustedView,
  type Vouched,
} from './trusted-path.ts';
import {
  deleteTrusted,
  deleteTrustedLists,
  deleteTrustedSources,
  insertSource,
  insertTrusted,
  putTrustedList,
  raiseTrusted,
  sourcesOf,
  type TrustedRow,
  trustedByName,
  trustedLists,
  trustedRows,
  trustedVersions,
} from './trusted-table.ts';

export type { TrustedView } from './trusted-path.ts';

export type TrustError =
  | { readonly code: 'malformed'; readonly detail: string }
  | { readonly code: 'name-taken' }
  | { readonly code: 'not-a-ca'; readonly detail: string }
  | { readonly code: 'not-found' }
  /** A list that nobody of that name signed, that is older than the one that is here, or that is of a time to come. */
  | { readonly code: 'foreign-list' }
  | { readonly code: 'old-list' }
  | { readonly code: 'early-list' };

/** How far the clock of whoever issues a list may be ahead of ours. */
const CLOCKS_APART = 5 * MINUTE;

export interface NewTrust {
  readonly name: string;
  readonly trustedFor: readonly TrustedKind[];
  /** DER, in any order. */
  readonly certificates: readonly Uint8Array[];
  /** Whether nothing of it is let in before a revocation list is here. */
  readonly wantsList?: boolean | undefined;
  /** Where its lists are published: they are fetched there, and nothing of it is let in before the first is here. */
  readonly listUrls?: readonly string[] | undefined;
}

export interface Trusted {
  add(tx: Tx, trust: NewTrust, by: By): Promise<Result<TrustedView, TrustError>>;
  importList(
    tx: Tx,
    name: string,
    der: Uint8Array,
    by: By,
  ): Promise<Result<TrustedView, TrustError>>;
  remove(tx: Tx, name: string, by: By): Promise<boolean>;
  list(q: Queries): Promise<readonly TrustedView[]>;
  /** Who vouches for a certificate that was found sound by itself. */
  judge(
    q: Queries,
    leaf: Certificate,
    sent: readonly Certificate[],
    use: Use,
  ): Promise<Vouched | { readonly reason: JudgedReason }>;
  /** Whether a CA was trusted and is not any more, or the one above it. */
  isDistrusted: Distrusting['isDistrusted'];
}

export interface TrustedDeps {
  readonly record: Recorder;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly outOfReach: OutOfReach;
}

const MOST_CERTIFICATES = 32;
const MOST_URLS = 8;
const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,63}$/u;

export function createTrusted({ record, clock, ids, outOfReach }: TrustedDeps): Trusted {
  let remembered: { readonly versions: string; readonly views: readonly TrustedView[] } | undefined;

  async function views(q: Queries): Promise<readonly TrustedView[]> {
    const rows = await q.all(trustedVersions, {});
    const versions = rows.map(({ id, version }) => `${id}:${version}`).join();
    if (remembered?.versions === versions) return remembered.views;
    const found: TrustedView[] = [];
    for (const row of await q.all(trustedRows, {})) found.push(await viewOf(q, row));
    whenCommitted(q, () => {
      remembered = { versions, views: found };
    });
    return found;
  }

  const distrusting = createDistrusting(views);

  async function viewOf(q: Queries, row: TrustedRow): Promise<TrustedView> {
    const lists = await q.all(trustedLists, { id: row.id });
    return {
      id: row.id,
      version: row.version,
      name: row.name,
      trustedFor: JSON.parse(row.trusted_for) as TrustedKind[], // Written by `add` alone.
      certificates: (readDer(row.certificates) ?? []).map(({ whole }) =>
        sound(readCertificate(whole)),
      ),
      wantsList: row.wants_crl === 1,
      lists: lists.map(({ issuer_id, crl }) => ({
        issuer: issuer_id,
        list: sound(readRevocationList(crl)),
      })),
      listUrls: (await q.all(sourcesOf, { id: row.id })).map(({ url }) => url),
      addedAt: row.added_at,
      notAfter: row.not_after,
    };
  }

  async function judge(
    q: Queries,
    leaf: Certificate,
    sent: readonly Certificate[],
    use: Use,
  ): Promise<Vouched | { readonly reason: JudgedReason }> {
    let reason: JudgedReason = 'unknown-authority';
    const all = await views(q);
    const signature = eachOnce();
    for (const view of all) {
      // Makers of TPMs vouch for keys in them, and for nobody who comes here.
      const ofTpm = use === 'tpm' || use === 'endorsement';
      if (!view.trustedFor.some((kind) => (kind === 'tpm') === ofTpm)) continue;
      const found = pathTo(view, all, leaf, sent, use, clock.now(), signature);
      if ('by' in found) return found;
      reason = worseOf(reason, found.reason);
    }
    return { reason };
  }

  async function add(tx: Tx, trust: NewTrust, by: By): Promise<Result<TrustedView, TrustError>> {
    if (!NAME.test(trust.name) || trust.name === 'own') {
      return failed({
        code: 'malformed',
        detail: 'a name has letters, digits, spaces, dots and dashes',
      });
    }
    const urls = [...new Set(trust.listUrls ?? [])];
    if (urls.length > MOST_URLS || !urls.every(isListUrl)) {
      return failed({ code: 'malformed', detail: 'lists are fetched from addresses of http://' });
    }
    const unreachable = urls.map(outOfReach).find((why) => why !== undefined);
    if (unreachable !== undefined) return failed({ code: 'malformed', detail: unreachable });
    const { length } = trust.certificates;
    if (length === 0 || length > MOST_CERTIFICATES) {
      return failed({ code: 'malformed', detail: `${length} certificates` });
    }
    const certificates: Certificate[] = [];
    for (const der of trust.certificates) {
      const certificate = readCertificate(der);
      if (certificate === undefined) {
        return failed({ code: 'malformed', detail: 'one of the certificates' });
      }
      const who = certificate.commonName ?? 'one of the certificates';
      if (!certificate.constraints.ca || caKey(certificate) === undefined) {
        return failed({ code: 'not-a-ca', detail: who });
      }
      if (!certificates.some((known) => same(known.der, der))) certificates.push(certificate);
    }
    const id = ids.next<'trusted'>();
    const inserted = await tx.run(insertTrusted, {
      id,
      name: trust.name,
      trustedFor: JSON.stringify([...new Set(trust.trustedFor)].sort()),
      certificates: Buffer.concat(certificates.map(({ der }) => der)),
      wantsCrl: trust.wantsList || urls.length > 0 ? 1 : 0,
      now: clock.now(),
      notAfter: Math.max(...certificates.map(({ notAfter }) => notAfter)),
    });
    if (inserted !== 1) return failed({ code: 'name-taken' });
    for (const url of urls) await tx.run(insertSource, { id, url, now: clock.now() });
    await distrusting.trust(tx, certificates);
    const data = {
      name: trust.name,
      for: [...trust.trustedFor],
      certificates: certificates.length,
    };
    await record.append(tx, { type: 'authority.trusted', outcome: 'done', ...by, data });
    return ok(sound(await byName(tx, trust.name)));
  }

  async function byName(q: Queries, name: string): Promise<TrustedView | undefined> {
    const row = await q.one(trustedByName, { name });
    return row && viewOf(q, row);
  }

  async function importList(
    tx: Tx,
    name: string,
    der: Uint8Array,
    by: By,
  ): Promise<Result<TrustedView, TrustError>> {
    const view = await byName(tx, name);
    if (view === undefined) return failed({ code: 'not-found' });
    const list = readRevocationList(der);
    if (list === undefined) return failed({ code: 'malformed', detail: 'it is no list in DER' });
    const beyond = list.critical.filter((type) => type !== extensions.reasonCode);
    if (list.nextUpdate === undefined || beyond.length > 0) {
      const detail = 'it says no next update, or is only a part of a list';
      return failed({ code: 'malformed', detail });
    }
    const signer = view.certificates.find((ca) => signedList(list, ca));
    if (signer === undefined) return failed({ code: 'foreign-list' });
    const issuer = idOf(signer);
    const now = clock.now();
    const known = view.lists.find((each) => each.issuer === issuer);
    // An older one would give back what was revoked since.
    if (list.nextUpdate <= now || (known && known.list.thisUpdate > list.thisUpdate)) {
      return failed({ code: 'old-list' });
    }
    // RFC 5280 §5.1.2.4: it is of the date on which it was issued. One of a time to come would keep out all that are issued until then.
    if (list.thisUpdate > now + CLOCKS_APART) return failed({ code: 'early-list' });
    const { thisUpdate, nextUpdate } = list;
    await tx.run(putTrustedList, { id: view.id, issuer, crl: der, thisUpdate, nextUpdate, now });
    await tx.run(raiseTrusted, { id: view.id });
    const data = { name, revoked: list.revoked.size, until: nextUpdate };
    await record.append(tx, { type: 'authority.list-imported', outcome: 'done', ...by, data });
    return ok(sound(await byName(tx, name)));
  }

  return {
    add,
    importList,
    judge,
    list: views,
    isDistrusted: distrusting.isDistrusted,
    async remove(tx, name, by) {
      const row = await tx.one(trustedByName, { name });
      if (row === undefined) return false;
      const { certificates } = await viewOf(tx, row);
      await tx.run(deleteTrustedLists, { id: row.id });
      await tx.run(deleteTrustedSources, { id: row.id });
      await tx.run(deleteTrusted, { id: row.id });
      await distrusting.distrust(tx, certificates);
      await record.append(tx, {
        type: 'authority.untrusted',
        outcome: 'done',
        ...by,
        data: { name },
      });
      return true;
    },
  };
}

function sound<T>(value: T | undefined): T {
  if (value === undefined) throw new Fault('authority', 'a trusted authority is damaged');
  return value;
}

/** A list is signed, and HTTPS would want a list of its own to be judged by (RFC 5280 §8). */
function isListUrl(text: string): boolean {
  if (text.length > 1024 || !URL.canParse(text)) return false;
  const { protocol, username, password, hash } = new URL(text);
  return protocol === 'http:' && username === '' && password === '' && hash === '';
}
