/** Policies, their problems and their answers, as the command line tells them. */

import type { ShownProblem, Simulated } from '../desks/policies-desk.ts';
import type { Refused } from '../remote/connection.ts';
import { countWords } from '../terminal/amounts.ts';
import type { Answer, Cell } from '../terminal/output.ts';

type Rows = NonNullable<Answer['table']>['rows'];

export function problemsSentence(
  problems: readonly ShownProblem[],
  policies: string,
  wouldLockOut = false,
): string {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const warnings = problems.length - errors;
  const careful = warnings === 0 ? '' : `, and ${countWords(warnings, 'warning')}`;
  if (errors > 0) return `${countWords(errors, 'error')} in ${policies}${careful}.`;
  if (wouldLockOut) return `The policies in ${policies} are well written, but would be refused.`;
  return warnings === 0
    ? `The policies in ${policies} are in order.`
    : `The policies in ${policies} can be activated, with ${countWords(warnings, 'warning')}.`;
}

export function problemTable(problems: readonly ShownProblem[]) {
  return {
    head: ['', 'where', 'what'],
    rows: problems.map((problem): Cell[] => {
      const { severity, file, line, column, message, suggestion } = problem;
      const sign: Cell = severity === 'error' ? ['refused', 'error'] : ['challenged', 'warning'];
      const what = [
        `${message}.`,
        ...(suggestion ? [asSentence(suggestion)] : []),
        ...shown(problem),
      ];
      return [sign, file === '' ? '' : `${file}:${line}:${column}`, what.join('\n')];
    }),
  };
}

const WINDOW = 64;
/** A table breaks lines at blanks, and what is pointed at must stay above the pointer. */
const FIRM = '\u00a0';

/** The place in its line, with what is wrong underlined. */
function shown({ source, column, width }: ShownProblem): string[] {
  if (source.trim() === '') return [];
  const indent = source.length - source.trimStart().length;
  const wanted = Math.max(indent, Math.min(column - 1 - 12, source.length - WINDOW));
  // Not in the middle of a word, if one begins nearby.
  const word = source.indexOf(' ', wanted - 1) + 1;
  const from = wanted === indent || word === 0 || word > column - 1 ? wanted : word;
  const [left, right] = [from > indent ? '…' : '', from + WINDOW < source.length ? '…' : ''];
  const text = source.slice(from, from + WINDOW);
  const before = left.length + Math.max(0, column - 1 - from);
  const marks = Math.max(1, Math.min(width, WINDOW - (column - 1 - from)));
  return [left + text.replace(/\s/g, FIRM) + right, FIRM.repeat(before) + '^'.repeat(marks)];
}

/** What a refusal says is wrong with policies. */
export function problemsIn({ problems }: Refused['members']): readonly ShownProblem[] {
  return Array.isArray(problems) ? (problems as ShownProblem[]) : []; // As the contract has them.
}

type Explained = Simulated['deciding'][number];

export function explainedRows(policies: readonly Explained[]): Rows {
  return policies.map(({ id, effect, because }): Cell[] => [
    effect === 'permit' ? ['granted', 'permits'] : ['refused', 'forbids'],
    id,
    because,
  ]);
}

export function simulationTable({ state, deciding, ways, errors }: Simulated) {
  return {
    head: ['', 'what', 'why'],
    rows: [
      ...explainedRows(deciding),
      ...ways.map((way): Cell[] =>
        state === 'challenged'
          ? [
              ['challenged', 'would do'],
              wayWords(way),
              `then permitted by ${way.policies.join(', ')}`,
            ]
          : [['unknown', 'is missing'], wayWords(way), 'would do, and is not held'],
      ),
      ...errors.map((error): Cell[] => [['refused', 'fails'], '', error]),
    ],
  };
}

function wayWords({ proofs }: Simulated['ways'][number]): string {
  return proofs
    .map(({ kind, hardwareBound }) => (hardwareBound ? `${kind} in hardware` : kind))
    .join(' and ');
}

export const OUTCOMES: Readonly<Record<Simulated['state'], string>> = {
  granted: 'It would be granted.',
  challenged: 'It would be challenged: one of these ways is enough.',
  refused: 'It would be refused.',
};

/** Refused, and no policy says why: none forbids it, and none permits it. */
export const isByNobody = ({ state, deciding, ways, errors }: Simulated): boolean =>
  state === 'refused' && [deciding, ways, errors].every(({ length }) => length === 0);

function asSentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.?!]$/.test(first) ? first : `${first}.`;
}
