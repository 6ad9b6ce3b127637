/**
 * The policies, as people change them from outside: shown, checked, tried, activated, each judged. The command line on the
 * machine itself does the same with policy/policies.ts and trials.ts alone.
 */
import type { Clock } from '../../../kernel/clock.ts';
import { failed, ok } from '../../../kernel/result.ts';
import type { Explained } from '../../../policy/explain.ts';
import type { Activated, Policies, PolicyVersion, Prepared } from '../../../policy/policies.ts';
import type { PolicyFiles } from '../../../policy/policy-files.ts';
import type { Problem } from '../../../policy/policy-problem.ts';
import type { PolicyContext } from '../../../policy/request.ts';
import type { Store } from '../../../store/store.ts';
import type { People } from '../../../subjects/people.ts';
import type { Resources } from '../../../subjects/resources.ts';
import type { Arrival } from '../../arrival.ts';
import type { Gate, Performed } from '../../gate.ts';
import type { ProofModules } from '../../gate-deps.ts';
import type { Keeping, KeyReused, OnceKey } from '../../once/once.ts';
import { policyRequest } from '../../policy-request.ts';
import type { LiveSession } from '../../sessions/sessions.ts';
import type { Wish } from '../../wish.ts';
import { type NamedWishError, POLICY } from '../../wishes.ts';
import { administratorsOf } from '../people/administrators.ts';
import { createChecksUnderWay } from './checks-under-way.ts';
import { lookedAt, type NamedTrial, wishTried } from './named-trials.ts';
import type { TrialError, Tried, TryOut } from './trials.ts';

/** What came of offering policies, with all that is to say about them. */
export type Offer = Activated & Pick<Prepared, 'problems'>;

export interface PoliciesInForce {
  readonly version: number;
  readonly files: PolicyFiles;
  readonly policies: readonly Explained[];
  readonly versions: readonly PolicyVersion[];
}

export interface OfferedPolicies {
  readonly files: PolicyFiles;
  /** Where administrators come from, beside where this one does. */
  readonly circumstances: readonly PolicyContext[];
}

export interface Checked {
  readonly problems: readonly Problem[];
  /** Whether activating them would be refused, since nobody could undo it. */
  readonly wouldLockOut: boolean;
}

export interface Governance {
  show(token: string, arrival: Arrival): Promise<Performed<PoliciesInForce, never>>;
  check(
    token: string,
    offered: OfferedPolicies,
    arrival: Arrival,
  ): Promise<Performed<Checked, { readonly code: 'policy-not-checked' }>>;
  simulate(
    token: string,
    trial: NamedTrial,
    arrival: Arrival,
  ): Promise<Performed<Tried, TrialError | NamedWishError>>;
  activate(
    token: string,
    offered: OfferedPolicies & { readonly expected: number | undefined },
    arrival: Arrival,
    once?: OnceKey,
  ): Promise<Performed<Offer, KeyReused>>;
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

const NOT_CHECKED = { code: 'policy-not-checked' } as const;
const READ: Wish = { action: 'policy.read', resource: POLICY };
const CHANGE: Wish = { action: 'policy.change', resource: POLICY };

export function createGovernance(deps: GovernanceDeps): Governance {
  const { gate, store, people, resources, policies, proofs, clock, tryOut } = deps;
  const underWay = createChecksUnderWay();

  /** Where who asks comes from. Whether they can come in again is the question: by then this browser is known. */
  function contextOf(session: LiveSession, arrival: Arrival): PolicyContext {
    const subject = { ...session, id: session.subject };
    const known = session.device !== undefined;
    return policyRequest(subject, CHANGE, arrival, known, clock.now()).context;
  }

  return {
    async show(token, arrival) {
      const judged = await gate.judge(token, READ, arrival);
      if (judged.state !== 'granted') return judged;
      return store.read(async (q) => {
        const [files, versions] = [await policies.files(q), await policies.versions(q)];
        // Unreadable policies permit nothing, so nobody was let through to here.
        if (!files.ok) return { state: 'refused', reason: 'unavailable' };
        const active = await policies.current(q);
        const explained = active.explain(active.ids);
        return { state: 'done', value: { ...files.value, policies: explained, versions } };
      });
    },

    async check(token, { files, circumstances }, arrival) {
      const judged = await gate.judge(token, READ, arrival);
      if (judged.state !== 'granted') return judged;
      const { subject } = judged.session;
      const prepared = await underWay(subject, () => policies.prepare(files));
      if (prepared === undefined || prepared.late) return { state: 'failed', error: NOT_CHECKED };
      const { problems } = prepared;
      const sound = !problems.some(({ severity }) => severity === 'error');
      const here = contextOf(judged.session, arrival);
      const wouldLockOut =
        sound &&
        (await store.read(async (q) =>
          policies.wouldLockOut(q, prepared, {
            administrators: await administratorsOf(q, { people, proofs }),
            circumstances: [here, ...circumstances],
          }),
        ));
      return { state: 'done', value: { problems, wouldLockOut } };
    },

    async simulate(token, trial, arrival) {
      const judged = await gate.judge(token, READ, arrival);
      if (judged.state !== 'granted') return judged;
      const { subject, kind } = judged.session;
      for (const looking of lookedAt(people, kind === 'token' ? undefined : subject, trial)) {
        const looked = await gate.judge(token, await store.read(looking), arrival);
        if (looked.state !== 'granted') return looked;
      }
      const { action, concerning, resource, about, ...rest } = trial;
      const wish = wishTried({ people, resources }, { action, concerning, resource, about });
      if (typeof wish !== 'function') return { state: 'failed', error: wish };
      const trying = () => tryOut({ ...rest, wish });
      const tried =
        rest.files === undefined
          ? await trying()
          : ((await underWay(subject, trying)) ?? failed(NOT_CHECKED));
      return tried.ok
        ? { state: 'done', value: tried.value }
        : { state: 'failed', error: tried.error };
    },

    async activate(token, { files, expected, circumstances }, arrival, once) {
      // Judged before the files are looked at, which is work, and again in the transaction, which is what counts.
      const judged = await gate.judge(token, CHANGE, arrival);
      if (judged.state !== 'granted') return judged;
      const prepared = await policies.prepare(files);
      const keeping: Keeping<Activated> = {
        once,
        // A refusal is not kept: what stood in its way may be gone by the next time.
        keep: (value) => (value.state === 'activated' ? JSON.stringify(value) : undefined),
        again: async (_tx, kept) => keptOf(JSON.parse(kept)),
      };
      const done = await gate.performOnce<Activated, never>(
        token,
        CHANGE,
        arrival,
        keeping,
        async (tx, { session, by }) => {
          // A refusal is an answer and no error: that it was refused goes on record.
          return ok(
            await policies.activate(tx, prepared, {
              by,
              administrators: await administratorsOf(tx, { people, proofs }),
              circumstances: [contextOf(session, arrival), ...circumstances],
              ...(expected === undefined ? {} : { expected }),
            }),
          );
        },
      );
      if (done.state !== 'done') return done;
      return { state: 'done', value: { ...done.value, problems: prepared.problems } };
    },
  };
}

/** What was kept before it said more was the number of the version alone. */
function keptOf(kept: number | Extract<Activated, { readonly state: 'activated' }>): Activated {
  return typeof kept === 'number' ? { state: 'activated', version: kept } : kept;
}
