import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { MINUTE } from '../../kernel/clock.ts';
import { bad, type Look, ok, warn } from './look.ts';

/** No machine that runs this release has a clock before it was made. */
const RELEASED = Date.UTC(2026, 10, 1);

/** Where systemd leaves a mark once a time server has answered. */
const SYNCHRONIZED = '/run/systemd/timesync/synchronized';

export const lookAtClock: Look = {
  name: 'clock',
  look({ loaded, clock }) {
    const now = clock.now();
    const shown = new Date(now).toISOString();
    if (now < RELEASED) {
      return bad(
        `The clock says ${shown}, which is before this release was made.`,
        'Set it, and keep it right with NTP: codes and sessions depend on it.',
      );
    }
    const newest = newestWrite(loaded.config.data);
    if (newest !== undefined && newest > now + MINUTE) {
      return bad(
        `The clock says ${shown}, but the database was written at ${new Date(newest).toISOString()}.`,
        'The clock was set back. Set it right, and keep it right with NTP.',
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
