/** Resources as tables and JSON, and what can be wrong with what is asked about them. */
import type { EditError } from '../../gate/use-cases/processes/resource-administration.ts';
import { type Resource, type ResourceDetail, scopesOf } from '../../subjects/resource.ts';
import type { ResourceError } from '../../subjects/resources.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import type { Output, Problem } from '../terminal/output.ts';
import { detailProblem } from './resource-options.ts';

export function opennessWords({ open, members }: Resource): string {
  if (open === 'everyone') return 'everyone';
  return members.length === 0 ? 'no people' : members.join(', ');
}

export function whereWords({ kind, detail }: ResourceDetail): string {
  if (kind === 'api') return detail.audience;
  return kind === 'site' ? detail.hosts.join(', ') : (detail.redirectUris[0] ?? '');
}

export const KIND_WORDS = { application: 'an application', api: 'an API', site: 'a site' } as const;

export const words = (value: unknown): string =>
  Array.isArray(value)
    ? value.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))).join(', ')
    : String(value ?? '');

export function nextForResource(resource: Resource): string {
  const { name, kind, open, members } = resource;
  if (kind === 'application' && resource.detail.clientAuth !== 'none') {
    return `It proves itself by a ${resource.detail.clientAuth}: ./sallyport process proof add ${name} ${resource.detail.clientAuth}`;
  }
  if (open === 'listed' && members.length === 0) {
    const scope = scopesOf(resource)[0];
    const entry = kind === 'api' ? `${name}:${scope ?? 'SCOPE'}` : name;
    return `Nobody is listed for it yet. People: ./sallyport resource change ${name} --member GROUP. Processes: ./sallyport process change PROCESS --enter ${entry}`;
  }
  return `./sallyport policy simulate tells who may enter: --action enter --resource ${kind}:${name}`;
}

export function noResource(output: Output, typed: string): ExitCode {
  output.problem({
    what: `There is no resource “${typed}”.`,
    mend: './sallyport resource list shows them.',
  });
  return EXIT.notFound;
}

export function refusedResource(output: Output, error: ResourceError | EditError): ExitCode {
  output.problem(problemOf(error));
  if (error.code === 'detail-not-valid') return EXIT.usage;
  return error.code === 'not-found' ? EXIT.notFound : EXIT.failed;
}

function problemOf(error: ResourceError | EditError): Problem {
  switch (error.code) {
    case 'name-taken':
      return { what: 'Another resource or process has that name.', mend: 'Take another.' };
    case 'address-taken':
      return {
        what: `Another resource has ${error.address}.`,
        mend: './sallyport resource list shows which.',
      };
    case 'owner-not-found':
      return { what: 'Whoever is disabled or erased can answer for nothing.' };
    case 'not-found':
      return { what: 'There is no such resource.' };
    case 'changed-meanwhile':
      return { what: 'It was changed by somebody else at the same moment.', mend: 'Try again.' };
    case 'detail-not-valid':
      return detailProblem(error.error);
  }
}

export function forMachines(resource: Resource) {
  const { id, name, kind, groups, open, members, detail, createdAt, changedAt } = resource;
  return {
    id,
    name,
    kind,
    groups,
    open,
    members,
    detail,
    createdAt: new Date(createdAt).toISOString(),
    changedAt: new Date(changedAt).toISOString(),
  };
}
