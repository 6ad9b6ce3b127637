/** Moments, durations and counts, as people read them. Machines get ISO 8601 and bare numbers. */
import { DAY, HOUR, MINUTE, SECOND } from '../../kernel/clock.ts';

/** `2026-11-22 06:30:08 UTC` */
export function momentWords(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** Of a time as it stands in JSON. */
export const momentOf = (time: string): string => momentWords(Date.parse(time));

const UNITS = [
  [DAY, 'day'],
  [HOUR, 'hour'],
  [MINUTE, 'minute'],
] as const;

/** `7 days`, in the largest unit that it is a whole number of. */
export function durationWords(milliseconds: number): string {
  const [length, unit] = UNITS.find(([each]) => milliseconds % each === 0) ?? [SECOND, 'second'];
  return countWords(milliseconds / length, unit);
}

const grouped = new Intl.NumberFormat('en');

/** What is left of a time, to the minute, or to the second where that is short: `4 minutes`, `55 seconds`. */
export function aboutWords(milliseconds: number): string {
  const [unit] = UNITS.find(([each]) => milliseconds >= 2 * each) ?? [SECOND];
  return durationWords(Math.max(1, Math.round(milliseconds / unit)) * unit);
}

/** `1 session`, `2 sessions` */
export function countWords(count: number, noun: string, nouns = `${noun}s`): string {
  return `${grouped.format(count)} ${count === 1 ? noun : nouns}`;
}
