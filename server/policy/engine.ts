import { Fault } from '../kernel/fault.ts';
import { failed, ok, type Result } from '../kernel/result.ts';
import type { Cedar } from './cedar.ts';

/**
 * Cedar behind a guard. Whatever goes wrong in here refuses:
 *
 * - Cedar skips a policy that errs, so a `forbid` that meets a missing entity would be left out and the answer be "allow".
 *   An answer with any error in its diagnostics is therefore a refusal.
 * - A call that throws may have left the instance broken. It refuses, and a new instance takes its place.
 */
export interface Decision {
  readonly effect: 'permit' | 'forbid';
  /** The policies that decided. None where nothing permitted, or where an error refused. */
  readonly policies: readonly string[];
  readonly errors: readonly string[];
}

export type CedarQuestion = Omit<
  Parameters<Cedar['statefulIsAuthorized']>[0],
  'preparsedPolicySetId' | 'preparsedSchemaName' | 'validateRequest'
>;

export interface Engine {
  /** Parses policies, from id to text, and keeps them under a name; an earlier set of that name is replaced. */
  adopt(set: string, policies: Readonly<Record<string, string>>): Result<void, string>;
  /** Forgets a set: whoever still asks it is refused. */
  drop(set: string): void;
  decide(set: string, question: CedarQuestion): Decision;
  /** Runs work on the instance itself, as parsing needs; undefined when it threw, and then the instance was replaced. */
  run<T>(work: (cedar: Cedar) => T): T | undefined;
}

export interface EngineDeps {
  readonly load: () => Cedar;
  /** Told of every fault; what happens to a request is the refusal alone. */
  readonly report: (fault: Fault) => void;
}

export function createEngine({ load, report }: EngineDeps): Engine {
  const sets = new Map<string, Readonly<Record<string, string>>>();
  let instance: Cedar | undefined;

  function parse(cedar: Cedar, set: string, policies: Readonly<Record<string, string>>) {
    const answer = cedar.preparsePolicySet(set, { staticPolicies: { ...policies } });
    return answer.type === 'success'
      ? ok(undefined)
      : failed(answer.errors.map((error) => error.message).join('; '));
  }

  function current(): Cedar {
    if (instance) return instance;
    const cedar = load();
    for (const [set, policies] of sets) {
      const parsed = parse(cedar, set, policies);
      if (!parsed.ok)
        throw new Fault('policy.engine', `A set parsed before does not: ${parsed.error}`);
    }
    instance = cedar;
    return cedar;
  }

  function run<T>(work: (cedar: Cedar) => T): T | undefined {
    try {
      return work(current());
    } catch (cause) {
      instance = undefined;
      report(new Fault('policy.engine', 'The policy engine threw and is replaced', { cause }));
      return undefined;
    }
  }

  return {
    run,
    adopt(set, policies) {
      const parsed = run((cedar) => parse(cedar, set, policies));
      if (!parsed) return failed('the policy engine failed on these policies');
      if (parsed.ok) sets.set(set, policies);
      return parsed;
    },
    drop(set) {
      // The instance has no word for forgetting; a set without policies permits nothing.
      if (sets.delete(set)) run((cedar) => parse(cedar, set, {}));
    },
    decide(set, question) {
      const answer = run((cedar) =>
        cedar.statefulIsAuthorized({ ...question, preparsedPolicySetId: set }),
      );
      if (!answer) return refusal(['the policy engine failed']);
      if (answer.type !== 'success') return refusal(answer.errors.map((error) => error.message));
      const { decision, diagnostics } = answer.response;
      if (diagnostics.errors.length > 0) {
        return refusal(diagnostics.errors.map((e) => `${e.policyId}: ${e.error.message}`));
      }
      return Object.freeze({
        effect: decision === 'allow' ? 'permit' : 'forbid',
        policies: Object.freeze(diagnostics.reason.toSorted()),
        errors: NONE,
      });
    },
  };
}

const NONE: readonly string[] = Object.freeze([]);

function refusal(errors: readonly string[]): Decision {
  return Object.freeze({ effect: 'forbid', policies: NONE, errors: Object.freeze([...errors]) });
}
