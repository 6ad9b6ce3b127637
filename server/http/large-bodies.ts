/**
 * Bodies that may be larger than all others are kept whole before anyone is asked who sends them. So of one network a few at once are
 * read, however many connections it has.
 */
import type { preParsingHookHandler } from 'fastify';
import { defaultLimits } from './limits.ts';
import { RefusedRequest } from './refusal.ts';

const MOST_OF_A_NETWORK = 4;

/** For routes that take them. */
export function createLargeBodies(): preParsingHookHandler {
  const held = new Map<string, number>();
  return ({ raw, routeOptions: { bodyLimit }, source: { network } }, _reply, _payload, done) => {
    const length = raw.headers['content-length'];
    if (length !== undefined) {
      // What is said to be longer than any may be is refused by that, and not read.
      const isKept = Number(length) > defaultLimits.bodyBytes && Number(length) <= bodyLimit;
      if (!isKept) return done();
    }
    const holds = held.get(network) ?? 0;
    if (holds >= MOST_OF_A_NETWORK) return done(new RefusedRequest('busy'));
    held.set(network, holds + 1);
    // Once it was read, or broken off.
    raw.once('close', () => {
      const left = (held.get(network) ?? 1) - 1;
      if (left === 0) held.delete(network);
      else held.set(network, left);
    });
    done();
  };
}
