/** What is shown when a request can't be answered with its page: one translation from the gate's words to ours. */
import type { ProofKind } from '@sallyport/contract/proofs.ts';
import type { Refused } from '../../gate/outcome.ts';
import type { HttpRefusal, RefusalCode } from '../../http/refusal.ts';
import { SECOND } from '../../kernel/clock.ts';
import type { Answer } from './answer.ts';
import { withTab } from './kept.ts';
import type { Notice } from './notice.ts';
import { type ErrorData, type ErrorName, errorPage } from './pages/error-page.ts';
import { type Visit, withoutNotice } from './visit.ts';

const STATUS: Readonly<Record<ErrorName, number>> = {
  'bad-request': 400,
  forbidden: 403,
  'no-cookies': 400,
  circle: 400,
  misdirected: 421,
  'not-found': 404,
  'request-over': 404,
  'not-permitted': 403,
  'too-weak': 403,
  closed: 403,
  throttled: 429,
  busy: 503,
  fault: 500,
};

interface ProblemOptions {
  readonly retryAt?: number | undefined;
  /** Where the one button leads. */
  readonly next?: string;
  /** The application that they came from, and where it is told. */
  readonly onward?: ErrorData['onward'];
}

export function problem(visit: Visit, name: ErrorName, options: ProblemOptions = {}): Answer {
  const { retryAt, onward, next = visit.session === undefined ? '/signin' : '/me' } = options;
  const { view, arrival } = visit;
  const wait = retryAt === undefined ? undefined : Math.max(retryAt - view.now, SECOND);
  return {
    status: STATUS[name],
    ...(wait === undefined ? {} : { retryAfter: Math.ceil(wait / SECOND) }),
    show: errorPage(view, {
      name,
      request: arrival.request,
      next,
      onward,
      ...(wait === undefined ? {} : { retryInMs: wait }),
    }),
  };
}

const NAMES: Readonly<Partial<Record<RefusalCode, ErrorName>>> = {
  'not-found': 'not-found',
  forbidden: 'forbidden',
  throttled: 'throttled',
  busy: 'busy',
  fault: 'fault',
  misdirected: 'misdirected',
};

export function errorNameOf(refused: HttpRefusal): ErrorName {
  return NAMES[refused.code] ?? 'bad-request';
}

/**
 * Where a refused proof leads: back to its own page while the attempt is open, else to the beginning. Known and unknown
 * accounts take the same way.
 */
export function afterRefusal(
  visit: Visit,
  refused: Refused,
  way: { readonly here: string; readonly beginning: string; readonly kind: ProofKind },
): Answer {
  const { reason, retryAt } = refused;
  const flow = withoutNotice(visit.flow);
  const { attempt: _over, ...begun } = flow;
  switch (reason) {
    case 'throttled':
    case 'busy':
      return {
        ...problem(visit, reason, { retryAt, next: withTab(way.here, flow.tab) }),
        flow,
      };
    case 'unavailable':
      return problem(visit, 'fault');
    case 'wrong':
    case 'used':
    case 'not-asked': {
      if (refused.attempt === undefined) {
        return { go: way.beginning, flow: { ...begun, notice: { code: 'attempt-over' } } };
      }
      const about = retryAt === undefined ? {} : { retryAt };
      const notice: Notice = { code: reason, kind: way.kind, ...about };
      return { go: way.here, flow: { ...flow, notice } };
    }
    case 'attempt-over':
    case 'not-permitted':
      return { go: way.beginning, flow: { ...begun, notice: { code: reason } } };
    case 'unproven-key':
      return { prove: true };
    case 'no-session':
      return { go: '/signin', flow: { ...begun, notice: { code: reason } } };
  }
}

/** What a use case was refused with, when the handler has nothing better to do. */
export function afterRefused(
  visit: Visit,
  refused: { readonly reason: 'no-session' | 'unproven-key' | 'not-permitted' | 'unavailable' },
): Answer {
  switch (refused.reason) {
    case 'no-session':
      return toSignIn(visit);
    case 'unproven-key':
      return { prove: true };
    case 'not-permitted':
      return problem(visit, 'not-permitted');
    case 'unavailable':
      return problem(visit, 'fault');
  }
}

type Undone =
  | {
      readonly state: 'refused';
      readonly reason: 'no-session' | 'unproven-key' | 'not-permitted' | 'unavailable';
    }
  | { readonly state: 'challenged' }
  | { readonly state: 'failed'; readonly error: { readonly code: 'not-found' } };

/** What none of these pages expects: the gate's refusal, or something that is gone. */
export function otherwise(visit: Visit, undone: Undone): Answer {
  switch (undone.state) {
    case 'refused':
      return afterRefused(visit, undone);
    case 'challenged':
      return problem(visit, 'not-permitted');
    case 'failed':
      return problem(visit, 'not-found');
  }
}

/**
 * To the sign-in and back. Only a page is gone back to, never a form. `toward` says to people where that is. The cookie stays until
 * there (routes/sign-in.ts): by the time that the answer arrives it may be that of a new session, since another tab showed a proof.
 */
export function toSignIn(visit: Visit, back?: string, toward?: string): Answer {
  const { flow, session } = visit;
  const { to: _before, toward: _it, ...rest } = withoutNotice(flow);
  const wanted =
    back === undefined ? {} : { to: back, ...(toward === undefined ? {} : { toward }) };
  const notice: { notice?: Notice } =
    session === undefined ? {} : { notice: { code: 'no-session' } };
  return { go: '/signin', flow: { ...rest, ...wanted, ...notice } };
}
