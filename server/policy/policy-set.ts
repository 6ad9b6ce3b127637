import { failed, ok, type Result } from '../kernel/result.ts';
import { type Action, actionNames, actions } from './actions.ts';
import type { Engine } from './engine.ts';
import { type Policy, type PolicyFiles, readPolicies } from './policy-files.ts';
import { type PolicyTree, type Reads, readsOf } from './reads.ts';

/** Policies ready to decide: parsed by the engine under a name, and what each action's reads of a request. */
export interface PolicySet {
  /** The name under which the engine keeps them. */
  readonly name: string;
  readonly policies: ReadonlyMap<string, Policy>;
  readonly reads: Readonly<Record<Action, Reads>>;
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
  const reads = Object.fromEntries(
    actionNames.map((action) => [
      action,
      readsOf(read.policies.filter(({ tree }) => concerns(tree, action)).map(({ tree }) => tree)),
    ]),
  ) as Record<Action, Reads>; // One for each action.
  return ok({ name, policies, reads, unnamed: unnamedId(Object.values(reads)) });
}

/** Whether a policy's scope lets it meet an action. */
function concerns({ action: scope }: PolicyTree, action: Action): boolean {
  if (scope.op === 'All') return true;
  const names =
    'entities' in scope ? scope.entities : 'entity' in scope ? [scope.entity] : undefined;
  if (!names) return true;
  const met: readonly string[] = [action, ...actions[action]];
  return names.some((name) => met.includes('__entity' in name ? name.__entity.id : name.id));
}

function unnamedId(reads: readonly Reads[]): string {
  const named = reads.flatMap((read) => [...read.named.values()].flatMap((ids) => [...ids]));
  let id = 'someone';
  while (named.some((name) => name.startsWith(id))) id += '-';
  return id;
}
