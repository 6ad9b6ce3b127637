/** Looks, soon after something changed of people or devices, and now and then, for whom to put out at their network devices. */
import { MINUTE } from '../../kernel/clock.ts';
import type { Later } from '../../kernel/later.ts';
import type { RecordListener } from '../../record/record.ts';

const SOON = 100;
/** What another node saw, or this one missed when it was restarted. */
const EVERY = MINUTE;

const ENDS = /^(?:person\.(?:disabled|erased)|device\.(?!created)|certificate\.revoked)/;

export function createNetworkSettling(deps: {
  readonly later: Later;
  readonly settle: () => Promise<void>;
  readonly forget: () => void;
  readonly report: (fault: unknown) => void;
}) {
  const { later, settle, forget, report } = deps;
  let cancel: (() => void) | undefined;
  let working: Promise<void> = Promise.resolve();
  let started = false;

  function wake(after: number): void {
    cancel?.();
    cancel = later(after, () => {
      working = working.then(settle).catch(report);
      if (started) wake(EVERY);
    });
  }

  const seen: RecordListener = (_id, { type }) => {
    if (type.startsWith('device.')) forget();
    if (started && ENDS.test(type)) wake(SOON);
  };

  return {
    seen,
    start() {
      started = true;
      wake(EVERY);
    },
    async stop() {
      started = false;
      cancel?.();
      await working;
    },
  };
}
