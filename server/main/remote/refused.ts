/** What a server says no with, in its own words, and the exit code that goes with it. */
import { type ProblemKind, problems } from '@sallyport/contract/problems.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import type { Output } from '../terminal/output.ts';
import type { Refused } from './connection.ts';

const CODES: Readonly<Partial<Record<string, ExitCode>>> = {
  'not-found': EXIT.notFound,
  'not-valid': EXIT.usage,
  'cursor-not-valid': EXIT.usage,
  'not-permitted': EXIT.refused,
  'no-session': EXIT.refused,
  'fresh-proof-needed': EXIT.refused,
  throttled: EXIT.unavailable,
  busy: EXIT.unavailable,
  unavailable: EXIT.unavailable,
};

export function tellRefused(output: Output, { code, members }: Refused): ExitCode {
  if (code === 'not-here') {
    output.problem({
      what: 'That can be said on the machine itself alone. Nothing was done.',
      mend: 'Leave --force away, or run it there without --at.',
    });
    return EXIT.usage;
  }
  if (code === 'fresh-proof-needed') {
    const kinds = Array.isArray(members.kinds) ? members.kinds.join(' or ') : 'a stronger proof';
    output.problem({
      what: `This needs another proof than you have shown: ${kinds}. It was not done.`,
      mend: 'Show that one in the browser; set one up under “Your proofs” (/me) if you have none.',
      data: { code, ...members },
    });
    return EXIT.refused;
  }
  const known: ProblemKind | undefined = problems[code];
  const { fields } = members;
  const parts = Array.isArray(fields)
    ? fields.map(({ path, must }) => `\n- ${path} must ${must}`).join('')
    : '';
  output.problem({
    what: `${known?.title ?? `The server says ${code}`}.${parts}`,
    ...(known === undefined ? {} : { mend: known.detail }),
    data: { code, ...members },
  });
  return CODES[code] ?? EXIT.failed;
}
