/**
 * How a person who is signed in here comes to be known at a site that stands behind a proxy, on a name of its own:
 *
 *   begin    judged by the gate as `enter`; the browser gets a ticket for one host, good once and for a moment
 *   open     the site's host brings the ticket, and what it gave the browser before; it gets the cookie, in place of the one before.
 *            Shown by another browser, the ticket is spent all the same
 *   leave    whoever leaves the site ends the session, and with it every entry that rests on it
 *
 * A ticket or a cookie is of no use at another host than its own, nor after its session or its grant has ended. And a cookie is for a
 * while: the browser comes by for another, and shows the key that its session is bound to (bound-sessions.ts), which no copy of a
 * cookie can. From then on the one before is worth nothing, whoever has it.
 */
import { utf8 } from '../../../kernel/bytes.ts';
import { type Clock, MINUTE, SECOND } from '../../../kernel/clock.ts';
import { sha256 } from '../../../kernel/digest.ts';
import { equal } from '../../../kernel/equal.ts';
import type { Id, Ids, PersonId } from '../../../kernel/id.ts';
import type { Random } from '../../../kernel/random.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import type { Counter } from '../../../record/counter.ts';
import type { Recorder } from '../../../record/record.ts';
import type { Store, Tx } from '../../../store/store.ts';
import type { Resource } from '../../../subjects/resource.ts';
import type { Resources } from '../../../subjects/resources.ts';
import { type Arrival, byArrival } from '../../arrival.ts';
import { type EntryAsOutcome, Unmade } from '../../entry/entering.ts';
import { insertGrant } from '../../entry/grant-table.ts';
import type { Gate } from '../../gate.ts';
import { hashSecret, mintToken, parseToken, tokenMatches } from '../../sessions/token.ts';
import { createBuckets } from '../../throttles/buckets.ts';
import {
  insertSiteEntry,
  openSiteEntry,
  replaceSiteEntry,
  type SiteEntryRow,
  siteEntryById,
  siteEntryForCheck,
  spendSiteTicket,
} from './site-entry-table.ts';

export interface SiteWanted {
  readonly host: string;
  readonly method: string;
  /** Before the query, as it was sent. */
  readonly path: string;
  /** Where to go once there: a path and query at that host. */
  readonly back: string;
  /** SHA-256 of what the site gave the browser. */
  readonly way: Uint8Array;
}

export interface Opened {
  /** The cookie's value. */
  readonly token: string;
  readonly back: string;
}

export interface SiteEntries {
  begin(session: string, wanted: SiteWanted, arrival: Arrival): Promise<EntryAsOutcome<string>>;
  /** All that is wrong with a ticket looks alike. */
  open(
    ticket: string,
    /** What the browser has from the site; undefined where it has nothing. */
    way: string | undefined,
    host: string,
    arrival: Arrival,
    /** The cookie that the browser has from before. */
    former: string | undefined,
  ): Promise<Result<Opened, 'not-good'>>;
  leave(token: string, host: string, arrival: Arrival): Promise<void>;
}

const TICKET = MINUTE;
/** How long a cookie is still good that was replaced: for what the same browser had under way. */
const REPLACED = 30 * SECOND;
/**
 * Tickets within a minute, for each person and for all: each is two rows and an event, and a browser that asks gets another. One that
 * opens all its tabs of yesterday asks for as many.
 */
const TICKETS = { each: 200, all: 60_000 };
/** Of tickets that are no good, within a minute: these are on record each, and what is beyond them is counted. */
const BAD_TICKETS = { each: 20, all: 200 };

type Ticket = { readonly text: string } | { readonly retryAt: number };

export function createSiteEntries(
  deps: {
    readonly gate: Pick<Gate, 'enterAs' | 'sessions'>;
    readonly store: Store;
    readonly record: Recorder;
    readonly counter: Pick<Counter, 'count'>;
    readonly resources: Pick<Resources, 'byHost'>;
    readonly clock: Clock;
    readonly random: Random;
    readonly ids: Ids;
  },
  lifetime: number,
): SiteEntries {
  const { gate, store, record, counter, resources, clock, random, ids } = deps;
  const tickets = createBuckets(clock, TICKETS);
  const badTickets = createBuckets(clock, BAD_TICKETS);

  function countRefused({ id }: Resource, subject: PersonId | undefined, { door }: Arrival): void {
    counter.count({
      type: 'decision.counted',
      outcome: 'refused',
      subject,
      door,
      action: 'enter',
      resource: { kind: 'site', id },
    });
  }

  function lifetimeAt({ kind, detail }: Resource): number {
    const own = kind === 'site' ? detail.cookieSeconds : null;
    return own ? own * SECOND : lifetime; // Those added before it could be said have none.
  }

  async function replace(tx: Tx, text: string, host: string): Promise<void> {
    const former = parseToken('site', text);
    const row = former && (await tx.one(siteEntryById, { id: former.id }));
    if (former === undefined || row?.secret_hash == null || row.host !== host) return;
    if (!tokenMatches(former, row.secret_hash)) return;
    const now = clock.now();
    await tx.run(replaceSiteEntry, { id: row.id, now, until: now + REPLACED });
  }

  return {
    async begin(session, wanted, arrival) {
      const { host, method, path, back, way } = wanted;
      const target = { host, method, path };
      const entry = { resource: target, scopes: [] };
      const begun = await gate.enterAs<Ticket>(session, entry, arrival, async (tx, entered) => {
        const now = clock.now();
        const { grant, resource, session: live, scopes, proofs, epoch } = entered;
        const retryAt = tickets.take(live.subject);
        if (retryAt !== undefined) {
          countRefused(resource, live.subject, arrival);
          return new Unmade({ retryAt });
        }
        const expiresAt = Math.min(now + lifetimeAt(resource), live.expiresAt);
        const minted = mintToken('ticket', ids, random);
        tx.put(insertGrant, {
          id: grant,
          kind: 'person',
          subject_id: live.subject,
          epoch,
          client_id: resource.id,
          resource_id: resource.id,
          scopes: scopes.join(' '),
          proofs: JSON.stringify(proofs),
          confirmation: null,
          parent_id: null,
          session_id: live.id,
          created_at: now,
          expires_at: expiresAt,
          ended_at: null,
        });
        tx.put(insertSiteEntry, {
          id: minted.id,
          ticket_hash: minted.hash,
          way_hash: way,
          host,
          resource_id: resource.id,
          subject_id: live.subject,
          session_id: live.id,
          grant_id: grant,
          back,
          ticket_until: now + TICKET,
          expires_at: expiresAt,
        });
        return { text: minted.text };
      });
      if (begun.state !== 'granted') return begun;
      const { value } = begun;
      return 'text' in value
        ? { ...begun, value: value.text }
        : { state: 'refused', reason: 'throttled', ...value };
    },

    async open(text, way, host, arrival, former) {
      const ticket = parseToken('ticket', text);
      if (ticket === undefined) return failed('not-good');
      const ticketHash = hashSecret(ticket.secret);
      const wayHash = way === undefined ? undefined : sha256(utf8(way));
      const isOfHost = (row: SiteEntryRow | undefined): row is SiteEntryRow =>
        row !== undefined && equal(ticketHash, row.ticket_hash) && row.host === host;
      const isOfBrowser = (row: SiteEntryRow) =>
        wayHash !== undefined && equal(wayHash, row.way_hash);
      // Anyone may come with anything: it is read before it is written of, and what nobody was ever given is counted alone.
      const { site, known } = await store.read(async (q) => {
        const found = await resources.byHost(q, host);
        if (found?.kind !== 'site') return { site: undefined, known: undefined };
        return { site: found, known: await q.one(siteEntryById, { id: ticket.id }) };
      });
      if (site === undefined) return failed('not-good');
      const fresh = isOfHost(known) && known.used_at === null && known.ticket_until > clock.now();
      if (known === undefined || (!fresh && badTickets.take(arrival.network) !== undefined)) {
        countRefused(site, undefined, arrival);
        return failed('not-good');
      }
      const cookie = mintToken(
        'site',
        { next: <K extends string>() => ticket.id as string as Id<K> },
        random,
      ); // One row is both.
      return store.write(async (tx) => {
        const row = await tx.one(siteEntryById, { id: ticket.id });
        const shown = isOfHost(row);
        const right = shown && isOfBrowser(row);
        const now = clock.now();
        const opened =
          right && (await tx.run(openSiteEntry, { id: ticket.id, secret: cookie.hash, now })) === 1;
        // Whoever sent this browser here with a ticket for their own may read it where the site keeps its addresses: it is spent.
        if (shown && !right) await tx.run(spendSiteTicket, { id: ticket.id, now });
        if (opened && former !== undefined) await replace(tx, former, host);
        await record.append(tx, {
          type: 'proxy.entry-opened',
          outcome: opened ? 'granted' : 'refused',
          ...byArrival(arrival),
          ...(row === undefined ? {} : { subject: row.subject_id, session: row.session_id }),
          ...(opened ? {} : { reason: reasonOf(row, right, now) }),
          data: { host: host.slice(0, 128) },
        });
        return opened ? ok({ token: cookie.text, back: row.back }) : failed('not-good');
      });
    },

    async leave(text, host, arrival) {
      const token = parseToken('site', text);
      if (token === undefined) return;
      await store.write(async (tx) => {
        const row = await tx.one(siteEntryForCheck, { id: token.id });
        if (
          row?.secret_hash == null ||
          !tokenMatches(token, row.secret_hash) ||
          row.host !== host
        ) {
          return;
        }
        if (!(await gate.sessions.end(tx, row.session_id))) return;
        await record.append(tx, {
          type: 'session.ended',
          outcome: 'done',
          ...byArrival(arrival),
          subject: row.subject_id,
          session: row.session_id,
          reason: 'asked',
        });
      });
    },
  };
}

function reasonOf(
  row: { readonly used_at: number | null; readonly ticket_until: number } | undefined,
  right: boolean,
  now: number,
) {
  if (row === undefined || !right) return 'wrong' as const;
  return row.used_at !== null ? ('used' as const) : row.ticket_until <= now ? 'expired' : 'wrong';
}
