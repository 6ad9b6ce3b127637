/** All that can go wrong with an operation: what is its own, and what comes with its form. */
import { type ProblemCode, problemCodes } from '../problems.ts';
import type { Operation } from './operation.ts';

const ALWAYS: readonly ProblemCode[] = [
  'bad-request',
  'not-valid',
  'misdirected',
  'two-credentials',
  'not-from-here',
  'unavailable',
  'fault',
];
const IN_SESSION: readonly ProblemCode[] = [
  'no-session',
  'unproven-key',
  'fresh-proof-needed',
  'not-permitted',
];
const WITH_ID: readonly ProblemCode[] = ['not-found', 'address-too-long'];
const WITH_BODY: readonly ProblemCode[] = ['too-large', 'media-type'];
/** Of one network a few are read at once. */
const WITH_LARGE_BODY: readonly ProblemCode[] = ['busy'];
const ONCE: readonly ProblemCode[] = ['key-not-valid', 'key-reused'];

/** In the order of the table. */
export function problemsOf(operation: Operation): readonly ProblemCode[] {
  const found = new Set<ProblemCode>([
    ...ALWAYS,
    ...operation.problems,
    ...(operation.for === 'session' ? IN_SESSION : []),
    ...(operation.params === undefined ? [] : WITH_ID),
    ...(operation.body === undefined ? [] : WITH_BODY),
    ...(operation.bodyBytes === undefined ? [] : WITH_LARGE_BODY),
    ...(operation.once ? ONCE : []),
  ]);
  return problemCodes.filter((code) => found.has(code));
}
