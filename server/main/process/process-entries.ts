import { scopesOf } from '../../subjects/resource.ts';
import type { Entry } from '../desks/processes-desk.ts';
import { detailOf, type ResourcesDesk } from '../desks/resources-desk.ts';
import { refusedResource } from '../resource/resource-words.ts';
import { Ended, EXIT, type ExitCode } from '../terminal/exit.ts';
import type { Output, Problem } from '../terminal/output.ts';

/** Reads `payments:read,pay`: a resource by its name, and with which of its scopes. What can't be meant so ends the command. */
export async function entriesTyped(
  desk: ResourcesDesk,
  typed: readonly string[],
  output: Output,
): Promise<Entry[]> {
  function end(problem: Problem, code: ExitCode = EXIT.usage): never {
    output.problem(problem);
    throw new Ended(code);
  }
  const entries: Entry[] = [];
  for (const text of typed) {
    const [name = '', listed = ''] = text.split(/:(.*)/s, 2);
    const found = await desk.find(name);
    if (!found.ok) throw new Ended(refusedResource(output, found.error));
    const resource = found.value;
    if (resource === undefined) {
      const none = {
        what: `There is no resource “${name}”.`,
        mend: './sallyport resource list shows them; ./sallyport resource add adds one.',
        data: { code: 'not-found' },
      };
      return end(none, EXIT.notFound);
    }
    if (resource.kind === 'application') {
      return end({
        what: `${name} is an application, and those are for people.`,
        mend: 'Processes enter APIs and sites.',
      });
    }
    const scopes = listed.split(',').filter((scope) => scope !== '');
    if (resource.kind === 'api' && scopes.length === 0) {
      const known = scopesOf(detailOf(resource));
      return end({
        what: `Say with which scopes it may enter ${name}.`,
        mend: `It has ${known.join(', ') || 'none yet'}: --enter ${name}:${known[0] ?? 'SCOPE'}`,
      });
    }
    entries.push({ resource: resource.id, scopes });
  }
  return entries;
}

/** What was listed before, with these in place of what stood there for the same resources, and without those that go. */
export function mergedEntries(
  before: readonly Entry[],
  add: readonly Entry[],
  leave: readonly string[],
): Entry[] {
  const replaced = new Set<string>([...add.map(({ resource }) => resource), ...leave]);
  return [...before.filter(({ resource }) => !replaced.has(resource)), ...add];
}
