/** Looking after people. */
import { USUAL_PAGE } from '@sallyport/contract/api/parts.ts';
import type { peopleOperations } from '@sallyport/contract/api/people.ts';
import type { SeenPerson } from '../../gate/use-cases/people/person-acts.ts';
import { type PersonId, parseId } from '../../kernel/id.ts';
import type { PersonChange } from '../../subjects/people.ts';
import type { ApiDeps } from './api-deps.ts';
import type { Cursors } from './cursors.ts';
import type { Handlers } from './handler.ts';
import { passProblem, personProblem } from './person-problems.ts';
import { answered, never, Told } from './told.ts';
import { heldProof, person, session, time } from './views.ts';

const nothing = () => undefined;
const notFound = () => new Told('not-found');
const ended = (count: number) => ({ ended: count });

export function peopleHandlers(
  { administration }: Pick<ApiDeps, 'administration'>,
  cursors: Cursors,
): Handlers<keyof typeof peopleOperations> {
  /** What is no id of ours is nobody’s. */
  async function of<A>(text: string, work: (id: PersonId) => Promise<A | Told>): Promise<A | Told> {
    const id = parseId<'person'>(text);
    return id === undefined ? notFound() : work(id);
  }

  return {
    async listPeople({ query }, { token, arrival }) {
      const { limit = USUAL_PAGE, cursor, status, role, identifier } = query;
      if (identifier !== undefined) {
        const fits = (one: SeenPerson) =>
          cursor === undefined &&
          (status === undefined || one.person.status === status) &&
          (role === undefined || one.person.roles.includes(role));
        return answered(
          await administration.findPerson(token, identifier, arrival),
          (one) => ({ items: one !== undefined && fits(one) ? [person(one)] : [], next: null }),
          never,
        );
      }
      const list = `people ${status ?? '*'} ${role ?? '*'}`;
      const begins = cursors.read(list, cursor);
      if (begins instanceof Told) return begins;
      const filter = {
        limit,
        ...begins,
        ...(status === undefined ? {} : { status }),
        ...(role === undefined ? {} : { role }),
      };
      return answered(
        await administration.listPeople(token, filter, arrival),
        ({ items, next }) => ({
          items: items.map(person),
          next: cursors.write(list, next),
        }),
        never,
      );
    },

    async addPerson({ body }, { token, arrival, once }) {
      const added = await administration.addPerson(token, body, arrival, once);
      return answered(added, person, personProblem);
    },

    showPerson: ({ params }, { token, arrival }) =>
      of(params.id, async (id) =>
        answered(
          await administration.showPerson(token, id, arrival),
          (shown) => ({ ...person(shown), proofs: shown.held.map(heldProof) }),
          notFound,
        ),
      ),

    changePerson: ({ params, body }, { token, arrival }) =>
      of(params.id, async (id) => {
        const change = body as PersonChange; // What is not there is left out, not undefined.
        const changed = await administration.changePerson(token, id, change, arrival);
        return answered(changed, person, personProblem);
      }),

    disablePerson: ({ params }, { token, arrival }) =>
      of(params.id, async (id) =>
        answered(await administration.disablePerson(token, id, arrival), person, personProblem),
      ),

    enablePerson: ({ params }, { token, arrival }) =>
      of(params.id, async (id) =>
        answered(await administration.enablePerson(token, id, arrival), person, personProblem),
      ),

    erasePerson: ({ params }, { token, arrival }) =>
      of(params.id, async (id) =>
        answered(await administration.erasePerson(token, id, arrival), nothing, personProblem),
      ),

    issuePass: ({ params, body }, { token, arrival, once }) =>
      of(params.id, async (id) => {
        const { purpose, lifetimeMinutes, uses, networks } = body;
        const terms = {
          purpose,
          ...(lifetimeMinutes === undefined ? {} : { lifetimeMinutes }),
          ...(uses === undefined ? {} : { uses }),
          ...(networks === undefined ? {} : { networks }),
        };
        return answered(
          await administration.issuePass(token, id, terms, arrival, once),
          (pass) => ({
            person: pass.person,
            code: pass.code,
            link: pass.link,
            expiresAt: time(pass.expiresAt),
            uses: pass.uses,
            networks: pass.networks,
          }),
          passProblem,
        );
      }),

    revokePasses: ({ params }, { token, arrival }) =>
      of(params.id, async (id) =>
        answered(await administration.revokePass(token, id, arrival), nothing, notFound),
      ),

    listSessionsOf: ({ params }, { token, arrival }) =>
      of(params.id, async (id) => {
        const filter = { person: id, limit: USUAL_PAGE };
        const listed = await administration.listSessions(token, filter, arrival);
        return answered(listed, ({ items }) => ({ items: items.map(session) }), never);
      }),

    revokeSessionsOf: ({ params }, { token, arrival }) =>
      of(params.id, async (id) =>
        answered(await administration.revokeSessionsOf(token, id, arrival), ended, notFound),
      ),
  };
}
