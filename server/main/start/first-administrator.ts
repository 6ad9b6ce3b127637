/**
 * The first administrator: a house in which nobody can administer gives one link with which someone can. It is made anew at
 * each start until it was used, so that a lost one is no loss, and an old one is worth nothing.
 */

import type { IssuedPass } from '../../gate/use-cases/people/passes.ts';
import { failed } from '../../kernel/result.ts';
import { writeOrUndo } from '../../store/undo.ts';
import type { House } from '../house.ts';
import { enrolLink } from '../person/enrol-link.ts';

export const FIRST_IDENTIFIER = 'admin';

/** The link, or undefined when there is an administrator already. */
export async function firstAdministratorLink(
  { store, people, passes }: House,
  origin: string,
): Promise<string | undefined> {
  const by = { door: 'cli' };
  // Two nodes may do this at once on an empty database: the one that finds the name taken leaves nothing behind.
  const issued = await writeOrUndo<IssuedPass, unknown>(store, async (tx) => {
    const administrators = await people.list(tx, { role: 'administrator', limit: 2 });
    const ready = administrators.filter(({ status }) => status !== 'erased');
    if (ready.length > 1 || ready.some(({ status }) => status !== 'enrolling'))
      return failed('ready');
    let first = ready[0];
    if (first === undefined) {
      const added = await people.add(
        tx,
        {
          identifier: FIRST_IDENTIFIER,
          displayName: 'Administrator',
          email: null,
          roles: ['administrator'],
          groups: [],
        },
        by,
      );
      if (!added.ok) return added;
      first = added.value;
    }
    return passes.issue(tx, first.id, { purpose: 'link', lifetimeMinutes: 1440 }, by);
  });
  return issued.ok ? enrolLink(origin, issued.value) : undefined;
}
