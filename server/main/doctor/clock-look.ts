import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { MINUTE } from '../../kernel/clock.ts';
import { newestEvent } from '../start/clock-set-back.ts';
import { momentWords } from '../terminal/amounts.ts';
import { bad, type Look, type LookContext, ok, warn } from './look.ts';
import { reachDatabase } from './reach-database.ts';

/** No machine that runs this release has a clock before it was made. */
const RELEASED = Date.UTC(2026, 10, 1);

/** Where systemd leaves a mark once a time server has answered. */
const SYNCHRONIZED = '/run/systemd/timesync/synchronized';

export const lookAtClock: Look = {
  name: 'clock',
  needs: ['data', 'database'],
  async look(context) {
    const now = context.clock.now();
    const shown = momentWords(now);
    if (now < RELEASED) {
      return bad(
        `The clock says ${shown}, which is before this release was made.`,
        'Set it, and keep it right with NTP: codes and sessions depend on it.',
      );
    }
    const written = newestWrite(context.loaded.config.data);
    if (written !== undefined && written > now + MINUTE) {
      return bad(
        `The clock says ${shown}, but the database was written at ${momentWords(written)}.`,
        'The clock was set back. Set it right, and keep it right with NTP.',
      );
    }
    const recorded = await recordedAt(context);
    if (recorded !== undefined && recorded > now + MINUTE) {
      return bad(
        `The clock says ${shown}, but the newest event on record is of ${momentWords(recorded)}.`,
        'This clock was set back, or that of another machine on the same database is fast. Set both right, and keep them right with NTP.',
      );
    }
    if (existsSync('/run/systemd/timesync') && !existsSync(SYNCHRONIZED)) {
      return warn(
        'The clock has not been set by a time server since this machine started.',
        'Check that it reaches one: timedatectl timesync-status. Codes from apps fail when clocks differ by half a minute.',
      );
    }
    return ok(`It says ${shown}.`);
  },
};

function newestWrite(folder: string): number | undefined {
  const times = ['sallyport.db', 'sallyport.db-wal', 'checkpoint']
    .map((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs)
    .filter((time) => time !== undefined);
  return times.length === 0 ? undefined : Math.max(...times);
}

/** Undefined when there is none, or the database can't be asked: another look tells of that. */
async function recordedAt(context: LookContext): Promise<number | undefined> {
  const reached = await reachDatabase(context, (store) => store.read(newestEvent));
  return reached.state === 'found' ? reached.value : undefined;
}
