/** Finds whom a command names: by the name or mail that they sign in with, or by id. */
import { parseId } from '../kernel/id.ts';
import type { Person } from '../subjects/person.ts';
import type { House } from './house.ts';
import type { Output } from './terminal/output.ts';

/** Undefined, with the problem told, when there is nobody of that name. */
export async function namedPerson(
  { store, people }: House,
  typed: string,
  output: Output,
): Promise<Person | undefined> {
  const id = parseId<'person'>(typed);
  const person = await store.read((q) =>
    id === undefined ? people.find(q, typed) : people.get(q, id),
  );
  if (person === undefined) {
    output.problem({
      what: `There is nobody called “${typed}”.`,
      mend: './sallyport person list shows everyone.',
    });
  }
  return person;
}

/** Whoever uses the command line on this machine: the database and the root key are in their hands already. */
export const AT_THE_MACHINE = { door: 'cli' } as const;
