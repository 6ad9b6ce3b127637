/**
 * Removes rows that time has made worthless. Nothing rests on it: whatever has expired is refused whether it is still there or
 * not. Sessions stay for a while after their end, so that their owners see what was.
 */

import { GRACE } from '../../authority/ssh/host-standing.ts';
import { forgetSshCertificates } from '../../authority/ssh/ssh-table.ts';
import { forgetCertificates, forgetKeys } from '../../authority/x509/certificate-table.ts';
import { forgetDistrusted } from '../../authority/x509/distrusted-table.ts';
import { forgetVouched } from '../../authority/x509/vouched-table.ts';
import { type Clock, DAY, HOUR, MINUTE, SECOND } from '../../kernel/clock.ts';
import type { Later } from '../../kernel/later.ts';
import type { Notice } from '../../kernel/notice.ts';
import { firstSpent, forgetSpent } from '../../proofs/spent-table.ts';
import type { Statement } from '../../store/statement.ts';
import type { Store } from '../../store/store.ts';
import { forgetApprovals } from '../approvals/approval-table.ts';
import { REMEMBERED } from '../approvals/approvals.ts';
import { forgetAttempts } from '../attempts/attempt-table.ts';
import { firstGrant, forgetGrants } from '../entry/grant-table.ts';
import { forgetNetworkSessions } from '../network/network-session-table.ts';
import { forgetOnce } from '../once/once-table.ts';
import { forgetKnownDevices } from '../sessions/known-device-table.ts';
import { forgetNonces } from '../sessions/session-key-table.ts';
import { forgetSessions } from '../sessions/session-table.ts';
import { forgetThrottles } from '../throttles/throttle-table.ts';
import { forgetAuthorizations, forgetOrders } from './acme/acme-table.ts';
import { forgetAppStates } from './apps/app-state-table.ts';
import { forgetInvitations } from './apps/registration/registration-table.ts';
import { forgetEnrolmentPasses } from './devices/enrolment-pass-table.ts';
import { forgetPendingEnrolments } from './people/enrolment-table.ts';
import { forgetSiteEntries } from './sites/site-entry-table.ts';

const EVERY = 10 * MINUTE;
const KEEP_ATTEMPTS = HOUR;
const KEEP_SESSIONS = 30 * DAY;
/** A node whose clock is behind still takes what has expired by the clock of this one. */
const KEEP_SPENT = 5 * MINUTE;
/** So that who asks what was granted yesterday finds it. */
const KEEP_GRANTS = DAY;

/** Longer than they stand in the list of revoked ones, and than a host may renew its own; what was issued is on record. */
const KEEP_SSH = GRACE + DAY;

export function createSweeper(deps: {
  store: Store;
  clock: Clock;
  later: Later;
  notice: Notice;
  /** Has on record what has come to its end, where somebody should hear of it. */
  expire?: () => Promise<void>;
}) {
  const { store, clock, later, notice, expire = async () => {} } = deps;
  let cancel: (() => void) | undefined;

  /** What comes by the thousands in a second goes a second's worth at a time: nobody waits long behind it. */
  async function inSlices(
    first: Statement<object, { at: number | null }>,
    forget: Statement<{ before: number }, unknown>,
    before: number,
  ): Promise<void> {
    for (;;) {
      const at = (await store.read((q) => q.one(first, {})))?.at ?? before + 1;
      if (at > before) return;
      await store.write((tx) => tx.run(forget, { before: Math.min(before, at + SECOND) }));
    }
  }

  async function sweep(): Promise<void> {
    const now = clock.now();
    await expire();
    await store.write((tx) => tx.run(forgetAttempts, { before: now - KEEP_ATTEMPTS }));
    await store.write((tx) => tx.run(forgetPendingEnrolments, { before: now }));
    await store.write((tx) => tx.run(forgetThrottles, { now }));
    await store.write((tx) => tx.run(forgetKnownDevices, { before: now }));
    await store.write((tx) => tx.run(forgetNonces, { before: now }));
    await store.write((tx) => tx.run(forgetSshCertificates, { before: now - KEEP_SSH }));
    await store.write((tx) => tx.run(forgetOnce, { before: now }));
    await store.write((tx) => tx.run(forgetAppStates, { before: now }));
    await store.write((tx) => tx.run(forgetApprovals, { before: now - REMEMBERED }));
    await store.write((tx) => tx.run(forgetSiteEntries, { before: now }));
    await store.write((tx) => tx.run(forgetInvitations, { before: now - KEEP_SESSIONS }));
    const longOver = { before: now - KEEP_SESSIONS };
    await store.write((tx) => tx.run(forgetCertificates, longOver));
    await store.write((tx) => tx.run(forgetKeys, {}));
    await store.write((tx) => tx.run(forgetDistrusted, { before: now }));
    await store.write((tx) => tx.run(forgetVouched, { before: now - KEEP_GRANTS }));
    await store.write((tx) => tx.run(forgetEnrolmentPasses, longOver));
    await store.write((tx) => tx.run(forgetAuthorizations, longOver));
    await store.write((tx) => tx.run(forgetOrders, longOver));
    await store.write((tx) => tx.run(forgetNetworkSessions, { before: now - KEEP_SESSIONS }));
    await inSlices(firstSpent, forgetSpent, now - KEEP_SPENT);
    await inSlices(firstGrant, forgetGrants, now - KEEP_GRANTS);
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
