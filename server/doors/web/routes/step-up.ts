import type { Ask } from '../../../gate/ask.ts';
import type { Demand } from '../../../gate/demand.ts';
import { PORTAL, type Wish } from '../../../gate/wish.ts';
import type { Answer } from '../answer.ts';
import type { DoorParts } from '../door-parts.ts';
import { afterRefused, problem } from '../problem.ts';
import { withoutNotice } from '../visit.ts';
import type { Visiting } from '../visitor.ts';

type Entering = Extract<Ask, { to: 'stepUp' }>['entering'];

/**
 * Asks for a proof before something sensitive, then leads back to the page that wanted it. Undefined when those shown are
 * fresh enough already; with `ahead`, fresh enough to fill in a form at leisure.
 */
export async function stepUp(
  parts: DoorParts,
  visit: Visiting,
  action: Wish['action'],
  back: string,
  ahead = false,
): Promise<Answer | undefined> {
  return stepUpFor(parts, visit, { wish: { action, resource: PORTAL }, ahead }, back);
}

/** The same for any wish, and for what an application wants beyond it. */
export async function stepUpFor(
  { gate }: DoorParts,
  visit: Visiting,
  wanted: {
    readonly wish: Wish;
    readonly ahead?: boolean;
    readonly demand?: Demand;
    readonly entering?: Entering;
  },
  back: string,
  /** Where nothing that they could show would be enough, and there is more to say than that. */
  beyond?: () => Answer | Promise<Answer>,
): Promise<Answer | undefined> {
  const { session } = visit;
  const { wish } = wanted;
  const confirms = wanted.demand === undefined ? wish.action : 'enter';
  const outcome = await gate.ask({ to: 'stepUp', session, ...wanted }, visit.arrival);
  switch (outcome.state) {
    case 'granted':
      return undefined;
    case 'challenged': {
      const { identifier: _typed, ...flow } = withoutNotice(visit.flow);
      const attempt = outcome.attempt.token;
      return { go: '/confirm', flow: { ...flow, attempt, confirms, to: back } };
    }
    case 'refused':
      if (outcome.reason === 'throttled') {
        return problem(visit, 'throttled', { retryAt: outcome.retryAt, next: back });
      }
      if (outcome.reason === 'not-permitted' && beyond !== undefined) return beyond();
      return outcome.reason === 'no-session' ||
        outcome.reason === 'unproven-key' ||
        outcome.reason === 'not-permitted'
        ? afterRefused(visit, { reason: outcome.reason })
        : problem(visit, 'fault');
  }
}
