/** What commands say when something is refused, here or by a server: one way, and one table of the exit codes that go with it. */
import { type ProblemKind, problems } from '@sallyport/contract/problems.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import type { Output, Problem } from '../terminal/output.ts';
import type { Refused } from './connection.ts';

/** The same for a code whichever command meets it. What is not here has failed. */
const EXITS: Readonly<Partial<Record<Refused['code'], ExitCode>>> = {
  'not-here': EXIT.usage,
  'not-valid': EXIT.usage,
  'cursor-not-valid': EXIT.usage,
  'unknown-action': EXIT.usage,
  'identifier-malformed': EXIT.usage,
  'pass-too-long-lived': EXIT.usage,
  'pass-too-many-uses': EXIT.usage,
  'networks-malformed': EXIT.usage,
  'scope-unknown': EXIT.usage,
  'token-too-long-lived': EXIT.usage,
  'no-session': EXIT.refused,
  'not-permitted': EXIT.refused,
  'fresh-proof-needed': EXIT.refused,
  'ssh-account-refused': EXIT.refused,
  'ssh-terms-conflict': EXIT.refused,
  'ssh-key-not-valid': EXIT.usage,
  'certificate-refused': EXIT.usage,
  'certificate-revoked': EXIT.usage,
  'trust-refused': EXIT.usage,
  'address-out-of-reach': EXIT.usage,
  'selector-not-valid': EXIT.usage,
  'workload-known-already': EXIT.usage,
  'policy-locks-out': EXIT.refused,
  'not-found': EXIT.notFound,
  throttled: EXIT.unavailable,
  busy: EXIT.unavailable,
  'policy-not-checked': EXIT.unavailable,
  unavailable: EXIT.unavailable,
};

/** What a command says better than the API, which can't know what was typed. Undefined where it can't, either. */
export type Words = Readonly<
  Partial<Record<Refused['code'], (members: Refused['members']) => Problem | undefined>>
>;

/** Why not, in these words or else the API's own. Machines get the API's code and members. */
export function problemBy(words: Words): (error: Refused) => Problem {
  return ({ code, members }) => ({
    ...(words[code]?.(members) ?? USUAL[code]?.(members) ?? inOwnWords(code, members)),
    data: { code, ...members },
  });
}

/** Tells that, and gives the exit code. */
export function tellBy(words: Words): (output: Output, error: Refused) => ExitCode {
  const problem = problemBy(words);
  return (output, error) => {
    output.problem(problem(error));
    return EXITS[error.code] ?? EXIT.failed;
  };
}

export const tellRefused = tellBy({});

const USUAL: Words = {
  'cursor-not-valid': () => ({
    what: 'That is no place in this list, so nothing is behind it.',
    mend: '--after and --cursor take what the page before told. Without them the list begins anew.',
  }),
  'not-here': () => ({
    what: 'That can be said on the machine itself alone. Nothing was done.',
    mend: 'Leave --force away, or run it there without --at.',
  }),
  'fresh-proof-needed': ({ kinds }) => ({
    what: `This needs another proof than you have shown: ${Array.isArray(kinds) ? kinds.join(' or ') : 'a stronger proof'}. It was not done.`,
    mend: 'Show that one in the browser; set one up under “Your proofs” (/me) if you have none.',
  }),
};

function inOwnWords(code: string, { fields }: Refused['members']): Problem {
  const known = (problems as Readonly<Partial<Record<string, ProblemKind>>>)[code]; // A newer server may say others.
  const parts = Array.isArray(fields)
    ? fields.map(({ path, must }) => `\n- ${path} must ${must}`).join('')
    : '';
  return {
    what: `${known?.title ?? `The server says ${code}`}.${parts}`,
    ...(known === undefined ? {} : { mend: known.detail }),
  };
}
