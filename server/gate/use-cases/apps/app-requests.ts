/**
 * Sign-ins that begin at an application and are answered on our pages, by whoever the application names (OpenID Connect
 * Client-Initiated Backchannel Authentication Core 1.0). Whoever can ask can also pester, so:
 *
 *   - the application shows a number, and the person has to find it among three: who did not begin this sees no number;
 *   - what holds for all that waits (approvals/approvals.ts) holds for each application by itself too, and whoever refuses one hears
 *     no more of that application for an hour;
 *   - the gate judges a yes as it judges any entry.
 *
 * From outside a name that nobody has is like one that somebody has: there is a handle and a number, and nobody answers. So
 * bounds that depend on the person are kept in silence, by showing the request to nobody; those that are told count by the
 * name as it was given. What an application learns, it learns from people's answers.
 */

import { type Clock, SECOND } from '../../../kernel/clock.ts';
import { Fault } from '../../../kernel/fault.ts';
import type { Ids, PersonId, ResourceId } from '../../../kernel/id.ts';
import { parseId } from '../../../kernel/id.ts';
import type { Random } from '../../../kernel/random.ts';
import type { Recorder } from '../../../record/record.ts';
import type { Queries, Store, Tx } from '../../../store/store.ts';
import { normaliseIdentifier } from '../../../subjects/identifier.ts';
import type { People } from '../../../subjects/people.ts';
import { titleOf } from '../../../subjects/resource-title.ts';
import type { Resources } from '../../../subjects/resources.ts';
import type { Vault } from '../../../vault/vault.ts';
import type { ApprovalConfig } from '../../approvals/approval-config.ts';
import { type ApprovalRow, notePoll } from '../../approvals/approval-table.ts';
import { createApprovals } from '../../approvals/approvals.ts';
import { type Arrival, byArrival } from '../../arrival.ts';
import { assured } from '../../demand.ts';
import type { Gate } from '../../gate.ts';
import type { LiveSession } from '../../sessions/sessions.ts';
import { numbersBeside } from '../../three-numbers.ts';
import { NOT_FOUND } from '../answered.ts';
import { type Answering, createOwnApprovals, type Refusal } from '../own-approvals.ts';
import type { Ping, TellOfAnswer } from './app-pings.ts';
import { createAppRequestRoom } from './app-request-room.ts';
import type {
  AppRequests,
  Approved,
  AskedOfPerson,
  OwnRequest,
  SeenRequest,
} from './app-request-words.ts';
import { keyOf } from './app-states.ts';
import type { AppEntered, Apps } from './app-words.ts';

/** How often the application may ask how it stands. */
export const INTERVAL = 5 * SECOND;
const SLOWEST = 60 * SECOND;
/** Who waits as long as was said must not be late by the way of the network. */
const JITTER = SECOND / 2;

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
  readonly bounds: ApprovalConfig['requests'];
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
  const { bounds } = deps;
  const approvals = createApprovals<Kept, Approved>('request', deps);
  const mine = createOwnApprovals(gate, approvals);
  const room = createAppRequestRoom({ approvals, people, clock }, bounds);
  const askedKey = (app: ResourceId, name: string) =>
    vault.blindIndex('app-request', `${app} ${normaliseIdentifier(name) ?? name}`);
  const appOf = ({ asker }: ApprovalRow) => asker as ResourceId; // Of requests.

  async function ownRequest(q: Queries, row: ApprovalRow): Promise<OwnRequest | undefined> {
    const found = await resources.get(q, appOf(row));
    if (found?.kind !== 'application') return undefined;
    const { id, created_at: createdAt, expires_at: expiresAt } = row;
    const { firstParty } = found.detail;
    return { id, app: appOf(row), title: titleOf(found), firstParty, createdAt, expiresAt };
  }

  async function seen(
    q: Queries,
    row: ApprovalRow,
    session: LiveSession,
  ): Promise<SeenRequest | undefined> {
    const own = await ownRequest(q, row);
    if (own === undefined) return undefined;
    const { scopes, apis, message, place, address, acr, numbers } = approvals.said(row);
    const may = [];
    for (const { audience, scopes: wanted } of apis) {
      const api = await resources.byAudience(q, audience);
      if (api?.kind !== 'api') continue;
      const says = api.detail.scopes.filter(({ name }) => wanted.includes(name));
      may.push({ api: api.name, says: says.map((one) => one.says) });
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

  function tellOf(row: ApprovalRow, subject: PersonId): void {
    tell({ app: appOf(row), request: row.id, subject }, approvals.said(row).ping);
  }

  /** Refuses a request for good; not found when it is answered, over or somebody else's. */
  const close = (session: string, id: string, status: Refusal, arrival: Arrival) =>
    mine.refuse(session, id, status, arrival, async (tx, { row, session: live, by }: Answering) => {
      const { subject } = live;
      const wrong = status === 'mismatched';
      await record.append(tx, {
        type: wrong ? 'app.request-mismatched' : 'app.request-disowned',
        outcome: 'refused',
        subject,
        ...by,
        reason: wrong ? 'wrong' : 'trouble',
        data: { app: appOf(row), request: row.id },
      });
      tx.afterCommit(() => tellOf(row, subject));
    });

  /** In the transaction that grants: of two answers one is first. */
  const approve =
    (row: ApprovalRow, scopes: readonly string[], arrival: Arrival) =>
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
      const answer = { status: 'approved', outcome: approved } as const;
      if (row.subject_id !== subject || !(await approvals.answer(tx, row, answer))) return false;
      await record.append(tx, {
        type: 'app.request-approved',
        outcome: 'granted',
        ...byArrival(arrival),
        subject,
        session,
        data: { app: appOf(row), request: row.id, grant },
      });
      tx.afterCommit(() => tellOf(row, subject));
      return true;
    };

  return {
    longest: bounds.time,
    tellApp: tellOf,

    async named(name) {
      const person = await store.read((q) => people.find(q, name));
      return person?.id ?? ids.next<'person'>();
    },

    room: (app, name) => store.read((q) => room.until(q, app, askedKey(app, name))),

    async ask({ app, handle, person, name, lifetime, demand, ...wanted }, arrival) {
      const now = clock.now();
      const id = approvals.newId();
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
      // Whoever is named by what is no id is nobody.
      const whom = parseId<'person'>(person) ?? ids.next<'person'>();
      return store.write(async (tx) => {
        const retryAt = await room.take(tx, app, asked);
        if (retryAt !== undefined) return { state: 'throttled', retryAt };
        const reason = await room.unseen(tx, app, whom);
        const known = reason === 'unknown-subject' ? undefined : whom;
        const { personal, ...by } = byArrival(arrival);
        await approvals.ask(tx, {
          ...{ id, key: keyOf('AppRequest', handle), asker: app, asked, said: kept },
          subject: reason === undefined ? whom : undefined,
          until: now + Math.min(lifetime, bounds.time),
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
      const row = await store.read((q) => approvals.byKey(q, keyOf('AppRequest', handle)));
      if (row === undefined || row.asker !== app) return { state: 'unknown' };
      if (row.expires_at <= now) return { state: 'expired' };
      if (row.status === 'waiting') {
        const { id, wait: before } = row;
        const since = before ?? INTERVAL;
        const early = row.polled_at !== null && now < row.polled_at + since - JITTER;
        const wait = early ? Math.min(since + INTERVAL, SLOWEST) : since;
        await store.write((tx) => tx.run(notePoll, { id, now, wait }), { durable: false });
        return { state: early ? 'slow-down' : 'pending' };
      }
      if (row.status !== 'approved') return { state: 'refused' };
      const approved = approvals.outcome(row);
      if (approved === undefined) throw new Fault('gate', 'approved, and for nothing');
      const again = { grant: approved.grant, app: appOf(row), audiences: undefined };
      const left = await apps.mayRefresh(again, arrival);
      return left === undefined
        ? { state: 'refused' }
        : { state: 'granted', ...approved, apis: left };
    },

    list: (session, arrival) => mine.list(session, arrival, ownRequest),
    look: (session, id, arrival) => mine.look(session, id, arrival, seen),

    async answer(session, id, number, arrival) {
      const read = await mine.look(session, id, arrival, async (q, row, live) => {
        const request = await seen(q, row, live);
        return request && { row, kept: approvals.said(row), request, person: live.subject };
      });
      if (read.state !== 'done') return read;
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
        { app: appOf(row), scopes, apis, demand: request.demand, askAgain: false, agreed: person },
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
