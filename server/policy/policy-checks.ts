import { postureAnswers } from '@sallyport/contract/devices.ts';
import { processProofKinds } from '@sallyport/contract/processes.ts';
import type { Cedar } from './cedar.ts';
import { FAULTY, type Policy, type PolicyFiles, readPolicies } from './policy-files.ts';
import { fromCedar, type Problem, problemAt } from './policy-problem.ts';

/** Everything that is wrong with a set of policies, in the order of files and lines. */
export function checkPolicies(cedar: Cedar, schema: string, files: PolicyFiles): Problem[] {
  const { policies, faulty, problems } = readPolicies(cedar, files);
  const found = [...problems];
  const all = [...policies, ...faulty];
  if (all.length > 0) {
    found.push(...validate(cedar, schema, all, files));
    for (const policy of all) found.push(...unknownWords(policy, files));
  } else if (found.length === 0) {
    const message = 'There is no policy here, and what no policy permits is refused';
    found.push(problemAt('error', Object.keys(files)[0] ?? '', '', { message, start: 0, end: 1 }));
  }
  return found.sort(
    (a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column,
  );
}

type ValidationError = Extract<
  ReturnType<Cedar['validate']>,
  { type: 'success' }
>['validationErrors'][number];

function validate(
  cedar: Cedar,
  schema: string,
  policies: readonly Policy[],
  files: PolicyFiles,
): Problem[] {
  const byId = new Map(policies.map((policy) => [policy.id, policy]));
  const answer = cedar.validate({
    schema,
    policies: { staticPolicies: Object.fromEntries(policies.map(({ id, text }) => [id, text])) },
  });
  if (answer.type !== 'success') {
    const message = answer.errors.map((error) => error.message).join('; ');
    return [problemAt('error', Object.keys(files)[0] ?? '', '', { message, start: 0, end: 1 })];
  }
  const problems = new Map<string, Problem>();
  const add = (severity: Problem['severity'], { policyId, error }: ValidationError) => {
    const policy = byId.get(policyId);
    if (!policy) return;
    const { file, text, start } = policy;
    const found = fromCedar(error, text, { start, end: start + text.length });
    const problem = problemAt(severity, file, files[file] ?? '', { ...found, ...nameOf(policyId) });
    // Cedar tells of the same fault once for each action that the policy can meet.
    const key = `${policyId} ${found.start} ${found.end} ${found.message}`;
    if (!problems.has(key)) problems.set(key, problem);
  };
  for (const error of answer.validationErrors) add('error', error);
  // A policy that errs is also told to be impossible, which says nothing new.
  const erring = new Set(answer.validationErrors.map(({ policyId }) => policyId));
  for (const warning of answer.validationWarnings) {
    if (!erring.has(warning.policyId)) add('warning', warning);
  }
  return [...problems.values()];
}

function nameOf(id: string): { readonly policy?: string } {
  return id.startsWith(FAULTY) ? {} : { policy: id };
}

/** The only texts that requests have in these sets. To Cedar one text is as good as another. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  kinds: ['know', 'have', 'are'],
  methods: [
    'password',
    'totp',
    'webauthn',
    'card',
    'upstream',
    'recovery',
    ...processProofKinds,
    'mac',
  ],
};
const CONTAINS = /\.\s*(kinds|methods)\s*\.\s*contains(?:All|Any)?\s*\(([^()]*)\)/g;

/** What a comparison with one of these can be about. */
const COMPARED: Readonly<Record<string, readonly string[]>> = {
  diskEncrypted: postureAnswers,
  screenLock: postureAnswers,
  secureBoot: postureAnswers,
};
const COMPARES = /\.\s*(diskEncrypted|screenLock|secureBoot)\s*[!=]=\s*("[^"\\]*")/g;

/** A condition on a word that never occurs is never true, and nobody would notice. */
function unknownWords({ id, text, file, start }: Policy, files: PolicyFiles): Problem[] {
  const problems: Problem[] = [];
  for (const match of text.matchAll(COMPARES)) {
    const [call, attribute = '', word = ''] = match;
    const known = COMPARED[attribute] ?? [];
    if (known.includes(word.slice(1, -1))) continue;
    const end = start + match.index + call.length;
    problems.push(
      problemAt('error', file, files[file] ?? '', {
        message: `\`${attribute}\` is never ${word}`,
        suggestion: `it is one of ${known.map((one) => `"${one}"`).join(', ')}`,
        start: end - word.length,
        end,
        ...nameOf(id),
      }),
    );
  }
  for (const match of text.matchAll(CONTAINS)) {
    const [call, attribute = '', list = ''] = match;
    const known = WORDS[attribute] ?? [];
    for (const word of list.matchAll(/"([^"\\]*)"/g)) {
      if (known.includes(word[1] ?? '')) continue;
      const from = start + match.index + call.length - 1 - list.length + word.index;
      problems.push(
        problemAt('error', file, files[file] ?? '', {
          message: `\`${attribute}\` never contains ${word[0]}`,
          suggestion: `it can contain ${known.map((one) => `"${one}"`).join(', ')}`,
          start: from,
          end: from + word[0].length,
          ...nameOf(id),
        }),
      );
    }
  }
  return problems;
}
