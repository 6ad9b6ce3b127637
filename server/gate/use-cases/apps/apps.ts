/**
 * Applications that people sign in to: letting someone into one, what it may do for them from then on, and its end.
 *
 *   enter       the gate lets them in at each API that is asked for, and then, in one transaction, at the application: their proofs are
 *               worth what it demands, they have said yes, and a grant is made; or none of it is
 *   agree       what they said yes to, word by word: what was not among it is asked anew
 *   mayRefresh  whoever was let in before is judged again, as they are now, and may be left with less
 *   revoke      the grants end, and with them every token that rests on one (own-apps.ts)
 *
 * A grant lasts as long as the session, or for a while after it where they agreed to that. What comes of a code or a token that is
 * shown twice is the same as of a revocation: nobody can tell which of the two was theirs.
 */
import { type Clock, DAY, MINUTE, SECOND } from '../../../kernel/clock.ts';
import { type PersonId, parseId } from '../../../kernel/id.ts';
import { ok } from '../../../kernel/result.ts';
import { listHeld } from '../../../proofs/held-proofs.ts';
import type { Counter } from '../../../record/counter.ts';
import type { Recorder } from '../../../record/record.ts';
import type { Queries, Store } from '../../../store/store.ts';
import { COMMAND_LINE } from '../../../subjects/built-in.ts';
import type { People } from '../../../subjects/people.ts';
import { titleOf } from '../../../subjects/resource-title.ts';
import type { Resources } from '../../../subjects/resources.ts';
import { type Arrival, byArrival } from '../../arrival.ts';
import { assured, wouldDo } from '../../demand.ts';
import { Unmade } from '../../entry/entering.ts';
import { endGrant, type GrantId, grantForCheck, insertGrant } from '../../entry/grant-table.ts';
import type { Gate } from '../../gate.ts';
import type { ProofModules } from '../../gate-deps.ts';
import { presentable } from '../../judge.ts';
import { bounded, writeShown } from '../../shown.ts';
import { createSeldom } from '../../throttles/seldom.ts';
import { createTellOrCount } from '../../throttles/tell-or-count.ts';
import { READ_SELF } from '../../wish.ts';
import { appState } from './app-state-table.ts';
import { type AppStates, keyOf } from './app-states.ts';
import type { AppAsk, AppEntered, AppEntry, Application, AppPerson, Apps } from './app-words.ts';
import { createDeviceCodes } from './device-codes.ts';
import { apisIn, wordsOf } from './granted-words.ts';
import { applicationOf, consentId, createOwnApps } from './own-apps.ts';
import { faceOf } from './registration/own-words.ts';
import type { SubjectOf } from './subject-of.ts';

export interface AppsDeps {
  readonly gate: Pick<Gate, 'read' | 'perform' | 'enter' | 'enterAs' | 'enterAgain' | 'placeFor'>;
  readonly store: Store;
  readonly states: AppStates;
  readonly resources: Pick<Resources, 'find' | 'get' | 'byAudience'>;
  readonly people: People;
  readonly proofs: ProofModules;
  readonly record: Recorder;
  readonly counter: Pick<Counter, 'count'>;
  readonly subjectOf: SubjectOf;
  readonly clock: Clock;
}

/** How long an application may act for someone who is away, without their coming back. */
const OFFLINE = 90 * DAY;
const CONSENT = 365 * DAY;
const OFFLINE_SCOPE = 'offline_access';

interface JudgedApis {
  readonly apis: AppEntered['apis'];
  /** Of whom each was judged: the same, unless they became another meanwhile. */
  readonly epochs: readonly number[];
}

export function createApps(deps: AppsDeps): Apps {
  const { gate, store, states, resources, people, record, clock, proofs: modules } = deps;
  const tellOrCount = createTellOrCount(deps, createSeldom(clock, MINUTE));

  async function personOf(q: Queries, id: string): Promise<AppPerson | undefined> {
    const known = parseId<'person'>(id);
    const person = known && (await people.get(q, known));
    if (person?.status !== 'active') return undefined;
    const profile = await people.profile(q, person);
    return {
      id: person.id,
      identifier: profile?.identifier ?? '',
      displayName: profile?.displayName ?? '',
      email: profile?.email ?? null,
      groups: person.groups,
    };
  }

  async function agreedBefore(
    q: Queries,
    person: PersonId,
    ask: AppAsk,
    app: Application,
  ): Promise<boolean> {
    const row = await q.one(appState, { key: keyOf('Consent', consentId(person, ask.app)) });
    if (row === undefined || row.expires_at <= clock.now()) return false;
    const found = await states.find('Consent', consentId(person, ask.app));
    const held = new Set((found?.payload.words ?? []) as string[]); // Written by `agree` alone.
    // What calls itself otherwise, or answers elsewhere, is not what they agreed to.
    const { face } = found?.payload ?? {};
    if (face !== undefined && face !== faceOf(app)) return false;
    return wordsOf(ask).every((word) => held.has(word));
  }

  async function enterApis(
    session: string,
    ask: AppAsk,
    arrival: Arrival,
  ): Promise<JudgedApis | Exclude<AppEntry, AppEntered>> {
    const apis = [];
    const epochs: number[] = [];
    for (const { audience, scopes } of ask.apis) {
      const outcome = await gate.enterAs(session, { resource: { audience }, scopes }, arrival);
      if (outcome.state === 'challenged') {
        return { state: 'challenged', person: outcome.session.subject };
      }
      if (outcome.state === 'refused') return outcome;
      epochs.push(outcome.entered.epoch);
      apis.push({ audience, scopes: outcome.entered.scopes });
    }
    return { apis, epochs };
  }

  return {
    states,
    ...createOwnApps(deps),
    deviceCodes: createDeviceCodes(deps),
    commandLine: COMMAND_LINE,

    application: (id) => store.read(async (q) => applicationOf(await resources.find(q, id))),

    api: (audience) =>
      store.read(async (q) => {
        const found = await resources.byAudience(q, audience);
        if (found?.kind !== 'api') return undefined;
        const { id, detail } = found;
        return { id, title: titleOf(found), audience: detail.audience, scopes: detail.scopes };
      }),

    person: (id) => store.read((q) => personOf(q, id)),

    subjectOf: deps.subjectOf,

    place: (arrival) => gate.placeFor('authorize', arrival),

    async whoIs(session, arrival) {
      const who = await gate.read(session, READ_SELF, arrival, (q, { subject }) =>
        personOf(q, subject),
      );
      return who.state === 'done' ? who.value : undefined;
    },

    async enter(session, ask, arrival, also) {
      const app = await this.application(ask.app);
      if (app === undefined) return { state: 'refused', reason: 'no-such-resource' };
      const judged = await enterApis(session, ask, arrival);
      if ('state' in judged) return judged;
      const { apis, epochs } = judged;
      type Made =
        | AppEntered
        | { state: 'challenged'; person: PersonId; beyond: boolean }
        | { state: 'consent' | 'over'; person: PersonId }
        | { state: 'changed' };
      const made = await gate.enterAs<Made>(
        session,
        { resource: { id: ask.app }, scopes: [] },
        arrival,
        async (tx, entered) => {
          const { session: live, grant, proofs, epoch, now } = entered;
          const person = live.subject;
          // What they may at the APIs was judged a moment ago, of who they were then.
          if (epochs.some((one) => one !== epoch)) return new Unmade({ state: 'changed' });
          const worth = assured(proofs, now, ask.demand);
          if (worth === undefined) {
            const could = presentable(
              modules,
              await listHeld(tx, person),
              arrival.carries,
              [],
              live,
            );
            const beyond = wouldDo(proofs, could, now, ask.demand).length === 0;
            return new Unmade({ state: 'challenged', person, beyond });
          }
          const mustAsk = !app.detail.firstParty || ask.askAgain;
          if (mustAsk && ask.agreed !== person) {
            if (ask.askAgain || !(await agreedBefore(tx, person, ask, app))) {
              return new Unmade({ state: 'consent', person });
            }
          }
          const offline = ask.scopes.includes(OFFLINE_SCOPE);
          const until = offline ? now + OFFLINE : live.expiresAt;
          const made = { person, session: live.id, grant, until, apis, ...worth };
          if (also !== undefined && !(await also(tx, { state: 'entered', ...made }))) {
            return new Unmade({ state: 'over', person });
          }
          await tx.run(insertGrant, {
            id: grant,
            kind: 'person',
            subject_id: person,
            epoch,
            client_id: ask.app,
            resource_id: ask.app,
            scopes: wordsOf(ask).join(' '),
            proofs: writeShown(proofs),
            confirmation: null,
            parent_id: null,
            session_id: offline ? null : live.id,
            created_at: now,
            expires_at: until,
            ended_at: null,
          });
          return { state: 'entered', ...made };
        },
      );
      if (made.state === 'granted') {
        const { value } = made;
        return value.state === 'changed' ? { state: 'refused', reason: 'unavailable' } : value;
      }
      if (made.state === 'challenged') {
        return { state: 'challenged', person: made.session.subject };
      }
      return made;
    },

    async mayRefresh({ grant, app, audiences }, arrival) {
      const id = grant as GrantId; // Compared with ids of ours.
      const row = await store.read((q) => q.one(grantForCheck, { id }));
      if (row?.client_id !== app) return undefined;
      // Of someone whom policies see as another since, all of it is judged: from then on all of it holds again.
      const whole = audiences === undefined || row.epoch !== row.subject_epoch;
      const asked = [...apisIn(row.scopes)].filter(
        ([audience]) => whole || audiences?.includes(audience),
      );
      const apis = asked.map(([audience, scopes]) => ({ resource: { audience }, scopes }));
      const entries = [{ resource: { id: app }, scopes: [] }, ...apis];
      const again = await gate.enterAgain(id, { entries, whole }, arrival);
      if (again.state === 'refused') return undefined;
      const [, ...left] = again.scopes;
      return asked.map(([audience], nth) => ({ audience, scopes: left[nth] ?? [] }));
    },

    async prove({ as, offers }, arrival) {
      const app = as === undefined ? undefined : await this.application(as);
      const target = app === undefined ? { audience: '' } : { id: app.id };
      const entry = { as, offers, resource: target, scopes: [] };
      const outcome = await gate.enter(entry, arrival, async () => undefined);
      if (outcome.state === 'refused') return outcome;
      return { state: 'proven', app: outcome.entered.resource.id };
    },

    async agree(session, ask, arrival) {
      const app = await this.application(ask.app);
      const done = await gate.perform(session, READ_SELF, arrival, async (tx, { session, by }) => {
        const words = wordsOf(ask);
        await states.putIn(tx, {
          model: 'Consent',
          id: consentId(session.subject, ask.app),
          payload: { words, ...(app === undefined ? {} : { face: faceOf(app) }) },
          lifetime: CONSENT / SECOND,
        });
        await record.append(tx, {
          type: 'app.consented',
          outcome: 'done',
          subject: session.subject,
          ...by,
          data: { app: ask.app, scopes: bounded(words) },
        });
        return ok(undefined);
      });
      return done.state === 'done';
    },

    async decline(session, app, arrival) {
      await gate.perform(session, READ_SELF, arrival, async (tx, { session, by }) => {
        await record.append(tx, {
          type: 'app.declined',
          outcome: 'refused',
          subject: session.subject,
          ...by,
          reason: 'asked',
          data: { app },
        });
        return ok(undefined);
      });
    },

    async reused({ grant, app, what }, arrival) {
      await store.write(async (tx) => {
        // Compared with ids of ours.
        if ((await tx.run(endGrant, { id: grant as GrantId, now: clock.now() })) !== 1) return;
        await record.append(tx, {
          type: 'app.reuse-refused',
          outcome: 'refused',
          ...byArrival(arrival),
          reason: 'used',
          data: { app, grant, what },
        });
      });
    },

    async refused({ app, at, error }, arrival) {
      const { door, network } = arrival;
      await tellOrCount(
        `${app} ${at} ${error} ${network}`,
        {
          type: 'app.refused',
          outcome: 'refused',
          ...byArrival(arrival),
          reason: 'not-valid',
          data: { app, at, error },
        },
        { subject: undefined, door, action: 'enter', resource: { kind: 'application', id: app } },
      );
    },
  };
}
