import type { Cedar } from './cedar.ts';
import { fromCedar, type Problem, placeOf, problemAt } from './policy-problem.ts';
import type { PolicyTree } from './reads.ts';
import { NO_REPLY, type Reply, readReply } from './reply.ts';
import { limits, type Span, scanPolicies } from './scan.ts';
import { readSshTerms, type SshTerms } from './ssh-terms.ts';

/** Policies as people keep them: file names to Cedar texts, several policies in each. */
export type PolicyFiles = Readonly<Record<string, string>>;

export interface Policy {
  readonly id: string;
  readonly effect: 'permit' | 'forbid';
  /** The sentence that tells people why. */
  readonly because: string;
  /** What a network device is told of whom this permits, as `@reply` has it. */
  readonly reply: Reply;
  /** What an SSH certificate for whom this permits is good for, as `@ssh` has it. */
  readonly ssh: SshTerms | undefined;
  readonly text: string;
  readonly tree: PolicyTree;
  readonly file: string;
  readonly line: number;
  /** Where the text begins in its file. */
  readonly start: number;
}

export interface ReadPolicies {
  readonly policies: readonly Policy[];
  /** Those whose head is wrong, so that the rest of them can be checked in the same go. They stand under no name of theirs. */
  readonly faulty: readonly Policy[];
  readonly problems: readonly Problem[];
}

/** Begins the names that faulty policies are checked under; none that a policy can have. */
export const FAULTY = '?';

/** Files are written out again under their names, so a name is never a way to another folder. */
const FILE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,93}\.cedar$/;
const ID = /^[a-z0-9][a-z0-9._-]{0,79}$/;

/**
 * Reads files into policies. Safe for any text: what could break the parser is found before it is given to it. Whether the
 * policies fit the schema is another question (policy-checks.ts).
 */
export function readPolicies(cedar: Cedar, files: PolicyFiles): ReadPolicies {
  const problems: Problem[] = [];
  const policies = new Map<string, Policy>();
  const named = new Map<string, Policy>();
  const faulty: Policy[] = [];
  const names = Object.keys(files).sort();
  const length = names.reduce((sum, file) => sum + (files[file] ?? '').length, 0);
  const beginning = { start: 0, end: 1 };
  if (length > limits.set) {
    const message = `The policies are ${length} characters long together; ${limits.set} is the most`;
    return {
      policies: [],
      faulty: [],
      problems: [problemAt('error', names[0] ?? '', '', { ...beginning, message })],
    };
  }
  if (names.length > limits.files) {
    const message = `There are ${names.length} files; ${limits.files} is the most`;
    const problem = problemAt('error', '', '', { ...beginning, message });
    return { policies: [], faulty: [], problems: [problem] };
  }
  for (const file of names) {
    if (!FILE.test(file)) {
      const message = 'A policy file can’t be called so';
      const suggestion = 'use letters, digits, `-`, `_` and `.`, and end it with `.cedar`';
      problems.push(problemAt('error', file, '', { ...beginning, message, suggestion }));
      continue;
    }
    const text = files[file] ?? '';
    const spans = scanPolicies(text);
    if (!spans.ok) {
      problems.push(problemAt('error', file, text, spans.error));
      continue;
    }
    for (const span of spans.value) {
      if (policies.size >= limits.policies) {
        const message = `There are more than ${limits.policies} policies`;
        problems.push(problemAt('error', file, text, { ...span, message }));
        return { policies: [...policies.values()], faulty, problems };
      }
      const read = readPolicy(cedar, file, text, span);
      problems.push(...read.problems);
      const { policy } = read;
      if (policy === undefined) continue;
      const before = named.get(policy.id);
      if (before !== undefined && policy.id !== '') {
        const message = `Another policy is named "${policy.id}" already`;
        const suggestion = `the other stands in ${before.file}, line ${before.line}`;
        problems.push(
          problemAt('error', file, text, { ...headOf(text, span), message, suggestion }),
        );
      } else {
        named.set(policy.id, policy);
        if (read.problems.length === 0) {
          policies.set(policy.id, policy);
          continue;
        }
      }
      faulty.push({ ...policy, id: `${FAULTY}${faulty.length}` });
    }
  }
  return { policies: [...policies.values()], faulty, problems };
}

interface ReadPolicy {
  /** Its id is empty where it has none that it could have. */
  readonly policy?: Policy;
  readonly problems: readonly Problem[];
}

function readPolicy(cedar: Cedar, file: string, text: string, span: Span): ReadPolicy {
  const policy = text.slice(span.start, span.end);
  const answer = cedar.policyToJson(policy);
  if (answer.type !== 'success') {
    const problems = answer.errors.map((error) =>
      problemAt('error', file, text, fromCedar(error, policy, span)),
    );
    return { problems };
  }
  const { effect, annotations = {} } = answer.json;
  const { id = '', because = '', reply, ssh } = annotations;
  const problems: Problem[] = [];
  const wrong = (message: string, suggestion: string) =>
    void problems.push(
      problemAt('error', file, text, { ...headOf(text, span), message, suggestion }),
    );
  const sound = ID.test(id ?? '');
  if (!id) wrong('This policy has no name', 'begin it with `@id("a-short-name")`');
  else if (!sound) {
    wrong(
      `"${id}" can’t be a policy’s name`,
      'use small letters, digits and hyphens, as in `@id("two-kinds")`',
    );
  }
  if (!because) {
    wrong(
      sound ? `The policy "${id}" does not say why` : 'It does not say why',
      'add `@because("…")`: the sentence that people read when it decides',
    );
  } else if (because.length > 300) {
    wrong('This reason is longer than 300 characters', 'make it one sentence');
  }
  const told = readReply(reply ?? '');
  if (!told.ok) wrong(told.error, 'write it as in `@reply("vlan=30 privilege=15")`');
  const terms = readSshTerms(ssh ?? '');
  if (!terms.ok) wrong(terms.error, 'write it as in `@ssh("accounts=deploy minutes=5 allow=pty")`');
  const { line } = placeOf(text, span.start);
  const { start } = span;
  const read = {
    effect,
    because: because ?? '',
    reply: told.ok ? told.value : NO_REPLY,
    ssh: terms.ok ? terms.value : undefined,
    text: policy,
    tree: answer.json,
    file,
    line,
    start,
  };
  return { policy: { id: sound ? (id ?? '') : '', ...read }, problems };
}

/** The first line of a policy, for what is wrong with all of it. */
function headOf(text: string, { start, end }: Span): Span {
  const line = text.indexOf('\n', start);
  return { start, end: line < 0 || line > end ? end : line };
}
