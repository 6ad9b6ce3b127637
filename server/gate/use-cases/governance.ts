/**
 * The policies, as people change them from outside: shown, checked, tried, activated, each judged. The command line on the
 * machine itself does the same with policy/policies.ts alone.
 */
import type { ProofKind } from '@sallyport/contract/proofs.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { PersonId } from '../../kernel/id.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import type { Simulation, WhatIf } from '../../policy/explain.ts';
import type { Activated, Policies, PolicyVersion } from '../../policy/policies.ts';
import type { PolicyFiles } from '../../policy/policy-files.ts';
import type { Problem } from '../../policy/problem.ts';
import type { PolicyContext } from '../../policy/request.ts';
import { listHeld } from '../../proofs/held-proofs.ts';
import type { HeldProof } from '../../proofs/proof.ts';
import type { Store } from '../../store/store.ts';
import type { People } from '../../subjects/people.ts';
import type { Arrival } from '../arrival.ts';
import type { Gate, Performed } from '../gate.ts';
import type { ProofModules } from '../gate-deps.ts';
import { policyRequest, principalOf } from '../judge.ts';
import type { Wish } from '../wish.ts';
import { type NamedWishError, POLICY, wishNamed } from '../wishes.ts';
import { administratorsOf } from './administrators.ts';
import type { Keeping, KeyReused, OnceKey } from './once.ts';

export interface PoliciesInForce {
  readonly version: number;
  readonly files: PolicyFiles;
  readonly versions: readonly PolicyVersion[];
}

/** What would happen if this person asked for this, from there, having shown that? */
export interface Trial {
  readonly person: PersonId;
  readonly action: string;
  /** The person whom the action concerns. */
  readonly concerning: string | undefined;
  readonly circumstances: PolicyContext;
  readonly shown: readonly ProofKind[];
  /** In place of those in force. */
  readonly files: PolicyFiles | undefined;
}

export type TrialError =
  | NamedWishError
  | { readonly code: 'not-valid'; readonly problems: readonly Problem[] };

export interface Governance {
  show(token: string, arrival: Arrival): Promise<Performed<PoliciesInForce, never>>;
  check(
    token: string,
    files: PolicyFiles,
    arrival: Arrival,
  ): Promise<Performed<readonly Problem[], never>>;
  simulate(
    token: string,
    trial: Trial,
    arrival: Arrival,
  ): Promise<Performed<Simulation, TrialError>>;
  activate(
    token: string,
    offered: { readonly files: PolicyFiles; readonly expected: number | undefined },
    arrival: Arrival,
    once?: OnceKey,
  ): Promise<Performed<Activated, KeyReused>>;
}

export interface GovernanceDeps {
  readonly gate: Gate;
  readonly store: Store;
  readonly people: People;
  readonly policies: Policies;
  readonly proofs: ProofModules;
  readonly clock: Clock;
}

const READ: Wish = { action: 'policy.read', resource: POLICY };
const CHANGE: Wish = { action: 'policy.change', resource: POLICY };

/** Asks without anything coming of it. */
async function tryOut(
  { store, people, policies, proofs }: Omit<GovernanceDeps, 'gate'>,
  trial: Trial,
): Promise<Result<Simulation, TrialError>> {
  const prepared = trial.files && (await policies.prepare(trial.files));
  const wish = wishNamed(people, trial.action, trial.concerning);
  if (typeof wish !== 'function') return failed(wish);
  const asked = await store.read(async (q) => {
    const person = await people.get(q, trial.person);
    if (person === undefined) return undefined;
    const held = await listHeld(q, person.id);
    const question: WhatIf = {
      request: {
        principal: principalOf(person),
        ...(await wish(q)),
        context: trial.circumstances,
      },
      shown: trial.shown.map((kind) => ({ class: classOf(proofs, kind, held), age: 0 })),
      presentable: held
        .filter(({ kind }) => !trial.shown.includes(kind))
        .map((proof) => proofs[proof.kind].describe(proof)),
      existing: Object.values(proofs).map((module) => module.describe()),
    };
    const active = await policies.current(q);
    return { question, now: active.simulate(question) };
  });
  if (asked === undefined) return failed({ code: 'not-found' });
  if (prepared === undefined) return ok(asked.now);
  const then = policies.whatIf(prepared, asked.question);
  return then === undefined ? failed({ code: 'not-valid', problems: prepared.problems }) : ok(then);
}

/** What a kind is worth that they hold, or in general when they hold none. */
function classOf(proofs: ProofModules, kind: ProofKind, held: readonly HeldProof[]) {
  return proofs[kind].describe(held.find((proof) => proof.kind === kind));
}

export function createGovernance(deps: GovernanceDeps): Governance {
  const { gate, store, people, policies, proofs, clock } = deps;

  return {
    async show(token, arrival) {
      const judged = await gate.judge(token, READ, arrival);
      if (judged.state !== 'granted') return judged;
      return store.read(async (q) => {
        const [files, versions] = [await policies.files(q), await policies.versions(q)];
        // Unreadable policies permit nothing, so nobody was let through to here.
        if (!files.ok) return { state: 'refused', reason: 'unavailable' };
        return { state: 'done', value: { ...files.value, versions } };
      });
    },

    async check(token, files, arrival) {
      const judged = await gate.judge(token, READ, arrival);
      if (judged.state !== 'granted') return judged;
      return { state: 'done', value: await policies.check(files) };
    },

    async simulate(token, trial, arrival) {
      const judged = await gate.judge(token, READ, arrival);
      if (judged.state !== 'granted') return judged;
      const tried = await tryOut(deps, trial);
      return tried.ok
        ? { state: 'done', value: tried.value }
        : { state: 'failed', error: tried.error };
    },

    async activate(token, { files, expected }, arrival, once) {
      // Judged before the files are looked at, which is work, and again in the transaction, which is what counts.
      const judged = await gate.judge(token, CHANGE, arrival);
      if (judged.state !== 'granted') return judged;
      const prepared = await policies.prepare(files);
      const keeping: Keeping<Activated> = {
        once,
        // A refusal is not kept: what stood in its way may be gone by the next time.
        keep: (value) => (value.state === 'activated' ? String(value.version) : undefined),
        again: async (_tx, version) => ({ state: 'activated', version: Number(version) }),
      };
      return gate.performOnce(token, CHANGE, arrival, keeping, async (tx, { session, by }) => {
        const { context } = policyRequest(
          { ...session, id: session.subject },
          CHANGE,
          arrival,
          session.device !== undefined,
          clock.now(),
        );
        // A refusal is an answer and no error: that it was refused goes on record.
        return ok(
          await policies.activate(tx, prepared, {
            by,
            administrators: await administratorsOf(tx, { people, proofs }),
            circumstances: [context],
            ...(expected === undefined ? {} : { expected }),
          }),
        );
      });
    },
  };
}
