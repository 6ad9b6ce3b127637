/** People in the house of this machine. */
import { passProblem, personProblem } from '../../../doors/api/person-problems.ts';
import {
  heldProof,
  person as shown,
  session as shownSession,
  time,
} from '../../../doors/api/views.ts';
import { seenProof } from '../../../gate/shown-here.ts';
import type { IssuedPass as Issued } from '../../../gate/use-cases/people/passes.ts';
import type { ActError } from '../../../gate/use-cases/people/person-acts.ts';
import { type PersonId, parseId } from '../../../kernel/id.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import { listHeld } from '../../../proofs/held-proofs.ts';
import type { Tx } from '../../../store/store.ts';
import { writeOrUndo } from '../../../store/undo.ts';
import type { Person } from '../../../subjects/person.ts';
import type { House } from '../../house.ts';
import { enrolLink } from '../../person/enrol-link.ts';
import { AT_THE_MACHINE } from '../at-the-machine.ts';
import type { Done } from '../done.ts';
import { NOT_FOUND } from '../not-found.ts';
import type { IssuedPass, PeopleDesk, ShownPerson } from '../people-desk.ts';
import { behindId } from './behind-id.ts';

const PAGE = 100;

export function housePeople(house: House, origin: string): PeopleDesk {
  const { store, acts, people, passes } = house;

  const passOf = (issued: Issued): IssuedPass => ({
    person: issued.person,
    code: issued.code,
    link: enrolLink(origin, issued),
    expiresAt: time(issued.expiresAt),
    uses: issued.uses,
    networks: [...issued.networks],
  });

  /** What is no id of ours is nobody's. */
  const known = (id: string) => parseId<'person'>(id);

  async function onPerson(
    text: string,
    work: (tx: Tx, id: PersonId) => Promise<Result<Person, ActError>>,
  ): Done<ShownPerson> {
    const id = known(text);
    if (id === undefined) return NOT_FOUND;
    const done = await writeOrUndo(store, async (tx) => {
      const changed = await work(tx, id);
      return changed.ok ? ok(await acts.see(tx, changed.value)) : changed;
    });
    return done.ok ? ok(shown(done.value)) : failed(personProblem(done.error));
  }

  return {
    find: (typed) =>
      store.read(async (q) => {
        const id = known(typed);
        const person = await (id === undefined ? people.find(q, typed) : people.get(q, id));
        return ok(person && shown(await acts.see(q, person)));
      }),

    list: behindId(async (filter) => {
      const { items, next } = await store.read((q) => acts.list(q, filter));
      return ok({ items: items.map(shown), next: next ?? null });
    }),

    show: (text) =>
      store.read(async (q) => {
        const id = known(text);
        const person = id && (await people.get(q, id));
        if (person === undefined) return NOT_FOUND;
        const held = await listHeld(q, person.id);
        return ok({
          ...shown(await acts.see(q, person)),
          proofs: held.map((one) => heldProof(seenProof(house.proofs, one))),
        });
      }),

    async add(fresh) {
      const added = await writeOrUndo(store, async (tx) => {
        const person = await people.add(tx, fresh, AT_THE_MACHINE);
        if (!person.ok) return failed(personProblem(person.error));
        const terms = { purpose: 'link' } as const;
        const pass = await passes.issue(tx, person.value.id, terms, AT_THE_MACHINE);
        if (!pass.ok) return failed(passProblem(pass.error));
        return ok({ person: shown(await acts.see(tx, person.value)), pass: passOf(pass.value) });
      });
      return added;
    },

    change: (id, change) => onPerson(id, (tx, who) => acts.change(tx, who, change, AT_THE_MACHINE)),
    disable: (id, how) => onPerson(id, (tx, who) => acts.disable(tx, who, AT_THE_MACHINE, how)),
    enable: (id) => onPerson(id, (tx, who) => acts.enable(tx, who, AT_THE_MACHINE)),
    erase: (id, how) => onPerson(id, (tx, who) => acts.erase(tx, who, AT_THE_MACHINE, how)),

    async issuePass(text, terms) {
      const id = known(text);
      if (id === undefined) return NOT_FOUND;
      const issued = await writeOrUndo(store, (tx) => passes.issue(tx, id, terms, AT_THE_MACHINE));
      return issued.ok ? ok(passOf(issued.value)) : failed(passProblem(issued.error));
    },

    async revokePass(text) {
      const id = known(text);
      if (id === undefined) return NOT_FOUND;
      const revoked = await store.write((tx) => passes.revoke(tx, id, AT_THE_MACHINE));
      return revoked.ok ? revoked : NOT_FOUND;
    },

    sessions: behindId(async ({ person, after }) => {
      const of = person === undefined ? undefined : known(person);
      const { items, next } = await store.read((q) =>
        acts.sessions(q, {
          limit: PAGE,
          ...(of === undefined ? {} : { person: of }),
          ...(after === undefined ? {} : { after }),
        }),
      );
      return ok({ items: items.map(shownSession), next: next ?? null });
    }),

    async revokeSession(text) {
      const id = parseId<'session'>(text);
      if (id === undefined) return NOT_FOUND;
      const ended = await store.write((tx) => acts.revokeSession(tx, id, AT_THE_MACHINE));
      return ended.ok ? ended : NOT_FOUND;
    },

    async revokeSessionsOf(text) {
      const id = known(text);
      if (id === undefined) return NOT_FOUND;
      const ended = await store.write((tx) => acts.revokeSessionsOf(tx, id, AT_THE_MACHINE));
      return ended.ok ? ended : NOT_FOUND;
    },
  };
}
