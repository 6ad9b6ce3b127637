/** Windows for changes: named times at which policies may let through what they refuse at others (`context.windows`). */
import { MINUTE } from '../../kernel/clock.ts';
import type { ChangeWindow, Day } from './command-config.ts';

const DAYS: readonly Day[] = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const NAMES: readonly string[] = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** The names of those that are open at that time. */
export type OpenWindows = (now: number) => readonly string[];

export function createChangeWindows(windows: readonly ChangeWindow[]): OpenWindows {
  const clocks = windows.map((window) => ({ ...window, at: localTime(window.zone) }));
  let minute = -1;
  let open: readonly string[] = [];
  return (now) => {
    // They begin and end at whole minutes.
    const current = Math.floor(now / MINUTE);
    if (current !== minute) {
      minute = current;
      open = clocks.filter((window) => isOpen(window, window.at(now))).map(({ name }) => name);
    }
    return open;
  };
}

interface Local {
  readonly day: number;
  readonly time: string;
}

function isOpen({ days, from, to }: ChangeWindow, { day, time }: Local): boolean {
  const on = (index: number) => days.includes(DAYS[(index + 7) % 7] as Day); // There are seven.
  if (from < to) return on(day) && from <= time && time < to;
  // It goes on past midnight, and belongs to the day on which it began.
  return (on(day) && from <= time) || (on(day - 1) && time < to);
}

function localTime(zone: string): (now: number) => Local {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  return (now) => {
    const parts = format.formatToParts(now);
    const of = (type: string) => parts.find((part) => part.type === type)?.value ?? '';
    const day = NAMES.indexOf(of('weekday'));
    return { day, time: `${of('hour')}:${of('minute')}` };
  };
}
