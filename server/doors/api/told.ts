/** What goes wrong, on its way out: one code of the closed list, and what a client can act on. Everything else stays inside. */
import {
  PROBLEM_TYPE,
  type ProblemCode,
  type ProblemKind,
  problems,
  problemType,
} from '@sallyport/contract/problems.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Performed } from '../../gate/gate.ts';
import type { RefusedReason } from '../../gate/outcome.ts';
import { concernedBy } from '../../gate/wishes.ts';

/** A problem, told instead of an answer. */
export class Told {
  readonly code: ProblemCode;
  readonly members: Readonly<Record<string, unknown>>;
  /** Whether credentials came and were not good, for `WWW-Authenticate`. */
  readonly credentials: boolean;
  constructor(
    code: ProblemCode,
    members: Readonly<Record<string, unknown>> = {},
    credentials = false,
  ) {
    this.code = code;
    this.members = members;
    this.credentials = credentials;
  }
}

export const refusedCodes: Readonly<Record<RefusedReason, ProblemCode>> = Object.freeze({
  wrong: 'proof-wrong',
  used: 'proof-used',
  throttled: 'throttled',
  busy: 'busy',
  'attempt-over': 'attempt-over',
  'not-permitted': 'not-permitted',
  'not-asked': 'proof-not-asked',
  'no-session': 'no-session',
  'unproven-key': 'unproven-key',
  unavailable: 'unavailable',
});

/** When a fault on our side may have passed. */
const SOON = 5;

/** What a use case did, as an answer or a problem. */
export function answered<T, E, A>(
  performed: Performed<T, E>,
  view: (value: T) => A,
  failure: (error: E) => Told,
): A | Told {
  switch (performed.state) {
    case 'done':
      return view(performed.value);
    case 'failed':
      return failure(performed.error);
    case 'challenged': {
      const { kinds, wish } = performed;
      const person = concernedBy(wish);
      const stepUp = {
        to: 'stepUp',
        action: wish.action,
        ...(person === undefined ? {} : { person }),
      };
      return new Told('fresh-proof-needed', { kinds, stepUp });
    }
    case 'refused': {
      const code = refusedCodes[performed.reason];
      return new Told(code, code === 'unavailable' ? { retryAfter: SOON } : {}, true);
    }
  }
}

/** For use cases that can't fail by themselves. */
export function never(_error: never): Told {
  return new Told('fault');
}

/** RFC 9457. Written by hand: it is small, and the standard members come first. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, told: Told): void {
  const { code, members } = told;
  const { status, title, detail }: ProblemKind = problems[code];
  reply.code(status);
  if (typeof members.retryAfter === 'number') {
    reply.header('retry-after', String(members.retryAfter));
  }
  if (status === 401) {
    // RFC 6750 §3.1: nothing is said of an error to whoever sent no credentials.
    const error = told.credentials ? ', error="invalid_token"' : '';
    if (!reply.hasHeader('www-authenticate')) {
      reply.header('www-authenticate', `Bearer realm="sallyport"${error}`);
    }
  }
  const body = {
    type: problemType(code),
    code,
    title,
    status,
    detail,
    instance: `urn:uuid:${request.id}`,
    ...members,
  };
  reply.header('content-type', PROBLEM_TYPE).send(JSON.stringify(body));
}
