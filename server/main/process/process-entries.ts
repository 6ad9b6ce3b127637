import type { ResourceId } from '../../kernel/id.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import type { Queries } from '../../store/store.ts';
import type { ListedEntry } from '../../subjects/process.ts';
import { scopesOf } from '../../subjects/resource.ts';
import type { House } from '../house.ts';
import type { Problem } from '../terminal/output.ts';

/** Reads `payments:read,pay`: a resource by its name, and with which of its scopes. */
export async function entriesTyped(
  { resources }: House,
  q: Queries,
  typed: readonly string[],
): Promise<Result<ListedEntry[], Problem>> {
  const entries: ListedEntry[] = [];
  for (const text of typed) {
    const colon = text.indexOf(':');
    const name = colon < 0 ? text : text.slice(0, colon);
    const resource = await resources.find(q, name);
    if (resource === undefined) {
      return failed({
        what: `There is no resource “${name}”.`,
        mend: './sallyport resource list shows them; ./sallyport resource add adds one.',
      });
    }
    if (resource.kind === 'application') {
      return failed({
        what: `${name} is an application, and those are for people.`,
        mend: 'Processes enter APIs and sites.',
      });
    }
    const scopes =
      colon < 0
        ? []
        : text
            .slice(colon + 1)
            .split(',')
            .filter((scope) => scope !== '');
    if (resource.kind === 'api' && scopes.length === 0) {
      return failed({
        what: `Say with which scopes it may enter ${name}.`,
        mend: `It has ${scopesOf(resource).join(', ') || 'none yet'}: --enter ${name}:${scopesOf(resource)[0] ?? 'SCOPE'}`,
      });
    }
    entries.push({ resource: resource.id, scopes });
  }
  return ok(entries);
}

/** What was listed before, with these in place of what stood there for the same resources, and without those that go. */
export function mergedEntries(
  before: readonly ListedEntry[],
  add: readonly ListedEntry[],
  leave: readonly ResourceId[],
): ListedEntry[] {
  const replaced = new Set<ResourceId>([...add.map(({ resource }) => resource), ...leave]);
  return [...before.filter(({ resource }) => !replaced.has(resource)), ...add];
}
