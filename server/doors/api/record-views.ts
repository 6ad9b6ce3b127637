/** The record as it is told to clients, beside its events. The command line on the machine itself tells the same. */

import type { NotFound } from '../../gate/use-cases/answered.ts';
import type { EventProof, Followed, NotPlaced } from '../../gate/use-cases/record/record-acts.ts';
import { Told } from './told.ts';
import { event } from './views.ts';

export function followed({ events, log, from }: Followed) {
  return { items: events.map(event), log, from };
}

export function eventProof({ log, index, vkey, text }: EventProof) {
  return { log, index, key: vkey, proof: text };
}

/** The sequencer comes by within a second. */
const SOON = 1;

export function proofProblem({ code }: NotFound | NotPlaced): Told {
  return code === 'not-placed'
    ? new Told('unavailable', { retryAfter: SOON })
    : new Told('not-found');
}
