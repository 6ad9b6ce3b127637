/** An event for people, in a line or a row, and for machines, in JSON. */
import { eventSentence, type RecordedEvent } from '@sallyport/contract/events.ts';
import type { ShownEvent } from '../desks/record-desk.ts';
import type { Cell } from '../terminal/output.ts';

const GATE = new Set(['granted', 'challenged', 'refused'] as const);
type GateOutcome = typeof GATE extends Set<infer T> ? T : never;

type NameOf = (id: string) => string;

export function eventRow(event: ShownEvent, name: NameOf): Cell[] {
  return [timeOf(event.at), outcomeCell(event.outcome), wordsOf(event, name), event.id];
}

export function eventLine(event: ShownEvent, name: NameOf): string {
  return `${timeOf(event.at)}  ${event.outcome.padEnd(10)}  ${wordsOf(event, name)}  ${event.id}`;
}

function timeOf(at: string): string {
  return at.replace('T', ' ').slice(0, 19);
}

function outcomeCell(outcome: string): Cell {
  return GATE.has(outcome as GateOutcome) ? [outcome as GateOutcome, outcome] : outcome;
}

function wordsOf(event: ShownEvent, name: NameOf): string {
  const { personal, erased, damaged } = event;
  // Somebody's own words may go over several lines; in a list, each would look like an event.
  const details = Object.entries(personal ?? {}).map(
    ([name, value]) => `${name} ${String(value).replaceAll(/\s+/g, ' ')}`,
  );
  if (erased) details.push('what was personal is erased');
  if (damaged) details.push('something in it can’t be read: see ./sallyport record verify');
  const told = { ...event, at: Date.parse(event.at) } as RecordedEvent; // As it was before it was shown.
  return `${eventSentence(told, name)}${details.length > 0 ? ` (${details.join(', ')})` : ''}`;
}
