/**
 * Leading on without a page between. The cookies of a browser may differ from path to path (someone planted one, or it takes
 * none away), so that one page says that nobody is in, and the next that somebody is: where they lead to each other, the way
 * would have no end. So each browser is led to one place a few times in a row, and then told.
 */
import { hash } from 'node:crypto';
import type { Answer } from './answer.ts';
import type { Flow } from './flow.ts';
import { problem } from './problem.ts';
import type { Visit } from './visit.ts';

/** More than tabs that are opened together need; browsers give up after some twenty. */
const MOST = 4;

/** `place` is where the way leads in the end, when there is something between. */
export function ledOn(visit: Visit, go: string, flow: Flow, place = go): Answer {
  const to = hash('sha256', place, 'base64url').slice(0, 16);
  const times = flow.led?.to === to ? flow.led.times + 1 : 1;
  return times > MOST
    ? problem(visit, 'circle', { next: '/signin' })
    : { go, flow: { ...flow, led: { to, times } } };
}
