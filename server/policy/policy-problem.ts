import { Buffer } from 'node:buffer';
import type { ScanError, Span } from './scan.ts';

/** Something wrong with a policy, at its place. Lines and columns count from 1. */
export interface Problem {
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly suggestion?: string;
  /** The policy's id, where it could be read. */
  readonly policy?: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** How many characters from the column on are meant; 1 at least. */
  readonly width: number;
  /** The line of the file. */
  readonly source: string;
}

export function problemAt(
  severity: Problem['severity'],
  file: string,
  text: string,
  error: ScanError & { readonly policy?: string },
): Problem {
  const { message, suggestion, policy } = error;
  const { line, column, source } = placeOf(text, error.start);
  return {
    severity,
    message,
    ...(suggestion ? { suggestion } : {}),
    ...(policy ? { policy } : {}),
    file,
    line,
    column,
    width: Math.max(1, Math.min(error.end - error.start, source.length - column + 1)),
    source,
  };
}

export function placeOf(text: string, offset: number) {
  const start = offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
  const end = text.indexOf('\n', start);
  const source = text.slice(start, end < 0 ? text.length : end).replace(/\r$/, '');
  return { line: text.slice(0, start).split('\n').length, column: offset - start + 1, source };
}

/** What Cedar says of an error, as far as it matters here. */
export interface CedarError {
  readonly message: string;
  readonly help: string | null;
  readonly sourceLocations?: readonly {
    readonly label: string | null;
    readonly start: number;
    readonly end: number;
  }[];
}

/** Cedar's error in a policy, as one in the file that the policy stands in. */
export function fromCedar(error: CedarError, policy: string, span: Span): ScanError {
  const [location] = error.sourceLocations ?? [];
  // Cedar counts bytes; people and editors count characters.
  const bytes = Buffer.from(policy);
  const offset = (count: number) => span.start + bytes.subarray(0, count).toString().length;
  const message = bare(error.message)
    .replace(/^failed to parse policy( with id `[^`]*`)? from string: /, '')
    .replace(/ (?:in context )?for Action::"[^"]*"/, '');
  const suggestion = bare(error.help ?? location?.label ?? '');
  return {
    message: message.charAt(0).toUpperCase() + message.slice(1),
    ...(suggestion ? { suggestion } : {}),
    start: location ? offset(location.start) : span.start,
    end: location ? offset(location.end) : span.start + 1,
  };
}

/** The policy is told beside the message. */
function bare(text: string): string {
  return text.replace(/^for policy `[^`]*`[,:] /, '');
}
