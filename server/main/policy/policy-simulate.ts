/** `sallyport policy simulate`: the question, made of what was typed, and the answer. */

import { isIP } from 'node:net';
import {
  type CertificateProfile,
  type CertifiedKind,
  certificateProfiles,
  certifiedKinds,
} from '@sallyport/contract/certificates.ts';
import { Role, roles } from '@sallyport/contract/people.ts';
import { processProofKinds } from '@sallyport/contract/processes.ts';
import { ProofKind, proofKinds } from '@sallyport/contract/proofs.ts';
import { enterableKinds } from '@sallyport/contract/resources.ts';
import { trialDefaults } from '@sallyport/contract/trials.ts';
import { readCommand } from '../../gate/network/command-text.ts';
import { usualResource } from '../../gate/wishes.ts';
import { actionNames, actions, isAction, parts } from '../../policy/actions.ts';
import { withDesk } from '../desks/at-desk.ts';
import type { Desk } from '../desks/desk.ts';
import type { Question } from '../desks/policies-desk.ts';
import { deviceAt } from '../device/device-words.ts';
import { personAt } from '../person/person-words.ts';
import { processAt } from '../process/process-words.ts';
import { tellBy } from '../remote/refused.ts';
import { KIND_WORDS } from '../resource/resource-options.ts';
import { resourceAt } from '../resource/resource-words.ts';
import type { CommandContext } from '../terminal/command-context.ts';
import { Ended, EXIT, type ExitCode } from '../terminal/exit.ts';
import type { Output, Problem } from '../terminal/output.ts';
import { didYouMean, misused } from '../terminal/typed.ts';
import { readFolder } from './policy-folder.ts';
import {
  isByNobody,
  OUTCOMES,
  problemsIn,
  problemsSentence,
  problemTable,
  simulationTable,
} from './policy-words.ts';

export interface SimulateOptions {
  readonly action: string;
  readonly person?: string;
  readonly process?: string;
  readonly device?: string;
  readonly scope?: readonly string[];
  readonly function?: string;
  readonly method?: string;
  readonly command?: string;
  readonly service?: string;
  readonly certificate?: string;
  readonly name?: readonly string[];
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

export async function simulate(context: CommandContext, typed: SimulateOptions): Promise<ExitCode> {
  const { folder } = context;
  const options = parted(typed);
  const output = context.output();
  const files = options.with === undefined ? undefined : readFolder(folder, options.with);
  if (files && !files.ok) return misused(output, { what: files.error });
  const unclear = unclearIn(options);
  if (unclear !== undefined) return misused(output, unclear);
  return withDesk(context, async (desk) => {
    const question = await questionOf(desk, options, output);
    const simulated = await desk.policies.simulate({
      ...question,
      ...(files === undefined ? {} : { files: { ...files.value } }),
    });
    if (simulated.ok) {
      output.answer({
        says: OUTCOMES[simulated.value.state],
        table: simulationTable(simulated.value),
        ...(isByNobody(simulated.value)
          ? { next: 'No policy permits it, and what none permits is refused.' }
          : {}),
        data: simulated.value,
      });
      return EXIT.ok;
    }
    return refusedTrial(options.with ?? '')(output, simulated.error);
  });
}

const refusedTrial = (policies: string) =>
  tellBy({
    'policy-not-valid': (members) => {
      const problems = problemsIn(members);
      return { what: problemsSentence(problems, policies), table: problemTable(problems) };
    },
  });

/** Lists may be written with commas, too: no kind of proof, role or scope has one in it. */
function parted(options: SimulateOptions): SimulateOptions {
  const parts = (list: readonly string[] | undefined) =>
    list?.flatMap((one) => one.split(',')).filter((one) => one !== '');
  const { holds, shown, role, scope } = options;
  return {
    ...options,
    ...(holds && { holds: parts(holds) ?? [] }),
    ...(shown && { shown: parts(shown) ?? [] }),
    ...(role && { role: parts(role) ?? [] }),
    ...(scope && { scope: parts(scope) ?? [] }),
  };
}

/** What can't be meant so, whoever is there. */
function unclearIn(options: SimulateOptions) {
  const { action, role, from, holds, shown, command, time, certificate, name } = options;
  if (!isAction(action)) {
    return {
      what: `There is no action ${action}.${didYouMean(action, actionNames)}`,
      mend: `The actions are ${actionNames.join(', ')}.`,
    };
  }
  const askers = (['person', 'process', 'device'] as const).filter((one) => options[one]);
  if (askers.length > 1) {
    return {
      what: `One asks at a time, and not ${askers.map((one) => `--${one}`).join(' and ')}.`,
    };
  }
  const { principals } = actions[action];
  const asker = askers[0] ?? 'person';
  if (!principals.includes(asker)) {
    return {
      what: `${action} is nothing that a ${asker} asks for.`,
      mend: `Name who does: ${principals.map((one) => `--${one} NAME`).join(' or ')}.`,
    };
  }
  const stray = (role ?? []).find((one) => !Role.safeParse(one).success);
  if (stray !== undefined) {
    return {
      what: `There is no role ${stray}.${didYouMean(stray, roles)}`,
      mend: `The roles are ${roles.join(', ')}. Groups are named with --group.`,
    };
  }
  const nowhere = noAddressIn([from]);
  if (nowhere !== undefined) return nowhere;
  const held = (holds ?? []).find((kind) => !ProofKind.safeParse(kind).success);
  if (held !== undefined) return noProof(held);
  const strange = (shown ?? []).find((word) => shownOf(word) === undefined);
  if (strange !== undefined) return noProof(strange);
  if (command !== undefined && !readCommand(command, []).ok) {
    return {
      what: 'That is no command: it is plain ASCII, of 2000 characters at most.',
      mend: 'Network devices are refused any other, whatever policies say.',
    };
  }
  if (certificate !== undefined && certificateOf(certificate) === undefined) {
    return {
      what: `${certificate} is no certificate.`,
      mend: `Write whose it is and its profile, as server:server. Whose: ${certifiedKinds.join(', ')}; profiles: ${certificateProfiles.join(', ')}.`,
    };
  }
  if (name !== undefined && certificate === undefined) {
    return {
      what: '--name is of a certificate, and none was said.',
      mend: 'Say which with --certificate, as server:server.',
    };
  }
  if (time !== undefined && Number.isNaN(Date.parse(time))) {
    return { what: `${time} is no time.`, mend: 'Write 2026-01-31T08:00Z.' };
  }
  return undefined;
}

/** The question in the words of the API. What was typed was looked at by `unclearIn`. */
async function questionOf(desk: Desk, options: SimulateOptions, output: Output): Promise<Question> {
  const { action, door, from: source, time, newDevice, command, service, name = [] } = options;
  const certificate = certificateOf(options.certificate ?? '');
  return {
    ...(await askerOf(desk, options, output)),
    ...(await subjectOf(desk, options, output)),
    action,
    door,
    source,
    knownDevice: newDevice ? false : trialDefaults.knownDevice,
    ...(time === undefined ? {} : { at: new Date(time).toISOString() }),
    shown: (options.shown ?? []).flatMap((word) => shownOf(word) ?? []),
    scopes: [...(options.scope ?? [])],
    function: options.function ?? '',
    method: options.method ?? '',
    ...(command === undefined ? {} : { command }),
    ...(service === undefined ? {} : { service }),
    ...(certificate && { certificate: { ...certificate, names: [...name] } }),
  };
}

/** Why these can't be where someone comes from; undefined when they can. */
export function noAddressIn(addresses: readonly string[]): Problem | undefined {
  const wrong = addresses.find((address) => isIP(address) === 0);
  return wrong === undefined
    ? undefined
    : {
        what: `--from ${wrong}: that is no address.`,
        mend: 'Write one such as 192.0.2.7 or 2001:db8::7.',
      };
}

async function askerOf(
  { people, processes, devices }: Desk,
  { person, process, device, role, group, holds }: SimulateOptions,
  output: Output,
): Promise<Pick<Question, 'person' | 'process' | 'device' | 'someone'>> {
  if (process !== undefined) return { process: (await processAt(processes, process, output)).id };
  if (device !== undefined) return { device: (await deviceAt(devices, device, output)).id };
  if (person !== undefined) return { person: (await personAt(people, person, output)).id };
  return {
    someone: {
      roles: (role ?? []).map((one) => Role.parse(one)),
      groups: [...(group ?? [])],
      holds: (holds ?? []).map((kind) => ProofKind.parse(kind)),
    },
  };
}

/** What it is about: a part, a person by their name, or something that can be entered. */
async function subjectOf(
  { people, resources, devices }: Desk,
  { action, resource: typed }: SimulateOptions,
  output: Output,
): Promise<Pick<Question, 'concerning' | 'resource' | 'about'>> {
  function end(problem: Problem, code: ExitCode = EXIT.usage): never {
    output.problem(problem);
    throw new Ended(code);
  }
  const [kind, name] = typed === undefined ? usual(action) : kindAndName(typed);
  const known = resourceKinds.find((one) => one === kind);
  if (known === undefined) {
    return end({
      what: `${kind} is no kind of resource.`,
      mend: 'Write a part such as policy, or person:NAME, network:DEVICE, api:NAME, site:NAME, application:NAME.',
    });
  }
  if (known === 'part' && !parts.some((one) => one === name)) {
    return end({ what: `There is no part ${name}.`, mend: noPartMend(action, name) });
  }
  if (!isAction(action) || !actions[action].resources.includes(known)) {
    return end({
      what:
        typed === undefined ? `${action} is about something.` : `${action} is not about ${typed}.`,
      mend: `Name what it is about: ${aboutWords(action)}.`,
    });
  }
  if (typed === undefined) return {};
  switch (known) {
    case 'person':
      return { concerning: (await personAt(people, name, output)).id };
    case 'application':
    case 'api':
    case 'site': {
      const found = await resourceAt(resources, name, output);
      if (found.kind === known) return { resource: found.id };
      return end(
        {
          what: `There is no ${known} “${name}”: it is ${KIND_WORDS[found.kind]}.`,
          mend: './sallyport resource list shows what there is.',
        },
        EXIT.notFound,
      );
    }
    case 'network':
      return { about: { kind: known, name: (await deviceAt(devices, name, output)).name } };
    default:
      return { about: { kind: known, name } };
  }
}

function aboutWords(action: string): string {
  const kinds = isAction(action) ? actions[action].resources : [];
  return kinds
    .map((kind) => (kind === 'part' ? '--resource PART' : `--resource ${kind}:NAME`))
    .join(' or ');
}

/** What an action is about when nobody says. */
function usual(action: string): readonly [kind: string, name: string] {
  const resource = isAction(action) ? usualResource(action) : undefined;
  return [resource?.kind ?? '', resource?.id ?? ''];
}

/** Most often the kind was left out: of what is entered, it stands before the name. */
function noPartMend(action: string, name: string): string {
  const kinds = isAction(action) ? actions[action].resources : [];
  const named = kinds.filter((kind) => kind !== 'part').map((kind) => `${kind}:${name}`);
  const aboutParts = kinds.length === 0 || named.length < kinds.length;
  return [
    ...(named.length > 0 ? [`Write its kind before it: ${named.join(', ')}.`] : []),
    ...(aboutParts ? [`The parts are ${parts.join(', ')}.`] : []),
  ].join(' ');
}

function kindAndName(text: string): readonly [kind: string, name: string] {
  const colon = text.indexOf(':');
  return [colon < 0 ? 'part' : text.slice(0, colon), text.slice(colon + 1)];
}

function certificateOf(
  text: string,
): { readonly kind: CertifiedKind; readonly profile: CertificateProfile } | undefined {
  const [ofKind, ofProfile, ...more] = text.split(':');
  const kind = certifiedKinds.find((one) => one === ofKind);
  const profile = certificateProfiles.find((one) => one === ofProfile);
  return kind && profile && more.length === 0 ? { kind, profile } : undefined;
}

function shownOf(word: string): NonNullable<Question['shown']>[number] | undefined {
  const [kind = '', age = '0'] = word.split('@');
  const known = shownKinds.find((one) => one === kind);
  return known === undefined || !/^\d{1,9}$/.test(age)
    ? undefined
    : { kind: known, age: Number(age) };
}

const shownKinds = [...proofKinds, ...processProofKinds, 'mac'] as const;
const resourceKinds = ['part', 'person', ...enterableKinds, 'network', 'asset'] as const;

function noProof(word: string): Problem {
  return {
    what: `${word} is no proof.${didYouMean(word.replace(/@.*/, ''), shownKinds)}`,
    mend: `The proofs are ${shownKinds.join(', ')}. Several stand with a space between them.`,
  };
}
