import { failed, ok, type Result } from '../kernel/result.ts';
import { type Action, actionNames } from './actions.ts';
import type { Engine } from './engine.ts';
import { type Policy, type PolicyFiles, readPolicies } from './policy-files.ts';
import { type PolicyTree, readsOf } from './reads.ts';
import { type Relevance, relevanceOf } from './relevance.ts';

/** Policies ready to decide: parsed by the engine under a name, and what they read of a request for each action. */
export interface PolicySet {
  /** The name under which the engine keeps them. */
  readonly name: string;
  readonly policies: ReadonlyMap<string, Policy>;
  readonly relevance: Readonly<Record<Action, Relevance>>;
  /** An id that no policy names, for everyone whom no policy tells from others. */
  readonly unnamed: string;
}

/** Takes files whose policies were checked before. What still fails is a fault of the engine or of the store. */
export function loadPolicies(
  engine: Engine,
  name: string,
  files: PolicyFiles,
): Result<PolicySet, string> {
  const read = engine.run((cedar) => readPolicies(cedar, files));
  if (!read) return failed('the policy engine failed on these policies');
  const [problem] = read.problems;
  if (problem) return failed(`${problem.file}, line ${problem.line}: ${problem.message}`);
  if (read.policies.length === 0) return failed('there is no policy');
  const policies = new Map(read.policies.map((policy) => [policy.id, policy]));
  const texts = Object.fromEntries(read.policies.map(({ id, text }) => [id, text]));
  const adopted = engine.adopt(name, texts);
  if (!adopted.ok) return adopted;
  const trees = read.policies.map(({ tree }) => tree);
  const relevance = Object.fromEntries(
    actionNames.map((action) => [action, relevanceOf(trees, action)]),
  ) as Record<Action, Relevance>; // One for each action.
  return ok({ name, policies, relevance, unnamed: unnamedId(trees) });
}

function unnamedId(trees: readonly PolicyTree[]): string {
  const named = [...readsOf(trees).named.values()].flatMap((ids) => [...ids]);
  let id = 'someone';
  while (named.some((name) => name.startsWith(id))) id += '-';
  return id;
}
