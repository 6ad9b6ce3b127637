import type { Answer } from '../answer.ts';
import type { DoorParts } from '../door-parts.ts';
import { ledOn } from '../led-on.ts';
import { arrive } from '../tabs.ts';
import type { Visit } from '../visit.ts';

/**
 * Another tab showed a proof meanwhile, and its session took the place of the one with which this one had asked, or of none: on to
 * where this one was going. Undefined where nobody is in.
 */
export async function onMeanwhile(
  { portal }: DoorParts,
  visit: Visit,
): Promise<Answer | undefined> {
  const { session, arrival } = visit;
  if (session === undefined) return undefined;
  const me = await portal.me(session, arrival);
  const isIn = me.state === 'done' || (me.state === 'refused' && me.reason === 'unproven-key');
  if (!isIn) return undefined;
  const { go, flow } = arrive(visit);
  return ledOn(visit, go, flow, flow.to ?? go);
}
