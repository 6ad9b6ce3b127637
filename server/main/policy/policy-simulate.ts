/** `sallyport policy simulate`: the question, made of what was typed, and the answer. */

import { isIP } from 'node:net';
import { roles } from '@sallyport/contract/people.ts';
import { type ProcessProofKind, processProofKinds } from '@sallyport/contract/processes.ts';
import { type ProofKind, proofKinds } from '@sallyport/contract/proofs.ts';
import { enterableKinds } from '@sallyport/contract/resources.ts';
import { nearest } from '../../config/nearest.ts';
import type { Config } from '../../config/sections.ts';
import type { Asker, ShownKind, Trial } from '../../gate/use-cases/trials.ts';
import type { WishOf } from '../../gate/wish.ts';
import { usualResource, wishAbout } from '../../gate/wishes.ts';
import { SECOND } from '../../kernel/clock.ts';
import { type PersonId, parseId } from '../../kernel/id.ts';
import { checkedNetworks } from '../../kernel/networks.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { type Action, actionNames, actions, isAction, parts } from '../../policy/actions.ts';
import type { PolicyContext, PolicyResource } from '../../policy/request.ts';
import type { House } from '../house.ts';
import type { CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { withHouse } from '../with-house.ts';
import { readFolder } from './policy-folder.ts';
import { OUTCOMES, problemsSentence, problemTable, simulationTable } from './policy-words.ts';

export interface SimulateOptions {
  readonly action: string;
  readonly person?: string;
  readonly process?: string;
  readonly scope?: readonly string[];
  readonly function?: string;
  readonly method?: string;
  readonly role?: readonly string[];
  readonly group?: readonly string[];
  readonly holds?: readonly string[];
  readonly shown?: readonly string[];
  readonly resource?: string;
  readonly from: string;
  readonly door: string;
  readonly time?: string;
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
    const trial = await trialOf(house, config, options);
    if (!trial.ok) {
      output().problem(trial.error);
      return trial.error.exit;
    }
    const tried = await house.tryOut({ ...trial.value, files: files?.value });
    if (tried.ok) {
      const { request, simulation } = tried.value;
      output().answer({
        says: OUTCOMES[simulation.answer.state],
        table: simulationTable(simulation),
        data: { request, ...simulation },
      });
      return EXIT.ok;
    }
    if (tried.error.code === 'not-found') {
      const { exit, ...problem } = nobody(options.person ?? options.process ?? '');
      output().problem(problem);
      return exit;
    }
    const { problems } = tried.error;
    output().answer({
      says: problemsSentence(problems, options.with ?? ''),
      table: problemTable(problems),
      data: { ok: false, problems },
    });
    return EXIT.failed;
  });
}

interface Unclear {
  readonly what: string;
  readonly mend?: string;
  readonly exit: ExitCode;
}

async function trialOf(
  house: House,
  config: Config,
  options: SimulateOptions,
): Promise<Result<Omit<Trial, 'files'>, Unclear>> {
  const { action, from, door } = options;
  if (!isAction(action)) {
    return unclear(
      `There is no action ${action}.${meant(action, actionNames)}`,
      `The actions are ${actionNames.join(', ')}.`,
    );
  }
  const stray = (options.role ?? []).find((role) => !roles.some((known) => known === role));
  if (stray !== undefined) {
    return unclear(
      `There is no role ${stray}.${meant(stray, roles)}`,
      `The roles are ${roles.join(', ')}. Groups are named with --group.`,
    );
  }
  const nowhere = noAddressIn([from]);
  if (nowhere !== undefined) return nowhere;
  const asker = await askerOf(house, options);
  if (!asker.ok) return asker;
  const wish = await wishOf(house, action, options.resource);
  if (!wish.ok) return wish;
  const shown = shownOf(options.shown ?? []);
  if (!shown.ok) return shown;
  const time = options.time === undefined ? house.clock.now() : Date.parse(options.time);
  if (Number.isNaN(time)) return unclear(`${options.time} is no time.`, 'Write 2026-01-31T08:00Z.');
  const known = { address: from, time, door, knownDevice: options.newDevice !== true };
  return ok({
    asker: asker.value,
    wish: wish.value,
    circumstances: contextOf(config, known),
    shown: shown.value,
    entering: {
      scopes: options.scope ?? [],
      function: options.function ?? '',
      method: options.method ?? '',
    },
  });
}

function meant(typed: string, names: readonly string[]): string {
  const near = nearest(typed, names);
  return near === undefined ? '' : ` Did you mean ${near}?`;
}

/** Why these can't be where someone comes from; undefined when they can. */
export function noAddressIn(addresses: readonly string[]) {
  const wrong = addresses.find((address) => isIP(address) === 0);
  return wrong === undefined
    ? undefined
    : unclear(
        `--from ${wrong}: that is no address.`,
        'Write one such as 192.0.2.7 or 2001:db8::7.',
      );
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
  return {
    door: come.door ?? 'web',
    source: come.address,
    trustedNetwork: checkedNetworks(listen.trustedNetworks)(come.address),
    knownDevice: come.knownDevice ?? true,
    time: Math.floor(come.time / SECOND),
  };
}

function unclear(what: string, mend?: string) {
  return failed({ what, ...(mend === undefined ? {} : { mend }), exit: EXIT.usage });
}

function nobody(named: string): Unclear {
  return {
    what: `Nobody is called ${named}.`,
    mend: './sallyport person list shows everyone.',
    exit: EXIT.notFound,
  };
}

async function askerOf(
  house: House,
  { person: named, process, role, group, holds }: SimulateOptions,
): Promise<Result<Asker, Unclear>> {
  if (process !== undefined) {
    const found = await house.store.read((q) => house.processes.find(q, process));
    return found === undefined
      ? failed({
          what: `There is no process “${process}”.`,
          mend: './sallyport process list shows them.',
          exit: EXIT.notFound,
        })
      : ok({ process });
  }
  if (named !== undefined) {
    const person = await personOf(house, named);
    return person.ok ? ok({ person: person.value }) : person;
  }
  const kinds: ProofKind[] = [];
  for (const kind of holds ?? []) {
    const known = proofKinds.find((one) => one === kind);
    if (known === undefined) return noProof(kind);
    kinds.push(known);
  }
  return ok({ roles: role ?? [], groups: group ?? [], holds: kinds });
}

async function personOf(
  { people, store }: House,
  named: string,
): Promise<Result<PersonId, Unclear>> {
  const id = parseId<'person'>(named);
  const person = await store.read((q) => (id ? people.get(q, id) : people.find(q, named)));
  return person === undefined ? failed(nobody(named)) : ok(person.id);
}

async function wishOf(
  house: House,
  action: Action,
  named: string | undefined,
): Promise<Result<WishOf, Unclear>> {
  const resource = named === undefined ? ok(usualResource(action)) : await resourceOf(house, named);
  if (!resource.ok) return resource;
  const { value } = resource;
  const kind = typeof value === 'string' ? 'person' : value.kind;
  if (!actions[action].resources.includes(kind)) {
    return unclear(
      `${action} is not about ${named ?? 'that'}.`,
      'Name what it is about with --resource.',
    );
  }
  return ok(
    typeof value === 'string'
      ? wishAbout(house.people, action, value)
      : async () => ({ action, resource: value }),
  );
}

/** A person by their id, or what is told whole. */
async function resourceOf(
  house: House,
  text: string,
): Promise<Result<PersonId | PolicyResource, Unclear>> {
  const colon = text.indexOf(':');
  const kind = colon < 0 ? 'part' : text.slice(0, colon);
  const name = text.slice(colon + 1);
  if (kind === 'person') return personOf(house, name);
  if (kind === 'part') {
    const part = parts.find((one) => one === name);
    return part
      ? ok({ kind, id: part })
      : unclear(`There is no part ${name}.`, `The parts are ${parts.join(', ')}.`);
  }
  const enterable = enterableKinds.find((one) => one === kind);
  if (enterable !== undefined) {
    const found = await house.store.read((q) => house.resources.find(q, name));
    return found?.kind === enterable
      ? ok({ kind: enterable, id: found.name, groups: found.groups })
      : failed({
          what: `There is no ${enterable} “${name}”.`,
          mend: './sallyport resource list shows what there is.',
          exit: EXIT.notFound,
        });
  }
  if (kind === 'network' || kind === 'asset') return ok({ kind, id: name, groups: [] });
  return unclear(
    `${kind} is no kind of resource.`,
    'Write a part such as policy, or person:NAME, api:NAME, site:NAME, application:NAME.',
  );
}

function shownOf(words: readonly string[]): Result<ShownKind[], Unclear> {
  const shown: ShownKind[] = [];
  for (const word of words) {
    const [kind = '', age = '0'] = word.split('@');
    if (!isProofKind(kind) || !/^\d{1,9}$/.test(age)) return noProof(word);
    shown.push({ kind, age: Number(age) });
  }
  return ok(shown);
}

const shownKinds = [...proofKinds, ...processProofKinds] as const;

function isProofKind(text: string): text is ProofKind | ProcessProofKind {
  return shownKinds.some((kind) => kind === text);
}

function noProof(word: string) {
  return unclear(
    `${word} is no proof.${meant(word.replace(/@.*/, ''), shownKinds)}`,
    `The proofs are ${shownKinds.join(', ')}.`,
  );
}
