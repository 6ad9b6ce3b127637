/**
 * Log-ins that are finished in a browser (gate/network/log-in-approvals.ts), as this door tells of them and waits for them. A network device
 * that can ask twice shows a number; whatever is typed at its question asks how it stands. One that can't is kept waiting
 * (gate/network/kept-waiting.ts), where it is allowed.
 */
import type { Arrival } from '../../gate/arrival.ts';
import {
  ELSEWHERE,
  finishesElsewhere,
  MOST_ASKS,
  whereToType,
} from '../../gate/network/elsewhere.ts';
import { isNamed } from '../../gate/network/is-named.ts';
import { createKeptWaiting } from '../../gate/network/kept-waiting.ts';
import type { LogInOutcome, Network, NetworkClient } from '../../gate/network/network-words.ts';
import type { OpenAttempt } from '../../gate/outcome.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Later } from '../../kernel/later.ts';
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
  /** Whoever was shown the number is gone. */
  withdraw(token: string, asked: Asked): Promise<void>;
  /** Whether those who come there through a tunnel, with one field to type in, are shown what they are asked. */
  showsInTunnel(client: NetworkClient): boolean;
  /** Nobody waits any more. */
  stop(): Promise<void>;
}

export function createApproving(
  deps: {
    readonly network: Pick<Network, 'hold' | 'collect' | 'withdraw'>;
    readonly clock: Clock;
    readonly later: Later;
    readonly origin: () => string;
  },
  config: RadiusConfig['approve'],
): Approving {
  const { network, origin } = deps;
  const { enabled } = config;
  const offered = new Set(config.offered);
  const withoutNumber = new Set(config.withoutNumber);
  const showing = new Set(config.shownInTunnel);
  const keptWaiting = createKeptWaiting(deps, config);

  return {
    arrivalAt({ arrival, client, asksOnce }) {
      const possible = enabled && (!asksOnce || isNamed(client, withoutNumber));
      return { ...arrival, elsewhere: possible ? ELSEWHERE : undefined };
    },
    offered: (client) => isNamed(client, offered),
    showsInTunnel: (client) => isNamed(client, showing),
    wanted: finishesElsewhere,

    async hold({ token }, { arrival, station }) {
      const held = await network.hold(token, { numbered: true, station }, arrival);
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

    wait: (attempt, asked) => keptWaiting.wait(attempt, asked),
    withdraw: (token, { arrival }) => network.withdraw(token, arrival),
    stop: keptWaiting.stop,
  };
}
