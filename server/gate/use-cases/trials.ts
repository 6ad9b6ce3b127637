/**
 * What would happen if? A question asked of the policies in force, or of others, without anything coming of it. Not judged, like
 * `acts.ts`: governance.ts judges who asks by a door, and the command line asks as it is.
 */
import type { ProofKind } from '@sallyport/contract/proofs.ts';
import type { PersonId } from '../../kernel/id.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import type { Simulation, WhatIf } from '../../policy/explain.ts';
import type { Policies } from '../../policy/policies.ts';
import type { PolicyFiles } from '../../policy/policy-files.ts';
import type { Problem } from '../../policy/policy-problem.ts';
import type { PolicyContext, PolicyPrincipal, PolicyRequest } from '../../policy/request.ts';
import { listHeld } from '../../proofs/held-proofs.ts';
import type { ProofClass } from '../../proofs/proof.ts';
import type { Queries, Store } from '../../store/store.ts';
import type { People } from '../../subjects/people.ts';
import type { ProofModules } from '../gate-deps.ts';
import { principalOf } from '../judge.ts';
import type { WishOf } from '../wish.ts';

/** A person who is there, with what they hold, or anyone with these roles and groups who holds these kinds. */
export type Asker =
  | { readonly person: PersonId }
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
  readonly shown: readonly ShownKind[];
  /** In place of those in force. */
  readonly files: PolicyFiles | undefined;
}

export interface ShownKind {
  readonly kind: ProofKind;
  /** In seconds. */
  readonly age: number;
}

export interface Tried {
  readonly request: PolicyRequest;
  readonly simulation: Simulation;
}

export type TrialError =
  | { readonly code: 'not-found' }
  | { readonly code: 'not-valid'; readonly problems: readonly Problem[] };

export type TryOut = (trial: Trial) => Promise<Result<Tried, TrialError>>;

export interface TrialDeps {
  readonly store: Store;
  readonly people: People;
  readonly policies: Policies;
  readonly proofs: ProofModules;
}

export function createTryOut({ store, people, policies, proofs }: TrialDeps): TryOut {
  async function whoIs(q: Queries, asker: Asker): Promise<Who | undefined> {
    if (!('person' in asker)) {
      const { roles, groups, holds } = asker;
      return {
        principal: principalOf({ id: 'someone', status: 'active', roles, groups }),
        classes: holds.map((kind) => proofs[kind].describe()),
      };
    }
    const person = await people.get(q, asker.person);
    if (person === undefined) return undefined;
    const held = await listHeld(q, person.id);
    return {
      principal: principalOf(person),
      classes: held.map((proof) => proofs[proof.kind].describe(proof)),
    };
  }

  return async ({ asker, wish, circumstances, shown, files }) => {
    const prepared = files && (await policies.prepare(files));
    const asked = await store.read(async (q) => {
      const who = await whoIs(q, asker);
      if (who === undefined) return undefined;
      const { principal, classes } = who;
      const holdsPhishingResistant = classes.some((proof) => proof.phishingResistant);
      const question: WhatIf = {
        request: {
          principal,
          ...(await wish(q)),
          context: { ...circumstances, holdsPhishingResistant },
        },
        shown: shown.map(({ kind, age }) => ({
          // What a kind is worth that they hold, or in general when they hold none.
          class: classes.find((one) => one.kind === kind) ?? proofs[kind].describe(),
          age,
        })),
        // What was shown can be shown again, and then is fresh.
        presentable: classes,
        existing: Object.values(proofs).map((module) => module.describe()),
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

interface Who {
  readonly principal: PolicyPrincipal;
  /** What they hold, by its worth. */
  readonly classes: readonly ProofClass[];
}
