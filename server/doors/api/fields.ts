/** What does not fit, in words for whoever wrote the client: the part’s path, and what it must be. Values are never repeated. */
import type { z } from 'zod';

export interface Field {
  /** Such as `roles.0`; empty for the whole. */
  readonly path: string;
  /** Completes “It must …”. */
  readonly must: string;
}

const MOST = 20;
const LONGEST = 128;

type Issue = z.core.$ZodIssue;

export function fieldsOf(error: z.ZodError): readonly Field[] {
  return error.issues.flatMap(fieldsOfIssue).slice(0, MOST);
}

function fieldsOfIssue(issue: Issue): Field[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: join([...issue.path, key]), must: 'not be there' }));
  }
  return [{ path: join(issue.path), must: wanted(issue) }];
}

function join(path: readonly PropertyKey[]): string {
  return path.map(String).join('.').slice(0, LONGEST);
}

/** Messages of our own schemas begin so. */
const OURS = 'must ';

const NAMES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  boolean: 'true or false',
};

function wanted(issue: Issue): string {
  if (issue.message.startsWith(OURS)) return issue.message.slice(OURS.length);
  switch (issue.code) {
    case 'invalid_type':
      if (issue.message.endsWith('received undefined')) return 'be there';
      return `be ${NAMES[issue.expected] ?? issue.expected}`;
    case 'too_big':
      return `${amount(issue.origin)} at most ${issue.maximum}${unit(issue.origin)}`;
    case 'too_small':
      return `${amount(issue.origin)} at least ${issue.minimum}${unit(issue.origin)}`;
    case 'invalid_value':
      return `be one of ${issue.values.map(String).join(', ')}`;
    case 'invalid_union':
      return 'options' in issue && Array.isArray(issue.options)
        ? `be one of ${issue.options.map(String).join(', ')}`
        : 'be of one of its forms';
    default:
      return 'be of its form';
  }
}

function amount(origin: string): string {
  return origin === 'string' || origin === 'array' ? 'have' : 'be';
}

function unit(origin: string): string {
  if (origin === 'string') return ' characters';
  return origin === 'array' ? ' entries' : '';
}
