/** Resources as tables and JSON, and what can be wrong with what is asked about them. */
import type { ProcessProofKind } from '@sallyport/contract/processes.ts';
import type { ApiScope, SiteRule } from '@sallyport/contract/resources.ts';
import type { z } from 'zod';
import { scopesOf } from '../../subjects/resource.ts';
import type { Desk } from '../desks/desk.ts';
import type { Done } from '../desks/done.ts';
import { detailOf, type ResourcesDesk, type ShownResource } from '../desks/resources-desk.ts';
import type { Refused } from '../remote/connection.ts';
import { tellBy, type Words } from '../remote/refused.ts';
import { Ended, EXIT, type ExitCode } from '../terminal/exit.ts';
import type { Answer, Output, Problem } from '../terminal/output.ts';
import { type DetailOptions, doesNotFit } from './resource-options.ts';

export function opennessWords({ open, members }: ShownResource): string {
  if (open === 'everyone') return 'everyone';
  return members.length === 0 ? 'no people' : members.join(', ');
}

export function whereWords(resource: ShownResource): string {
  const { kind, detail } = detailOf(resource);
  if (kind === 'api') return detail.audience;
  return kind === 'site' ? detail.hosts.join(', ') : (detail.redirectUris[0] ?? '');
}

/** An application that registered itself has a name of our making, which tells people nothing. */
export function nameAndTitle(resource: ShownResource): string {
  const { kind, detail } = detailOf(resource);
  const title = kind === 'application' ? detail.title : undefined;
  return title == null || title === resource.name ? resource.name : `${resource.name} (${title})`;
}

const words = (value: unknown): string =>
  Array.isArray(value) ? value.join(', ') : String(value ?? '');

/** The rules of a site, if there are any. */
export function rulesOf(resource: ShownResource): Answer['also'] {
  const { kind, detail } = detailOf(resource);
  if (kind !== 'site' || detail.rules.length === 0) return undefined;
  const { hosts, rules } = detail;
  return {
    says: `Its rules for ${hosts.join(', ')}; of those that fit a request the most specific one counts.`,
    table: {
      head: ['path', 'methods', 'function', 'from', 'is'],
      rows: rules.map((rule) => [
        rule.path,
        rule.methods.join(', ') || 'all',
        rule.function,
        rule.networks.join(', ') || 'anywhere',
        markOf(rule),
      ]),
    },
  };
}

const markOf = (rule: SiteRule) =>
  [...(rule.sensitive ? ['sensitive'] : []), ...(rule.public ? ['public'] : [])].join(', ');

/** All that is said of its kind but the rules: lists of what has parts of its own in the words in which they are typed. */
export function detailRows(resource: ShownResource): [name: string, value: string][] {
  const { kind, detail } = detailOf(resource);
  const told: Readonly<Record<string, readonly string[]>> =
    kind === 'api'
      ? { scopes: detail.scopes.map(scopeWords) }
      : kind === 'application'
        ? { apis: detail.apis.map(({ audience, scopes }) => `${audience}#${scopes.join(',')}`) }
        : {};
  return Object.entries(detail)
    .filter(([name]) => kind !== 'site' || name !== 'rules')
    .map(([name, value]) => [name, told[name]?.join('; ') ?? words(value)]);
}

const scopeWords = ({ name, says, sensitive }: z.output<typeof ApiScope>): string =>
  `${name} (${says}${sensitive ? ', sensitive' : ''})`;

/** How a proof of each kind is added, with what has to be said of it. */
const PROOF_OPTIONS: Readonly<Record<ProcessProofKind, string>> = {
  certificate: 'certificate --certificate FILE',
  key: 'key --public-key FILE',
  workload: 'workload --issuer URL --claim sub=TEXT',
  secret: 'secret',
};

/** How it gets what it is to prove itself by; the kind is one that a schema has read. */
export function proofForApplication(name: string, clientAuth: string): string {
  return `It proves itself by a ${clientAuth}: ./sallyport process proof add ${name} ${PROOF_OPTIONS[clientAuth as ProcessProofKind]}`;
}

export function nextForResource(resource: ShownResource): string {
  const { name, open, members } = resource;
  const { kind, detail } = detailOf(resource);
  const next: string[] = [];
  if (kind === 'site' && detail.rules.length === 0) {
    next.push(
      `No rule says what is behind it, so nobody gets in: ./sallyport resource change ${name} --rule "/* read"`,
    );
  }
  if (
    kind === 'application' &&
    detail.redirectUris.length === 0 &&
    detail.grants.includes('authorization_code')
  ) {
    next.push(
      `People can’t come back to it yet: ./sallyport resource change ${name} --redirect https://…`,
    );
  }
  if (kind === 'application' && detail.clientAuth !== 'none') {
    next.push(proofForApplication(name, detail.clientAuth));
  }
  if (kind === 'application' && detail.grants.includes('ciba') && detail.clientAuth === 'none') {
    next.push(
      `It can’t ask in the background (ciba) before it proves itself: ./sallyport resource change ${name} --client-auth key`,
    );
  }
  if (open === 'listed' && members.length === 0) {
    const scope = scopesOf(detailOf(resource))[0];
    const entry = kind === 'api' ? `${name}:${scope ?? 'SCOPE'}` : name;
    next.push(
      `Nobody is listed for it yet. People: ./sallyport resource change ${name} --member GROUP.${kind === 'application' ? '' : ` Processes: ./sallyport process change PROCESS --enter ${entry}`}`,
    );
  }
  return next.length > 0
    ? next.join('\n')
    : `./sallyport policy simulate tells who may enter: --action enter --resource ${kind}:${name}`;
}

/** Finds what a command names, wherever it works; ends it when there is nothing like that. */
export async function resourceAt(
  desk: ResourcesDesk,
  typed: string,
  output: Output,
): Promise<ShownResource> {
  const found = await desk.find(typed);
  if (!found.ok) throw new Ended(refusedResource(output, found.error));
  if (found.value !== undefined) return found.value;
  output.problem({
    what: `There is no resource “${typed}”.`,
    mend: './sallyport resource list shows them.',
    data: { code: 'not-found' },
  });
  throw new Ended(EXIT.notFound);
}

const WORDS: Words = {
  'not-valid': ({ fields }) => doesNotFit(fields),
  'name-taken': () => ({
    what: 'Another resource or process has that name.',
    mend: 'Take another.',
  }),
  'address-taken': ({ address }) => ({
    what: `Another resource has ${address}.`,
    mend: './sallyport resource list shows which.',
  }),
  'address-out-of-reach': ({ address, says }) => ({
    what: `${address} can’t be told anything: ${says}. Nothing was changed.`,
  }),
  'owner-not-found': () => ({
    what: 'Whoever is disabled or erased can answer for nothing.',
    mend: './sallyport person list --status active shows who can.',
  }),
  'not-found': () => ({
    what: 'There is no such resource.',
    mend: './sallyport resource list shows them.',
  }),
  'changed-meanwhile': () => ({
    what: 'It was changed by somebody else at the same moment.',
    mend: 'Try again.',
  }),
};

export const refusedResource = tellBy(WORDS);

/** Of one that was to be like this: what was typed of it, and who has its name already where the command works. */
export async function refusedNamed(
  { resources, processes }: Pick<Desk, 'resources' | 'processes'>,
  typed: DetailOptions & { readonly name?: string },
  output: Output,
  error: Refused,
): Promise<ExitCode> {
  const taken =
    error.code === 'name-taken' && typed.name !== undefined
      ? await holderOf({ resource: resources, process: processes }, typed.name)
      : undefined;
  return tellBy({
    ...WORDS,
    'not-valid': ({ fields }) => doesNotFit(fields, typed),
    ...(taken && { 'name-taken': () => taken }),
  })(output, error);
}

type Named = Record<string, { find(named: string): Done<object | undefined> }>;

/** An application is a process, too, and has its name as both; looked for in this order. */
export async function holderOf(desks: Named, name: string): Promise<Problem | undefined> {
  for (const [kind, desk] of Object.entries(desks)) {
    const found = await desk.find(name);
    if (!found.ok || found.value === undefined) continue;
    return {
      what: `A ${kind} has the name “${name}” already. Nothing was changed.`,
      mend: `./sallyport ${kind} show ${name} tells of it.`,
    };
  }
  return undefined;
}
