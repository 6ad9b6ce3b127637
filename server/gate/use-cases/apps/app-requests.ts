/**
 * Sign-ins that begin at an application and are answered on our pages, by whoever the application names (OpenID Connect
 * Client-Initiated Backchannel Authentication Core 1.0). Whoever can ask can also pester, so:
 *
 *   - the application shows a number, and the person has to find it among three: who did not begin this sees no number, and a
 *     wrong one refuses the request for good;
 *   - a request is answered once, within five minutes, by a session whose proof was shown after it came, and the gate judges
 *     that as it judges any entry;
 *   - requests that wait are few, for each name, person and application. Whoever refuses one hears no more of that
 *     application for an hour.
 *
 * From outside a name that nobody has is like one that somebody has: there is a handle and a number, and nobody answers. So
 * bounds that depend on the person are kept in silence, by showing the request to nobody; those that are told count by the
 * name as it was given. What an application learns, it learns from people's answers.
 */

import { fromUtf8, utf8 } from '../../../kernel/bytes.ts';
import { type Clock, HOUR, MINUTE, SECOND } from '../../../kernel/clock.ts';
import { Fault } from '../../../kernel/fault.ts';
import type { Ids, PersonId, ResourceId } from '../../../kernel/id.ts';
import { parseId } from '../../../kernel/id.ts';
import type { Random } from '../../../kernel/random.ts';
import { failed, ok } from '../../../kernel/result.ts';
import type { Recorder } from '../../../record/record.ts';
import type { Queries, Store, Tx } from '../../../store/store.ts';
import { normaliseIdentifier } from '../../../subjects/identifier.ts';
import type { People } from '../../../subjects/people.ts';
import type { Resources } from '../../../subjects/resources.ts';
import type { Vault } from '../../../vault/vault.ts';
import { type Arrival, byArrival } from '../../arrival.ts';
import { assured } from '../../demand.ts';
import type { Gate } from '../../gate.ts';
import { holdAlone } from '../../holding-table.ts';
import type { LiveSession } from '../../sessions/sessions.ts';
import { numbersBeside } from '../../three-numbers.ts';
import { PORTAL, type Wish } from '../../wish.ts';
import type { NotFound } from '../answered.ts';
import type { Ping, TellOfAnswer } from './app-pings.ts';
import {
  type AppRequestId,
  type AppRequestRow,
  answerAppRequest,
  appRequestByKey,
  askedOfName,
  askedOfPerson,
  insertAppRequest,
  noteAppPoll,
  waitingOfApp,
  waitingRequest,
  waitingRequests,
} from './app-request-table.ts';
import type {
  AppRequests,
  Approved,
  AskedOfPerson,
  OwnRequest,
  SeenRequest,
} from './app-request-words.ts';
import { keyOf } from './app-states.ts';
import type { AppEntered, Apps } from './app-words.ts';

/** How long a request waits at most, and how often the application may ask how it stands. */
export const LONGEST = 5 * MINUTE;
export const INTERVAL = 5 * SECOND;
const SLOWEST = MINUTE;
/** Who waits as long as was said must not be late by the way of the network. */
const JITTER = SECOND / 2;

/** For how long what was asked counts, and a refusal holds. */
export const REMEMBERED = HOUR;
const bounds = Object.freeze({
  /** Of one application and one name, told: */
  waitingOfName: 2,
  ofName: 8,
  /** of one application, told: */
  waitingOfApp: 100,
  /** of one application and one person, whatever names it has for them, in silence: what others may ask stays free, */
  waitingOfPair: 2,
  ofPair: 8,
  /** and of one person: */
  waitingOfPerson: 3,
  ofPerson: 20,
});

const READ_SELF: Wish = { action: 'readSelf', resource: PORTAL };
const NOT_FOUND: NotFound = { code: 'not-found' };

export interface AppRequestDeps {
  readonly tell: TellOfAnswer;
  readonly gate: Pick<Gate, 'read' | 'perform'>;
  readonly apps: Pick<Apps, 'enter' | 'application' | 'mayRefresh'>;
  readonly store: Store;
  readonly resources: Pick<Resources, 'get' | 'byAudience'>;
  readonly people: Pick<People, 'find' | 'get'>;
  readonly record: Recorder;
  readonly vault: Pick<Vault, 'system' | 'blindIndex'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
}

/** What is kept of a request, sealed. */
type Kept = Pick<AskedOfPerson, 'scopes' | 'apis' | 'message' | 'place'> & {
  readonly acr?: readonly string[] | undefined;
  readonly address: string;
  readonly ping?: Ping | undefined;
  readonly number: number;
  readonly numbers: readonly number[];
};

export function createAppRequests(deps: AppRequestDeps): AppRequests {
  const { gate, apps, store, resources, people, record, vault, clock, random, ids, tell } = deps;
  const box = () => vault.system('settings');
  const place = (column: string, row: string) => ({ table: 'app_request', column, row });
  const seal = (column: string, row: string, value: object) =>
    box().seal(place(column, row), utf8(JSON.stringify(value)));
  const open = (column: string, row: string, sealed: Uint8Array): unknown =>
    JSON.parse(fromUtf8(box().open(place(column, row), sealed)));
  const keptOf = ({ id, ask }: AppRequestRow) => open('ask', id, ask) as Kept; // Sealed below alone.
  const askedKey = (app: ResourceId, name: string) =>
    vault.blindIndex('app-request', `${app} ${normaliseIdentifier(name) ?? name}`);

  /** The bounds that an application is told of; when there is room again. */
  async function fullUntil(
    q: Queries,
    app: ResourceId,
    asked: Uint8Array,
  ): Promise<number | undefined> {
    const now = clock.now();
    const ofName = await q.all(askedOfName, { asked, since: now - REMEMBERED });
    const waiting = ofName.filter((one) => one.status === 'waiting' && one.expires_at > now);
    const [oldest] = ofName;
    if (waiting.length >= bounds.waitingOfName) {
      return Math.min(...waiting.map((one) => one.expires_at));
    }
    if (oldest !== undefined && ofName.length >= bounds.ofName) {
      return oldest.created_at + REMEMBERED;
    }
    const ofApp = await q.all(waitingOfApp, { app, now });
    return ofApp.length >= bounds.waitingOfApp ? ofApp[0]?.expires_at : undefined;
  }

  /** Why a request is shown to nobody; undefined when it is shown. The same is asked for nobody, and takes as long. */
  async function unseen(tx: Tx, app: ResourceId, id: PersonId) {
    const person = await people.get(tx, id);
    tx.put(holdAlone, { id });
    const now = clock.now();
    const lately = await tx.all(askedOfPerson, { subject: id, since: now - REMEMBERED });
    if (person === undefined) return 'unknown-subject' as const;
    if (person.status !== 'active') return 'disabled' as const;
    const ofPair = lately.filter((one) => one.app_id === app);
    const waits = (one: (typeof lately)[number]) =>
      one.status === 'waiting' && one.expires_at > now;
    const isFull =
      ofPair.some(({ status }) => status === 'mismatched' || status === 'disowned') ||
      ofPair.filter(waits).length >= bounds.waitingOfPair ||
      ofPair.length >= bounds.ofPair ||
      lately.filter(waits).length >= bounds.waitingOfPerson ||
      lately.length >= bounds.ofPerson;
    return isFull ? ('too-many' as const) : undefined;
  }

  async function ownRequest(q: Queries, row: AppRequestRow): Promise<OwnRequest | undefined> {
    const found = await resources.get(q, row.app_id);
    if (found?.kind !== 'application') return undefined;
    const { id, app_id: app, created_at: createdAt, expires_at: expiresAt } = row;
    const { title, firstParty } = found.detail;
    return { id, app, title: title ?? found.name, firstParty, createdAt, expiresAt };
  }

  async function seen(
    q: Queries,
    row: AppRequestRow,
    session: LiveSession,
  ): Promise<SeenRequest | undefined> {
    const own = await ownRequest(q, row);
    if (own === undefined) return undefined;
    const { scopes, apis, message, place, address, acr, numbers } = keptOf(row);
    const may = [];
    for (const { audience, scopes: wanted } of apis) {
      const api = await resources.byAudience(q, audience);
      if (api?.kind !== 'api') continue;
      const says = api.detail.scopes.filter(({ name }) => wanted.includes(name));
      if (says.length > 0) may.push({ api: api.name, says: says.map((one) => one.says) });
    }
    // Of a proof that was shown before, nobody knows whether it was for this.
    const demand = { since: own.createdAt, ...(acr === undefined ? {} : { acr }) };
    const fresh = assured(session.shown, clock.now(), demand) !== undefined;
    return {
      ...own,
      ...{ scopes, apis, may, message, place, address, demand },
      numbers: fresh ? numbers : [],
    };
  }

  async function waitingFor(q: Queries, id: string, subject: PersonId) {
    // Compared with ids of ours.
    return q.one(waitingRequest, { id: id as AppRequestId, subject, now: clock.now() });
  }

  function tellOf(row: AppRequestRow, subject: PersonId): void {
    tell({ app: row.app_id, request: row.id, subject }, keptOf(row).ping);
  }

  /** Refuses a request for good; not found when it is answered, over or somebody else's. */
  const close = (
    session: string,
    id: string,
    status: 'mismatched' | 'disowned',
    arrival: Arrival,
  ) =>
    gate.perform(session, READ_SELF, arrival, async (tx, { session: { subject }, by }) => {
      const row = await waitingFor(tx, id, subject);
      if (row === undefined) return failed(NOT_FOUND);
      const answer = { id: row.id, subject, status, outcome: null, now: clock.now() };
      if ((await tx.run(answerAppRequest, answer)) !== 1) return failed(NOT_FOUND);
      const wrong = status === 'mismatched';
      await record.append(tx, {
        type: wrong ? 'app.request-mismatched' : 'app.request-disowned',
        outcome: 'refused',
        subject,
        ...by,
        reason: wrong ? 'wrong' : 'trouble',
        data: { app: row.app_id, request: row.id },
      });
      tx.afterCommit(() => tellOf(row, subject));
      return ok(undefined);
    });

  /** In the transaction that grants: of two answers one is first. */
  const approve =
    (row: AppRequestRow, scopes: readonly string[], arrival: Arrival) =>
    async (tx: Tx, entered: AppEntered): Promise<boolean> => {
      const { person: subject, grant, until, authTime, acr, amr, apis, session } = entered;
      const approved: Approved = {
        person: subject,
        grant,
        until,
        authTime,
        acr,
        amr,
        apis,
        scopes,
      };
      const outcome = seal('outcome', row.id, approved);
      const answer = { id: row.id, subject, status: 'approved', outcome } as const;
      if ((await tx.run(answerAppRequest, { ...answer, now: clock.now() })) !== 1) return false;
      await record.append(tx, {
        type: 'app.request-approved',
        outcome: 'granted',
        ...byArrival(arrival),
        subject,
        session,
        data: { app: row.app_id, request: row.id, grant },
      });
      tx.afterCommit(() => tellOf(row, subject));
      return true;
    };

  return {
    async named(name) {
      const person = await store.read((q) => people.find(q, name));
      return person?.id ?? ids.next<'person'>();
    },

    room: (app, name) => store.read((q) => fullUntil(q, app, askedKey(app, name))),

    async ask({ app, handle, person, name, lifetime, demand, ...wanted }, arrival) {
      const now = clock.now();
      const id: AppRequestId = ids.next();
      const asked = askedKey(app, name);
      const numbers = numbersBeside(random, wanted.message ?? '');
      const number = numbers.right;
      const { scopes, apis, message, place, token } = wanted;
      const { address } = arrival;
      const kept: Kept = {
        ...{ scopes, apis, message, place, address, number, numbers: numbers.all },
        ping: token === undefined ? undefined : { handle, token },
        acr: demand.acr,
      };
      const ask = seal('ask', id, kept);
      // Whoever is named by what is no id is nobody.
      const whom = parseId<'person'>(person) ?? ids.next<'person'>();
      return store.write(async (tx) => {
        tx.put(holdAlone, { id: app });
        const retryAt = await fullUntil(tx, app, asked);
        if (retryAt !== undefined) return { state: 'throttled', retryAt };
        const reason = await unseen(tx, app, whom);
        const known = reason === 'unknown-subject' ? undefined : whom;
        const { personal, ...by } = byArrival(arrival);
        await tx.run(insertAppRequest, {
          ...{ id, key: keyOf('AppRequest', handle), app_id: app, asked, ask },
          subject_id: reason === undefined ? whom : null,
          created_at: now,
          expires_at: now + Math.min(lifetime, LONGEST),
          wait: INTERVAL,
        });
        await record.append(tx, {
          type: 'app.requested',
          outcome: reason === undefined ? 'challenged' : 'refused',
          ...by,
          ...(reason === undefined ? {} : { reason }),
          ...(known === undefined
            ? { personal: { ...personal, identifier: name.slice(0, 320) } }
            : { personal, subject: known }),
          data: { app, request: id },
        });
        return { state: 'asked', number };
      });
    },

    async poll(handle, app, arrival) {
      const now = clock.now();
      const key = keyOf('AppRequest', handle);
      const row = await store.read((q) => q.one(appRequestByKey, { key }));
      if (row === undefined || row.app_id !== app) return { state: 'unknown' };
      if (row.expires_at <= now) return { state: 'expired' };
      if (row.status === 'waiting') {
        const early = row.polled_at !== null && now < row.polled_at + row.wait - JITTER;
        const wait = early ? Math.min(row.wait + INTERVAL, SLOWEST) : row.wait;
        await store.write((tx) => tx.run(noteAppPoll, { key, now, wait }), { durable: false });
        return { state: early ? 'slow-down' : 'pending' };
      }
      if (row.status !== 'approved') return { state: 'refused' };
      if (row.outcome === null) throw new Fault('gate', 'approved, and for nothing');
      const approved = open('outcome', row.id, row.outcome) as Approved; // Sealed by `approve` alone.
      const again = { grant: approved.grant, app: row.app_id, audiences: undefined };
      const left = await apps.mayRefresh(again, arrival);
      return left === undefined
        ? { state: 'refused' }
        : { state: 'granted', ...approved, apis: left };
    },

    list: (session, arrival) =>
      gate.read(session, READ_SELF, arrival, async (q, { subject }) => {
        const rows = await q.all(waitingRequests, { subject, now: clock.now() });
        const own = await Promise.all(rows.map((row) => ownRequest(q, row)));
        return own.filter((one) => one !== undefined);
      }),

    async look(session, id, arrival) {
      const read = await gate.read(session, READ_SELF, arrival, async (q, live) => {
        const row = await waitingFor(q, id, live.subject);
        return row && seen(q, row, live);
      });
      if (read.state !== 'done') return read;
      return read.value === undefined
        ? { state: 'failed', error: NOT_FOUND }
        : { state: 'done', value: read.value };
    },

    async answer(session, id, number, arrival) {
      const read = await gate.read(session, READ_SELF, arrival, async (q, live) => {
        const row = await waitingFor(q, id, live.subject);
        const request = row && (await seen(q, row, live));
        return request && { row, kept: keptOf(row), request, person: live.subject };
      });
      if (read.state !== 'done') return read;
      if (read.value === undefined) return { state: 'failed', error: NOT_FOUND };
      const { row, kept, request, person } = read.value;
      // Who has shown no proof for it has seen no numbers.
      if (request.numbers.length === 0) return { state: 'wanting', request };
      if (number !== kept.number) {
        const closed = await close(session, id, 'mismatched', arrival);
        return closed.state === 'done' ? { state: 'done', value: 'mismatched' } : closed;
      }
      const { scopes, apis } = kept;
      const entry = await apps.enter(
        session,
        { app: row.app_id, scopes, apis, demand: request.demand, askAgain: false, agreed: person },
        arrival,
        approve(row, scopes, arrival),
      );
      switch (entry.state) {
        case 'entered':
          return { state: 'done', value: 'approved' };
        case 'refused':
          return entry;
        case 'challenged':
          return { state: 'wanting', request };
        case 'consent': // It is somebody else by now.
        case 'over':
          return { state: 'failed', error: NOT_FOUND };
      }
    },

    disown: (session, id, arrival) => close(session, id, 'disowned', arrival),
  };
}
