/**
 * What would happen if? A question asked of the policies in force, or of others, without anything coming of it. Not judged itself:
 * governance.ts judges who asks by a door, and the command line asks as it is.
 */
import { type ProcessProofKind, processProofKinds } from '@sallyport/contract/processes.ts';
import type { ProofKind } from '@sallyport/contract/proofs.ts';
import { SECOND } from '../../../kernel/clock.ts';
import type { PersonId } from '../../../kernel/id.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import type { Simulation, WhatIf } from '../../../policy/explain.ts';
import type { Policies } from '../../../policy/policies.ts';
import type { PolicyFiles } from '../../../policy/policy-files.ts';
import type { Problem } from '../../../policy/policy-problem.ts';
import type {
  AnyProofClass,
  DeviceProofClass,
  EntryContext,
  PolicyContext,
  PolicyPrincipal,
  PolicyRequest,
} from '../../../policy/request.ts';
import { listHeld } from '../../../proofs/held-proofs.ts';
import { inForce, listProcessProofs } from '../../../proofs/process-held.ts';
import type { ProcessProofModules } from '../../../proofs/process-proof.ts';
import type { HeldProof, ProofClass } from '../../../proofs/proof.ts';
import type { Queries, Store } from '../../../store/store.ts';
import type { Devices } from '../../../subjects/devices.ts';
import type { People } from '../../../subjects/people.ts';
import type { DeviceFacts } from '../../../subjects/posture.ts';
import type { Processes } from '../../../subjects/processes.ts';
import type { Resources } from '../../../subjects/resources.ts';
import { deviceClasses } from '../../device-classes.ts';
import { contextOf } from '../../entry/entrances.ts';
import type { GateDeps, ProofModules } from '../../gate-deps.ts';
import type { CommandConfig } from '../../network/command-config.ts';
import { devicePrincipal, principalOf, processPrincipal } from '../../policy-request.ts';
import { shownHere } from '../../shown-here.ts';
import type { WishOf } from '../../wish.ts';
import { createTriedAtNetwork } from './tried-at-network.ts';

/** A person who is there, with what they hold, or anyone with these roles and groups who holds these kinds. */
export type Asker =
  | { readonly person: PersonId }
  /** A process by its id or name, with the proofs that it holds. */
  | { readonly process: string }
  /** A device by its id or name, as it is and as it last told of itself. */
  | { readonly device: string }
  | {
      readonly roles: readonly string[];
      readonly groups: readonly string[];
      readonly holds: readonly ProofKind[];
    };

/** What would happen if they asked for this, from there, having shown that? */
export interface Trial {
  readonly asker: Asker;
  readonly wish: WishOf;
  readonly circumstances: PolicyContext;
  /** A process that shows nothing is taken to show the strongest proof that it holds, a device its certificate. */
  readonly shown: readonly ShownKind[];
  /** What of a resource is to be entered, where the wish is to enter one. */
  readonly entering?: TriedEntry | undefined;
  /** What is to be run at a network device, where the wish is to run a command. */
  readonly command?: string | undefined;
  /** In place of those in force. */
  readonly files: PolicyFiles | undefined;
}

export interface TriedEntry {
  readonly scopes: readonly string[];
  /** Of a site; empty elsewhere. */
  readonly function: string;
  readonly method: string;
}

export interface ShownKind {
  readonly kind: ProofKind | ProcessProofKind | 'mac';
  /** In seconds. */
  readonly age: number;
}

export interface Tried {
  readonly request: PolicyRequest;
  readonly simulation: Simulation;
}

export type TrialError =
  | { readonly code: 'not-found' }
  | { readonly code: 'policy-not-checked' }
  | { readonly code: 'not-valid'; readonly problems: readonly Problem[] };

export type TryOut = (trial: Trial) => Promise<Result<Tried, TrialError>>;

export interface TrialDeps {
  readonly store: Store;
  readonly people: People;
  readonly processes: Processes;
  readonly resources: Resources;
  readonly processProofs: ProcessProofModules;
  readonly policies: Policies;
  readonly proofs: ProofModules;
  readonly devices: Pick<Devices, 'find'>;
  readonly commands: CommandConfig;
  readonly deviceFacts: GateDeps['deviceFacts'];
}

const NO_ENTRY: TriedEntry = { scopes: [], function: '', method: '' };

export function createTryOut(deps: TrialDeps): TryOut {
  const { store, people, processes, resources, policies, proofs, processProofs } = deps;
  const network = createTriedAtNetwork(deps);

  async function whoIsProcess(q: Queries, named: string, now: number): Promise<Who | undefined> {
    const process = await processes.find(q, named);
    if (process === undefined) return undefined;
    const { id, entries } = process;
    const held = await listProcessProofs(q, id);
    const classes = processProofKinds.flatMap((kind) =>
      inForce(held, kind, now).map((proof) => processProofs[kind].describe(proof)),
    );
    return {
      principal: processPrincipal(process),
      // Nobody asks a process for more: it comes with its proof, or it does not.
      presentable: [],
      held: classes,
      shows: classes.slice(0, 1),
      listing: { id, entries },
    };
  }

  async function whoIsDevice(q: Queries, named: string, now: number): Promise<Who | undefined> {
    const device = await deps.devices.find(q, named);
    if (device === undefined) return undefined;
    const { id, groups } = device;
    return {
      principal: devicePrincipal(device),
      presentable: [],
      held: Object.values(deviceClasses),
      shows: [deviceClasses.certificate],
      listing: { id, groups },
      facts: deps.deviceFacts(device, now),
    };
  }

  /** What policies would be told of the entry; undefined where there is no such resource. */
  async function entryOf(
    q: Queries,
    named: string,
    { scopes, function: name, method }: TriedEntry,
    { listing }: Who,
  ): Promise<EntryContext | undefined> {
    const resource = await resources.find(q, named);
    if (resource === undefined) return undefined;
    const rules = resource.kind === 'site' ? resource.detail.rules : [];
    const sensitive = rules.some((rule) => rule.function === name && rule.sensitive);
    const entrance = { resource, function: name, method, sensitive, public: false };
    return contextOf(entrance, scopes, listing);
  }

  async function whoIs(q: Queries, asker: Asker, now: number): Promise<Who | undefined> {
    if ('process' in asker) return whoIsProcess(q, asker.process, now);
    if ('device' in asker) return whoIsDevice(q, asker.device, now);
    if (!('person' in asker)) {
      const { roles, groups, holds } = asker;
      const classes = holds.map((kind) => proofs[kind].describe());
      return {
        principal: principalOf({ id: 'someone', status: 'active', roles, groups }),
        presentable: classes,
        held: classes,
        shows: [],
        listing: { groups },
      };
    }
    const person = await people.get(q, asker.person);
    if (person === undefined) return undefined;
    const held = await listHeld(q, person.id);
    const classesOf = (some: readonly HeldProof[]) =>
      some.map((proof) => proofs[proof.kind].describe(proof));
    const { groups } = person;
    return {
      principal: principalOf(person),
      presentable: classesOf(shownHere(proofs, held)),
      held: classesOf(held),
      shows: [],
      listing: { groups },
    };
  }

  function classOf(kind: ShownKind['kind'], held: readonly AnyClass[]): AnyClass {
    // What a kind is worth that they hold, or in general when they hold none.
    const known = held.find((one) => one.kind === kind);
    if (known !== undefined) return known;
    if (kind === 'mac') return deviceClasses.mac;
    const ofProcess = processProofKinds.find((one) => one === kind);
    return ofProcess === undefined
      ? proofs[kind as ProofKind].describe() // It is of a person when it is of no process.
      : processProofs[ofProcess].describe();
  }

  return async ({ asker, wish, circumstances, shown, entering = NO_ENTRY, command, files }) => {
    const prepared = files && (await policies.prepare(files));
    if (prepared?.late) return failed({ code: 'policy-not-checked' });
    const asked = await store.read(async (q) => {
      const who = await whoIs(q, asker, circumstances.time * SECOND);
      if (who === undefined) return undefined;
      const { principal, presentable, held, shows } = who;
      const named = await wish(q);
      const { kind, id } = named.resource;
      const resource = kind === 'network' ? await network.resource(q, id) : named.resource;
      if (resource === undefined) return undefined;
      const wished = { ...named, resource };
      const run =
        command === undefined || wished.action !== 'runCommand'
          ? undefined
          : network.command(command, circumstances.time * SECOND);
      const entry =
        wished.action === 'enter' ? await entryOf(q, wished.resource.id, entering, who) : undefined;
      if (wished.action === 'enter' && entry === undefined) return undefined;
      const holdsPhishingResistant = held.some((proof) => proof.phishingResistant);
      const question: WhatIf = {
        request: {
          principal,
          ...wished,
          context: {
            ...circumstances,
            holdsPhishingResistant,
            ...(entry && { entry }),
            ...(run && { command: run }),
            ...(who.facts && { device: who.facts }),
          },
        },
        shown:
          shown.length === 0
            ? shows.map((one) => ({ class: one, age: 0 }))
            : shown.map(({ kind, age }) => ({ class: classOf(kind, held), age })),
        // What was shown can be shown again, and then is fresh.
        presentable,
        existing:
          principal.kind !== 'person'
            ? []
            : Object.values(proofs).map((module) => module.describe()),
      };
      const active = await policies.current(q);
      return { question, now: active.simulate(question) };
    });
    if (asked === undefined) return failed({ code: 'not-found' });
    const { question, now } = asked;
    const simulation = prepared ? policies.whatIf(prepared, question) : now;
    if (simulation === undefined) {
      return failed({ code: 'not-valid', problems: prepared?.problems ?? [] });
    }
    return ok({ request: question.request, simulation });
  };
}

type AnyClass = AnyProofClass | DeviceProofClass;

interface Who {
  readonly principal: PolicyPrincipal;
  /** What they can be asked for, by its worth. */
  readonly presentable: readonly ProofClass[];
  readonly held: readonly AnyClass[];
  /** What they show unless it is said. */
  readonly shows: readonly AnyClass[];
  /** Of a device. */
  readonly facts?: DeviceFacts;
  /** What tells whether they are listed for a resource. */
  readonly listing: Parameters<typeof contextOf>[2];
}
