/**
 * What administrators do. Each use case names what is wished and is judged in the transaction that does it; the doing itself
 * is in person-acts.ts, passes.ts and tokens.ts.
 */
import { Fault } from '../../../kernel/fault.ts';
import { type PersonId, parseId } from '../../../kernel/id.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import type { Action } from '../../../policy/actions.ts';
import { listHeld } from '../../../proofs/held-proofs.ts';
import type { PassTerms } from '../../../proofs/pass/issue-pass.ts';
import type { HeldProof } from '../../../proofs/proof.ts';
import type { Queries, Store, Tx } from '../../../store/store.ts';
import type { NewPerson, People, PersonChange, PersonError } from '../../../subjects/people.ts';
import type { Person } from '../../../subjects/person.ts';
import type { PersonFilter } from '../../../subjects/subject-table.ts';
import type { Arrival } from '../../arrival.ts';
import type { Doer, Gate, Performed } from '../../gate.ts';
import type { ProofModules } from '../../gate-deps.ts';
import { holdAlone } from '../../holding-table.ts';
import { asJson, type Keeping, type KeyReused, type OnceKey } from '../../once/once.ts';
import { sessionById } from '../../sessions/session-table.ts';
import { seenProof } from '../../shown-here.ts';
import type { Wish, WishesIn } from '../../wish.ts';
import { newcomer, PEOPLE, SESSIONS, TOKENS, wishAbout } from '../../wishes.ts';
import { found, type NotFound, type Page } from '../answered.ts';
import type { IssuedPass, IssueError, Passes } from './passes.ts';
import type { ActError, Acts, OwnedSession, SeenPerson } from './person-acts.ts';
import type { IssuedToken, TokenError, Tokens, TokenTerms } from './tokens.ts';

export interface Administration {
  listPeople(
    token: string,
    filter: PersonFilter,
    arrival: Arrival,
  ): Promise<Performed<Page<SeenPerson>, never>>;
  /** Whoever signs in with it; nobody is no error. */
  findPerson(
    token: string,
    identifier: string,
    arrival: Arrival,
  ): Promise<Performed<SeenPerson | undefined, never>>;
  showPerson(
    token: string,
    id: PersonId,
    arrival: Arrival,
  ): Promise<Performed<SeenPerson & { held: readonly HeldProof[] }, NotFound>>;
  addPerson(
    token: string,
    person: NewPerson,
    arrival: Arrival,
    once?: OnceKey,
  ): Promise<Performed<SeenPerson, PersonError | KeyReused>>;
  changePerson(
    token: string,
    id: PersonId,
    change: PersonChange,
    arrival: Arrival,
  ): Promise<Performed<SeenPerson, ActError>>;
  disablePerson(
    token: string,
    id: PersonId,
    arrival: Arrival,
  ): Promise<Performed<SeenPerson, ActError>>;
  enablePerson(
    token: string,
    id: PersonId,
    arrival: Arrival,
  ): Promise<Performed<SeenPerson, PersonError>>;
  erasePerson(token: string, id: PersonId, arrival: Arrival): Promise<Performed<void, ActError>>;
  issuePass(
    token: string,
    id: PersonId,
    terms: PassTerms & { purpose?: 'pass' | 'link' },
    arrival: Arrival,
    once?: OnceKey,
  ): Promise<Performed<IssuedPass, IssueError | KeyReused>>;
  revokePass(token: string, id: PersonId, arrival: Arrival): Promise<Performed<void, NotFound>>;
  listSessions(
    token: string,
    filter: { person?: PersonId; after?: string; limit: number },
    arrival: Arrival,
  ): Promise<Performed<Page<OwnedSession>, never>>;
  revokeSession(token: string, id: string, arrival: Arrival): Promise<Performed<void, NotFound>>;
  revokeSessionsOf(
    token: string,
    id: PersonId,
    arrival: Arrival,
  ): Promise<Performed<number, NotFound>>;
  issueToken(
    token: string,
    terms: TokenTerms,
    arrival: Arrival,
    once?: OnceKey,
  ): Promise<Performed<IssuedToken, TokenError | KeyReused>>;
}

export interface AdministrationDeps {
  readonly gate: Gate;
  readonly store: Store;
  readonly people: People;
  readonly acts: Acts;
  readonly passes: Passes;
  readonly tokens: Tokens;
  readonly proofs: ProofModules;
}

export function createAdministration(deps: AdministrationDeps): Administration {
  const { gate, store, people, acts, passes, tokens, proofs } = deps;

  const about = (action: Action, id: PersonId) => wishAbout(people, action, id);

  /** Who may not touch those in a role or group makes nobody one of them either: judged as they are, and as they would be. */
  const aboutChange =
    (id: PersonId, { roles, groups }: PersonChange): WishesIn =>
    async (tx) => {
      // Whoever may give a role away can make themselves anything: it is an action apart.
      const action = roles === undefined ? 'person.change' : 'role.change';
      const now = await about(action, id)(tx);
      const { resource } = now;
      if (resource.kind !== 'person' || (roles ?? groups) === undefined) return now;
      const then = { roles: roles ?? resource.roles, groups: groups ?? resource.groups };
      return [now, { action, resource: { ...resource, ...then } }];
    };

  function aboutNewcomer({ roles, groups }: NewPerson): readonly [Wish, ...Wish[]] {
    const one = newcomer(roles, groups);
    if (roles.length > 0) return [{ action: 'role.change', resource: one }];
    const action = 'person.create';
    const adds: Wish = { action, resource: PEOPLE };
    return groups.length === 0 ? [adds] : [adds, { action, resource: one }];
  }

  /** Held before their roles are read: who promotes them takes their passes away, and must see this one, or be seen by it. */
  const aboutHeld =
    (action: Action, id: PersonId): WishesIn =>
    (tx) => {
      tx.put(holdAlone, { id });
      return about(action, id)(tx);
    };

  /** A change to a person, answered with them as they are after it. */
  function onPerson<E>(
    token: string,
    wishes: WishesIn,
    arrival: Arrival,
    work: (tx: Tx, doer: Doer) => Promise<Result<Person, E>>,
  ): Promise<Performed<SeenPerson, E>> {
    return gate.perform(token, wishes, arrival, async (tx, doer) => {
      const changed = await work(tx, doer);
      return changed.ok ? ok(await acts.see(tx, changed.value)) : changed;
    });
  }

  return {
    listPeople: (token, filter, arrival) =>
      gate.read(token, { action: 'person.read', resource: PEOPLE }, arrival, (q) =>
        acts.list(q, filter),
      ),

    findPerson: (token, identifier, arrival) =>
      gate.read(token, { action: 'person.read', resource: PEOPLE }, arrival, async (q) => {
        const person = await people.find(q, identifier);
        return person && acts.see(q, person);
      }),

    async showPerson(token, id, arrival) {
      const wish = await store.read(about('person.read', id));
      return found(
        gate.read(token, wish, arrival, async (q) => {
          const person = await people.get(q, id);
          if (person === undefined) return undefined;
          const held = await listHeld(q, id);
          return {
            ...(await acts.see(q, person)),
            held: held.map((one) => seenProof(proofs, one)),
          };
        }),
      );
    },

    addPerson(token, person, arrival, once) {
      const wishes: WishesIn = async () => aboutNewcomer(person);
      const keeping: Keeping<SeenPerson> = {
        once,
        // Their id alone: who was erased since must not live on in a kept answer.
        keep: (added) => added.person.id,
        async again(tx, id) {
          const added = await people.get(tx, id as PersonId); // Kept two lines above.
          if (added === undefined) throw new Fault('store.misuse', `the person ${id} is gone`);
          return acts.see(tx, added);
        },
      };
      return gate.performOnce(token, wishes, arrival, keeping, async (tx, { by }) => {
        const added = await people.add(tx, person, by);
        return added.ok ? ok(await acts.see(tx, added.value)) : added;
      });
    },

    changePerson: (token, id, change, arrival) =>
      onPerson(token, aboutChange(id, change), arrival, (tx, { by }) =>
        acts.change(tx, id, change, by),
      ),

    disablePerson: (token, id, arrival) =>
      onPerson(token, about('person.disable', id), arrival, (tx, { by }) =>
        acts.disable(tx, id, by),
      ),

    // Whoever notices shuts out; who lets in again gives what was taken, and is judged for that.
    enablePerson: (token, id, arrival) =>
      onPerson(token, about('person.change', id), arrival, (tx, { by }) => acts.enable(tx, id, by)),

    erasePerson: (token, id, arrival) =>
      gate.perform(token, about('person.erase', id), arrival, async (tx, { by }) => {
        const erased = await acts.erase(tx, id, by);
        return erased.ok ? ok(undefined) : erased;
      }),

    issuePass: (token, id, terms, arrival, once) =>
      gate.performOnce(
        token,
        aboutHeld('pass.issue', id),
        arrival,
        asJson<IssuedPass>(once),
        (tx, { by }) => passes.issue(tx, id, terms, by),
      ),

    revokePass: (token, id, arrival) =>
      gate.perform(token, about('pass.revoke', id), arrival, (tx, { by }) =>
        passes.revoke(tx, id, by),
      ),

    listSessions: (token, filter, arrival) =>
      gate.read(token, { action: 'session.read', resource: SESSIONS }, arrival, (q) =>
        acts.sessions(q, filter),
      ),

    revokeSession: (token, text, arrival) => {
      const id = parseId<'session'>(text);
      const wish = async (q: Queries): Promise<Wish> => {
        const row = id && (await q.one(sessionById, { id }));
        return row === undefined
          ? { action: 'session.revoke', resource: SESSIONS }
          : about('session.revoke', row.subject_id)(q);
      };
      return gate.perform(token, wish, arrival, async (tx, { by }) =>
        id === undefined ? failed({ code: 'not-found' }) : acts.revokeSession(tx, id, by),
      );
    },

    revokeSessionsOf: (token, id, arrival) =>
      gate.perform(token, about('session.revoke', id), arrival, (tx, { by }) =>
        acts.revokeSessionsOf(tx, id, by),
      ),

    issueToken: (token, terms, arrival, once) =>
      gate.performOnce(
        token,
        { action: 'token.issue', resource: TOKENS },
        arrival,
        asJson<IssuedToken>(once),
        (tx, { by }) => tokens.issue(tx, terms, by),
      ),
  };
}
