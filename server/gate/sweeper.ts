/**
 * Removes rows that time has made worthless. Nothing rests on it: whatever has expired is refused whether it is still there or
 * not. Sessions stay for a while after their end, so that their owners see what was.
 */

import { type Clock, DAY, HOUR, MINUTE } from '../kernel/clock.ts';
import type { Later } from '../kernel/later.ts';
import type { Notice } from '../kernel/notice.ts';
import type { Store } from '../store/store.ts';
import { forgetAttempts } from './attempt-table.ts';
import { forgetDevices } from './device-table.ts';
import { forgetNonces } from './session-key-table.ts';
import { forgetSessions } from './session-table.ts';
import { forgetThrottles } from './throttle-table.ts';
import { forgetPendingEnrolments } from './use-cases/enrolment-table.ts';
import { forgetOnce } from './use-cases/once-table.ts';
import { forgetSiteEntries } from './use-cases/site-entry-table.ts';

const EVERY = 10 * MINUTE;
const KEEP_ATTEMPTS = HOUR;
const KEEP_SESSIONS = 30 * DAY;

export function createSweeper(deps: { store: Store; clock: Clock; later: Later; notice: Notice }) {
  const { store, clock, later, notice } = deps;
  let cancel: (() => void) | undefined;

  async function sweep(): Promise<void> {
    const now = clock.now();
    await store.write((tx) => tx.run(forgetAttempts, { before: now - KEEP_ATTEMPTS }));
    await store.write((tx) => tx.run(forgetPendingEnrolments, { before: now }));
    await store.write((tx) => tx.run(forgetThrottles, { now }));
    await store.write((tx) => tx.run(forgetDevices, { before: now }));
    await store.write((tx) => tx.run(forgetNonces, { before: now }));
    await store.write((tx) => tx.run(forgetOnce, { before: now }));
    await store.write((tx) => tx.run(forgetSiteEntries, { before: now }));
    await store.write((tx) => tx.run(forgetSessions, { before: now - KEEP_SESSIONS }));
  }

  function start(): void {
    cancel = later(EVERY, () => {
      void sweep()
        .catch((cause) =>
          notice('warn', 'What has expired could not be removed; it is tried again.', cause),
        )
        .finally(() => cancel && start());
    });
  }

  return {
    start,
    stop() {
      cancel?.();
      cancel = undefined;
    },
    sweep,
  };
}
