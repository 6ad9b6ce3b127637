/** `sallyport policy simulate`: the question, made of what was typed, and the answer. */
import { type ProofKind, proofKinds } from '@sallyport/contract/proofs.ts';
import type { Config } from '../config/sections.ts';
import { type PersonId, parseId } from '../kernel/id.ts';
import { parseNetworks } from '../kernel/networks.ts';
import { failed, ok, type Result } from '../kernel/result.ts';
import { actionNames, actions, isAction, parts } from '../policy/actions.ts';
import type { WhatIf } from '../policy/explain.ts';
import type {
  PolicyContext,
  PolicyPrincipal,
  PolicyResource,
  ShownProof,
} from '../policy/request.ts';
import type { ProofClass } from '../proofs/proof.ts';
import type { Queries } from '../store/store.ts';
import type { CommandContext } from './command-context.ts';
import { EXIT, type ExitCode } from './exit.ts';
import type { House } from './house.ts';
import { readFolder } from './policy-folder.ts';
import { OUTCOMES, problemsSentence, problemTable, simulationTable } from './policy-words.ts';
import { withHouse } from './with-house.ts';

export interface SimulateOptions {
  readonly action: string;
  readonly person?: string;
  readonly role?: readonly string[];
  readonly group?: readonly string[];
  readonly holds?: readonly string[];
  readonly shown?: readonly string[];
  readonly resource?: string;
  readonly from: string;
  readonly door: string;
  readonly at?: string;
  readonly newDevice?: true;
  readonly with?: string;
}

export function simulate(context: CommandContext, options: SimulateOptions): Promise<ExitCode> {
  const { folder, output } = context;
  const files = options.with === undefined ? undefined : readFolder(folder, options.with);
  if (files && !files.ok) {
    output().problem({ what: files.error });
    return Promise.resolve(EXIT.notFound);
  }
  return withHouse(context, async ({ house }, config) => {
    const { policies, store } = house;
    const question = await store.read((q) => questionOf(q, house, config, options));
    if (!question.ok) {
      output().problem(question.error);
      return question.error.exit;
    }
    const prepared = files && (await policies.prepare(files.value));
    const simulation = prepared
      ? policies.whatIf(prepared, question.value)
      : (await store.read((q) => policies.current(q))).simulate(question.value);
    if (simulation === undefined) {
      const problems = prepared?.problems ?? [];
      output().answer({
        says: problemsSentence(problems, options.with ?? ''),
        table: problemTable(problems),
        data: { ok: false, problems },
      });
      return EXIT.failed;
    }
    output().answer({
      says: OUTCOMES[simulation.answer.state],
      table: simulationTable(simulation),
      data: { request: question.value.request, ...simulation },
    });
    return EXIT.ok;
  });
}

interface Unclear {
  readonly what: string;
  readonly mend?: string;
  readonly exit: ExitCode;
}

async function questionOf(
  q: Queries,
  house: House,
  config: Config,
  options: SimulateOptions,
): Promise<Result<WhatIf, Unclear>> {
  const { action, from, door } = options;
  if (!isAction(action)) {
    return unclear(`There is no action ${action}.`, `The actions are ${actionNames.join(', ')}.`);
  }
  const who = await whoOf(q, house, options);
  if (!who.ok) return who;
  const resource = await resourceOf(q, house, options.resource ?? usualResource(action));
  if (!resource.ok) return resource;
  if (!actions[action].resources.includes(resource.value.kind)) {
    return unclear(
      `${action} is not about ${options.resource ?? 'that'}.`,
      'Name what it is about with --resource.',
    );
  }
  const shown = shownOf(house, options.shown ?? []);
  if (!shown.ok) return shown;
  const time = options.at === undefined ? house.clock.now() : Date.parse(options.at);
  if (Number.isNaN(time)) return unclear(`${options.at} is no time.`, 'Write 2026-01-31T08:00Z.');
  const { principal, presentable } = who.value;
  const known = { address: from, time, door, knownDevice: options.newDevice !== true };
  const request = {
    principal,
    action,
    resource: resource.value,
    context: {
      ...contextOf(config, known),
      holdsPhishingResistant: presentable.some((proof) => proof.phishingResistant),
    },
  };
  return ok({
    request,
    shown: shown.value,
    presentable,
    existing: proofKinds.map((kind) => house.proofs[kind].describe()),
  });
}

/** What policies are told of someone who comes from an address. */
export function contextOf(
  { listen }: Config,
  come: {
    readonly address: string;
    readonly time: number;
    readonly door?: string;
    readonly knownDevice?: boolean;
  },
): PolicyContext {
  const trusted = parseNetworks(listen.trustedNetworks);
  return {
    door: come.door ?? 'web',
    source: come.address,
    trustedNetwork: trusted.ok && trusted.value(come.address),
    knownDevice: come.knownDevice ?? true,
    time: Math.floor(come.time / 1000),
  };
}

function unclear(what: string, mend?: string, exit: ExitCode = EXIT.usage) {
  return failed({ what, ...(mend === undefined ? {} : { mend }), exit });
}

interface Who {
  readonly principal: PolicyPrincipal;
  readonly presentable: readonly ProofClass[];
}

async function whoOf(
  q: Queries,
  house: House,
  { person: named, role, group, holds }: SimulateOptions,
): Promise<Result<Who, Unclear>> {
  if (named !== undefined) {
    const person = await personOf(q, house, named);
    if (!person.ok) return person;
    const { listHeld } = await import('../proofs/held-proofs.ts');
    const held = await listHeld(q, person.value.id);
    const { id, status, roles, groups } = person.value;
    return ok({
      principal: { kind: 'person', id, status, roles, groups },
      presentable: held.map((proof) => house.proofs[proof.kind].describe(proof)),
    });
  }
  const presentable: ProofClass[] = [];
  for (const kind of holds ?? []) {
    if (!isProofKind(kind)) return noProof(kind);
    presentable.push(house.proofs[kind].describe());
  }
  const principal = {
    kind: 'person',
    id: 'someone',
    status: 'active',
    roles: role ?? [],
    groups: group ?? [],
  } as const;
  return ok({ principal, presentable });
}

async function personOf(q: Queries, { people }: House, named: string) {
  const id = parseId<'person'>(named);
  const person = id ? await people.get(q, id satisfies PersonId) : await people.find(q, named);
  return person === undefined
    ? unclear(
        `Nobody is called ${named}.`,
        './sallyport person list shows everyone.',
        EXIT.notFound,
      )
    : ok(person);
}

async function resourceOf(
  q: Queries,
  house: House,
  text: string,
): Promise<Result<PolicyResource, Unclear>> {
  const colon = text.indexOf(':');
  const kind = colon < 0 ? 'part' : text.slice(0, colon);
  const name = text.slice(colon + 1);
  if (kind === 'person') {
    const person = await personOf(q, house, name);
    if (!person.ok) return person;
    const { id, status, roles, groups } = person.value;
    return ok({ kind, id, status, roles, groups });
  }
  if (kind === 'part') {
    const part = parts.find((one) => one === name);
    return part
      ? ok({ kind, id: part })
      : unclear(`There is no part ${name}.`, `The parts are ${parts.join(', ')}.`);
  }
  if (kind === 'application' || kind === 'api' || kind === 'network' || kind === 'asset') {
    return ok({ kind, id: name, groups: [] });
  }
  return unclear(`${kind} is no kind of resource.`, 'Write a part such as policy, or person:NAME.');
}

function usualResource(action: string): string {
  const [room = ''] = action.split('.');
  const usual: Readonly<Record<string, string>> = {
    person: 'people',
    pass: 'people',
    session: 'sessions',
    policy: 'policy',
    record: 'record',
    key: 'keys',
    token: 'tokens',
  };
  return usual[room] ?? 'portal';
}

function shownOf({ proofs }: House, words: readonly string[]): Result<ShownProof[], Unclear> {
  const shown: ShownProof[] = [];
  for (const word of words) {
    const [kind = '', age = '0'] = word.split('@');
    if (!isProofKind(kind) || !/^\d{1,9}$/.test(age)) return noProof(word);
    shown.push({ class: proofs[kind].describe(), age: Number(age) });
  }
  return ok(shown);
}

function isProofKind(text: string): text is ProofKind {
  return proofKinds.some((kind) => kind === text);
}

function noProof(word: string) {
  return unclear(`${word} is no proof.`, `The proofs are ${proofKinds.join(', ')}.`);
}
