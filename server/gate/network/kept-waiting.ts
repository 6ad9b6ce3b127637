/**
 * Log-ins that are finished in a browser (log-in-approvals.ts) at network devices that can't ask twice: nothing is said to them until it
 * was approved, or time is over. They show no number by which people tell their log-in from somebody else's, so their administrators have
 * to allow it, by name.
 */
import { type Clock, SECOND } from '../../kernel/clock.ts';
import type { Later } from '../../kernel/later.ts';
import type { Arrival } from '../arrival.ts';
import type { OpenAttempt } from '../outcome.ts';
import type { LogInOutcome, Network } from './network-words.ts';

/** Whoever waits. */
export interface Waiter {
  readonly arrival: Arrival;
  readonly station: string | undefined;
  /** Whether the answer is still awaited. */
  readonly wanted: () => boolean;
}

export interface KeptWaiting {
  /** Undefined when it was not approved in time, or there is no place to wait. */
  wait(attempt: OpenAttempt, waiter: Waiter): Promise<LogInOutcome | undefined>;
  /** Nobody waits any more. */
  stop(): Promise<void>;
}

/** How often a log-in that waits is looked at: whoever approved it may have done so at another node. */
const LOOK = SECOND;

export function createKeptWaiting(
  {
    network,
    clock,
    later,
  }: {
    readonly network: Pick<Network, 'hold' | 'collect' | 'withdraw'>;
    readonly clock: Clock;
    readonly later: Later;
  },
  { wait, atOnce }: { readonly wait: number; readonly atOnce: number },
): KeptWaiting {
  /** Those that wait, by what wakes them. */
  const waiting = new Map<() => void, Promise<unknown>>();
  let stopped = false;

  async function outcome(
    token: string,
    { arrival, wanted }: Waiter,
    woken: (wake: () => void) => void,
  ): Promise<LogInOutcome | undefined> {
    const until = clock.now() + wait;
    for (;;) {
      const collected = await network.collect(token, arrival);
      if (collected.state !== 'waiting') return collected;
      if (stopped || !wanted() || clock.now() >= until) {
        await network.withdraw(token, arrival);
        return undefined;
      }
      await new Promise<void>((resolve) => {
        const cancel = later(LOOK, resolve);
        woken(() => {
          cancel();
          resolve();
        });
      });
    }
  }

  return {
    async wait({ token }, waiter) {
      if (stopped || waiting.size >= atOnce) return undefined;
      const holding = { numbered: false, station: waiter.station, lifetime: wait };
      let wake = () => {};
      const place = () => wake();
      const done = (async () => {
        const held = await network.hold(token, holding, waiter.arrival);
        if (held.state === 'refused') return undefined;
        return outcome(token, waiter, (by) => {
          wake = by;
        });
      })();
      waiting.set(place, done);
      try {
        return await done;
      } finally {
        waiting.delete(place);
      }
    },

    async stop() {
      stopped = true;
      const left = [...waiting];
      for (const [wake] of left) wake();
      await Promise.allSettled(left.map(([, done]) => done));
    },
  };
}
