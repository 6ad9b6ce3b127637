/** People at a server elsewhere, by its API. */
import { parseId } from '../../../kernel/id.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import { enrolLink } from '../../person/enrol-link.ts';
import type { Connection, Refused } from '../../remote/connection.ts';
import { Ended } from '../../terminal/exit.ts';
import type { Problem } from '../../terminal/output.ts';
import type { Done } from '../done.ts';
import { NOT_FOUND } from '../not-found.ts';
import type { Force, IssuedPass, PassTerms, PeopleDesk } from '../people-desk.ts';
import { serverPages } from './server-pages.ts';

const PAGE = 100;
const NOT_HERE = failed<Refused>({ code: 'not-here', members: {} });

export function serverPeople({ call, origin }: Connection): PeopleDesk {
  /** Doors have no way to force: the house would not know who stands at the machine. */
  const forced = ({ force }: Force) => (force ? NOT_HERE : undefined);

  async function issuePass(id: string, { networks, ...terms }: PassTerms): Done<IssuedPass> {
    const body = { ...terms, ...(networks.length === 0 ? {} : { networks: [...networks] }) };
    const issued = await call('issuePass', { params: { id }, body });
    return issued.ok ? ok({ ...issued.value, link: enrolLink(origin, issued.value) }) : issued;
  }

  return {
    async find(typed) {
      if (parseId<'person'>(typed) !== undefined) {
        const shown = await call('showPerson', { params: { id: typed } });
        if (shown.ok) return shown;
        return shown.error.code === 'not-found' ? ok(undefined) : shown;
      }
      const found = await call('listPeople', { query: { identifier: typed } });
      return found.ok ? ok(found.value.items[0]) : found;
    },

    list: ({ limit, after, ...filter }) =>
      serverPages({ after, limit }, (paging) =>
        call('listPeople', { query: { ...filter, ...paging } }),
      ),

    show: (id) => call('showPerson', { params: { id } }),

    async add({ roles, groups, ...person }) {
      const body = { ...person, roles: [...roles], groups: [...groups] };
      const added = await call('addPerson', { body });
      if (!added.ok) return added;
      // Two things to the server, of which the second may be refused, or given up in the browser.
      const pass = await issuePass(added.value.id, { purpose: 'link', networks: [] }).catch(
        failing,
      );
      return pass.ok
        ? ok({ person: added.value, pass: pass.value })
        : ok({ person: added.value, pass: undefined, because: pass.error });
    },

    change(id, { roles, groups, ...change }) {
      const body = {
        ...change,
        ...(roles === undefined ? {} : { roles: [...roles] }),
        ...(groups === undefined ? {} : { groups: [...groups] }),
      };
      return call('changePerson', { params: { id }, body });
    },

    disable: async (id, how) => forced(how) ?? call('disablePerson', { params: { id } }),
    enable: (id) => call('enablePerson', { params: { id } }),
    erase: async (id, how) => forced(how) ?? call('erasePerson', { params: { id } }),
    issuePass,
    revokePass: (id) => call('revokePasses', { params: { id } }),

    async sessions({ person, after }) {
      if (person !== undefined) {
        const of = await call('listSessionsOf', { params: { id: person } });
        return of.ok ? ok({ items: of.value.items, next: null }) : of;
      }
      const cursor = after === undefined ? {} : { cursor: after };
      return call('listSessions', { query: { limit: String(PAGE), ...cursor } });
    },

    revokeSession: async (id) =>
      parseId<'session'>(id) === undefined ? NOT_FOUND : call('revokeSession', { params: { id } }),

    async revokeSessionsOf(id) {
      const ended = await call('revokeSessionsOf', { params: { id } });
      return ended.ok ? ok(ended.value.ended) : ended;
    },
  };
}

/** Whatever it was: that somebody was added is not to be lost over it. */
function failing(error: unknown): Result<never, Problem> {
  if (error instanceof Ended && error.problem !== undefined) return failed(error.problem);
  return failed({ what: `${error instanceof Error ? error.message : String(error)}.` });
}
