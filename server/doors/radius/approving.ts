/**
 * Log-ins that are finished in a browser (gate/network/log-in-approvals.ts), as this door tells of them and waits for them. A network device
 * that can ask twice shows a number; whatever is typed at its question asks how it stands. One that can't ask twice hears nothing
 * until the log-in was approved, or time is over: without a number, so that its administrators have to allow it.
 */
import type { Arrival } from '../../gate/arrival.ts';
import {
  ELSEWHERE,
  finishesElsewhere,
  MOST_ASKS,
  whereToType,
} from '../../gate/network/elsewhere.ts';
import type { LogInOutcome, Network, NetworkClient } from '../../gate/network/network-words.ts';
import type { OpenAttempt } from '../../gate/outcome.ts';
import { type Clock, SECOND } from '../../kernel/clock.ts';
import type { Later } from '../../kernel/later.ts';
import { TYPE } from '../../wire/radius/packet.ts';
import { textOf } from '../../wire/radius/values.ts';
import type { RadiusConfig } from './radius-config.ts';
import type { Asked } from './request.ts';

/** A log-in that waits, for as long as the challenge stands that told of it. */
export interface HeldLogIn {
  readonly number: number;
  readonly until: number;
  /** How often somebody asked how it stands. */
  readonly asks: number;
}

export type NotHeld = 'too-many' | 'impossible';

export interface Approving {
  /** How somebody comes, with what they can show in a browser meanwhile, where the network device can wait for that. */
  arrivalAt(asked: Asked): Arrival;
  /** Whether people may choose it there, beside a code. */
  offered(client: NetworkClient): boolean;
  /** Whether it asks for what can be shown there. */
  wanted(attempt: OpenAttempt): boolean;
  hold(attempt: OpenAttempt, asked: Asked): Promise<HeldLogIn | NotHeld>;
  /** What is said of it at the network device. */
  says(held: HeldLogIn): string;
  collect(
    token: string,
    held: HeldLogIn,
    asked: Asked,
  ): Promise<LogInOutcome | { readonly state: 'waiting'; readonly held: HeldLogIn }>;
  /** Undefined when it was not approved in time, or there is no place to wait. */
  wait(attempt: OpenAttempt, asked: Asked): Promise<LogInOutcome | undefined>;
  /** Nobody waits any more. */
  stop(): Promise<void>;
}

/** How often a log-in that waits is looked at: whoever approved it may have done so at another node. */
const LOOK = SECOND;

export function createApproving(
  {
    network,
    clock,
    later,
    origin,
  }: {
    readonly network: Pick<Network, 'hold' | 'collect' | 'withdraw'>;
    readonly clock: Clock;
    readonly later: Later;
    readonly origin: () => string;
  },
  config: RadiusConfig['approve'],
): Approving {
  const { enabled, time, wait, atOnce } = config;
  const offered = new Set(config.offered);
  const withoutNumber = new Set(config.withoutNumber);
  const named = (among: ReadonlySet<string>, { name, groups }: NetworkClient) =>
    [name, ...groups].some((one) => among.has(one));
  /** Those that wait, by what wakes them. */
  const waiting = new Map<() => void, Promise<unknown>>();
  let stopped = false;

  async function outcome(
    token: string,
    asked: Asked,
    woken: (wake: () => void) => void,
  ): Promise<LogInOutcome | undefined> {
    const { arrival, wanted } = asked;
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
    arrivalAt({ packet, arrival, client, asksOnce }) {
      const possible = enabled && (!asksOnce || named(withoutNumber, client));
      const elsewhere = possible ? ELSEWHERE : undefined;
      return { ...arrival, called: textOf(packet, TYPE.userName), elsewhere };
    },
    offered: (client) => named(offered, client),
    wanted: finishesElsewhere,

    async hold({ token }, { arrival, station }) {
      const held = await network.hold(token, { numbered: true, station, lifetime: time }, arrival);
      if (held.state === 'refused') return held.reason === 'too-many' ? 'too-many' : 'impossible';
      const { number, until } = held;
      return number === undefined ? 'impossible' : { number, until, asks: 0 };
    },

    says: ({ number }) => `${whereToType(origin(), number)}, or type ok.`,

    async collect(token, held, { arrival }) {
      const collected = await network.collect(token, arrival);
      if (collected.state !== 'waiting') return collected;
      const asks = held.asks + 1;
      if (asks < MOST_ASKS) return { state: 'waiting', held: { ...held, asks } };
      await network.withdraw(token, arrival);
      return { state: 'refused', reason: 'attempt-over' };
    },

    async wait({ token }, asked) {
      if (stopped || waiting.size >= atOnce) return undefined;
      const holding = { numbered: false, station: asked.station, lifetime: wait };
      let wake = () => {};
      const place = () => wake();
      const done = (async () => {
        const held = await network.hold(token, holding, asked.arrival);
        if (held.state === 'refused') return undefined;
        return outcome(token, asked, (by) => {
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
