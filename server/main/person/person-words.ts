/** People as commands find them, and what can be wrong with what is asked about them. */
import type { PeopleDesk, ShownPerson } from '../desks/people-desk.ts';
import { problemBy, tellBy, type Words } from '../remote/refused.ts';
import { Ended, EXIT } from '../terminal/exit.ts';
import type { Output, Problem } from '../terminal/output.ts';

const WORDS: Words = {
  'identifier-taken': () => ({ what: 'Somebody has that name or mail address already.' }),
  'identifier-malformed': ({ field }) => ({
    what: `That can be nobody’s ${field === 'email' ? 'mail address' : 'name'}: it is empty, too long, not of the form of one, or has spaces or invisible characters.`,
  }),
  'not-found': () => ({ what: 'There is nobody like that.' }),
  'person-erased': () => ({
    what: 'They were erased; nothing of theirs can be changed any more.',
  }),
  'last-administrator': () => ({
    what: 'They are the only administrator, and nobody could administer any more. Nothing was changed.',
    mend: 'Add another first: ./sallyport person add NAME --role administrator, and let them set up their proofs. --force does it all the same.',
  }),
  'changed-meanwhile': () => ({
    what: 'Somebody else changed this person at the same moment.',
    mend: 'Look at them and try again.',
  }),
};

export const refusedPerson = tellBy(WORDS);
export const personRefusal = problemBy(WORDS);

/** Of someone who was to be added, by what was typed of them. */
export const notAdded = (identifier: string, mail: string | undefined) =>
  tellBy({
    ...WORDS,
    'identifier-taken': ({ field }) => ({
      what:
        field === 'email'
          ? `Somebody has the mail address ${mail} already. Nothing was changed.`
          : `Somebody is called “${identifier}” already. Nothing was changed.`,
      mend: `./sallyport person show ${field === 'email' ? mail : identifier} tells who.`,
    }),
  });

/** Of someone who was to be changed: nothing forces that. */
export const notChanged = tellBy({
  ...WORDS,
  'last-administrator': () => ({
    what: 'They are the only administrator, and nobody could administer any more. Nothing was changed.',
    mend: 'Add another first: ./sallyport person add NAME --role administrator, and let them set up their proofs.',
  }),
});

/** The same as by the API: what stands on screens must not be able to pass for something else. */
export async function nameProblemOf(name: string | undefined): Promise<Problem | undefined> {
  const { DisplayName } = await import('@sallyport/contract/api/people.ts');
  if (name === undefined || DisplayName.safeParse(name).success) return undefined;
  return {
    what: 'A name has 1 to 256 characters, in one line and without control characters.',
  };
}

/** Finds whom a command names, wherever it works; ends it when there is nobody like that. */
export async function personAt(
  desk: PeopleDesk,
  typed: string,
  output: Output,
): Promise<ShownPerson> {
  const found = await desk.find(typed);
  if (!found.ok) throw new Ended(refusedPerson(output, found.error));
  if (found.value !== undefined) return found.value;
  output.problem({
    what: `There is nobody called “${typed}”.`,
    mend: './sallyport person list shows everyone; ./sallyport person add adds somebody.',
    data: { code: 'not-found' },
  });
  throw new Ended(EXIT.notFound);
}
