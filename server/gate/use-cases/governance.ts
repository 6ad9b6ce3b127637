/**
 * The policies, as people change them from outside: shown, checked, tried, activated, each judged. The command line on the
 * machine itself does the same with policy/policies.ts and trials.ts alone.
 */
import type { Clock } from '../../kernel/clock.ts';
import { ok } from '../../kernel/result.ts';
import type { Simulation } from '../../policy/explain.ts';
import type { Activated, Policies, PolicyVersion } from '../../policy/policies.ts';
import type { PolicyFiles } from '../../policy/policy-files.ts';
import type { Problem } from '../../policy/policy-problem.ts';
import type { Store } from '../../store/store.ts';
import type { People } from '../../subjects/people.ts';
import type { Resources } from '../../subjects/resources.ts';
import type { Arrival } from '../arrival.ts';
import type { Gate, Performed } from '../gate.ts';
import type { ProofModules } from '../gate-deps.ts';
import { policyRequest } from '../judge.ts';
import type { Wish } from '../wish.ts';
import { type NamedWishError, POLICY, wishNamed, wishToEnter } from '../wishes.ts';
import type { Keeping, KeyReused, OnceKey } from './once/once.ts';
import { administratorsOf } from './people/administrators.ts';
import type { Trial, TrialError, TryOut } from './trials.ts';

export interface PoliciesInForce {
  readonly version: number;
  readonly files: PolicyFiles;
  readonly versions: readonly PolicyVersion[];
}

/** A trial as outsiders name it. */
export interface NamedTrial extends Omit<Trial, 'wish'> {
  readonly action: string;
  /** The person whom the action concerns. */
  readonly concerning: string | undefined;
  /** What is to be entered, by id or name. */
  readonly resource?: string | undefined;
}

export interface Governance {
  show(token: string, arrival: Arrival): Promise<Performed<PoliciesInForce, never>>;
  check(
    token: string,
    files: PolicyFiles,
    arrival: Arrival,
  ): Promise<Performed<readonly Problem[], never>>;
  simulate(
    token: string,
    trial: NamedTrial,
    arrival: Arrival,
  ): Promise<Performed<Simulation, TrialError | NamedWishError>>;
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
  readonly resources: Resources;
  readonly policies: Policies;
  readonly proofs: ProofModules;
  readonly clock: Clock;
  readonly tryOut: TryOut;
}

const READ: Wish = { action: 'policy.read', resource: POLICY };
const CHANGE: Wish = { action: 'policy.change', resource: POLICY };

export function createGovernance(deps: GovernanceDeps): Governance {
  const { gate, store, people, resources, policies, proofs, clock, tryOut } = deps;

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
      const { action, concerning, resource, ...rest } = trial;
      const wish =
        action === 'enter' && resource !== undefined
          ? wishToEnter(resources, resource)
          : wishNamed(people, action, concerning);
      if (typeof wish !== 'function') return { state: 'failed', error: wish };
      const tried = await tryOut({ ...rest, wish });
      return tried.ok
        ? { state: 'done', value: tried.value.simulation }
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
          // Whether they can come in again is the question: by then this browser is known.
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
