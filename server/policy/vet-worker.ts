/** What runs in the worker of vet.ts: reads, checks and tries policies, answers once, and is thrown away. */
import { parentPort, workerData } from 'node:worker_threads';
import { actionNames } from './actions.ts';
import { loadCedar } from './cedar.ts';
import { createDecider } from './decider.ts';
import { createEngine } from './engine.ts';
import { checkPolicies } from './policy-checks.ts';
import type { PolicyFiles } from './policy-files.ts';
import { type Problem, problemAt } from './policy-problem.ts';
import { loadPolicies, type PolicySet } from './policy-set.ts';
import { samples } from './samples.ts';
import { policySchema } from './shipped.ts';

const files = workerData as PolicyFiles; // As vet.ts gives them.
parentPort?.postMessage(vet());

function vet(): readonly Problem[] {
  const problems = checkPolicies(loadCedar(), policySchema(), files);
  if (problems.some(({ severity }) => severity === 'error')) return problems;

  const engine = createEngine({ load: loadCedar, report: () => {} });
  const set = loadPolicies(engine, 'vetted', files);
  const failure = (message: string) => [
    ...problems,
    problemAt('error', Object.keys(files)[0] ?? '', '', { message, start: 0, end: 1 }),
  ];
  if (!set.ok) return failure(set.error);
  // Validation can't see arithmetic that overflows; trying finds what depends on no particular request.
  const decider = createDecider(set.value, { engine, freshFor: 300, keep: 0 });
  for (const action of actionNames) {
    for (const { principal, resource, context, shown } of samples(action)) {
      const { errors } = decider.decide({ principal, action, resource, context }, shown);
      if (errors[0]) return [...problems, failing(errors[0], set.value)];
    }
  }
  return problems;
}

/** Errors begin with the policy's id, where Cedar knows it. */
function failing(error: string, { policies }: PolicySet): Problem {
  const policy = policies.get(error.slice(0, error.indexOf(': ')));
  if (!policy) return problemAt('error', '', '', { message: error, start: 0, end: 1 });
  const { id, file, start, text } = policy;
  return problemAt('error', file, files[file] ?? '', {
    message: `This policy fails when it is asked: ${error.slice(id.length + 2)}`,
    policy: id,
    start,
    end: start + text.length,
  });
}
