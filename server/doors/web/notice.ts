/** What the next page has to say about the last request: carried over the redirect, so that a reload repeats nothing. */

import { ProofKind } from '@sallyport/contract/proofs.ts';
import { z } from 'zod';
import { SECOND } from '../../kernel/clock.ts';
import type { View } from './view.ts';
import { span } from './words.ts';

export const Notice = z.strictObject({
  code: z.enum([
    'wrong',
    'used',
    'not-asked',
    'attempt-over',
    'not-permitted',
    'no-session',
    'unavailable',
    'needs-name',
    'proof-added',
    'proof-removed',
    'proof-renamed',
    'password-changed',
    'session-ended',
    'sessions-ended',
    'app-revoked',
    'log-in-approved',
    'log-in-mismatched',
    'request-approved',
    'request-mismatched',
    'request-disowned',
    'codes-kept',
    'codes-gone',
    'trouble-reported',
    'enrolment',
    'enrolment-closed',
    'link-over',
    'pass-over',
    'unkept',
    'card',
  ]),
  kind: ProofKind.optional(),
  /** Of `enrolment`: why a proof could not be set up. Of `card`: why there is no ticket. */
  error: z.string().optional(),
  /** Of `trouble-reported`: how many sessions were ended. */
  count: z.number().optional(),
  retryAt: z.number().optional(),
});
export type Notice = z.infer<typeof Notice>;

const GOOD: ReadonlySet<Notice['code']> = new Set([
  'proof-added',
  'proof-removed',
  'proof-renamed',
  'password-changed',
  'session-ended',
  'sessions-ended',
  'app-revoked',
  'log-in-approved',
  'request-approved',
  'request-disowned',
  'codes-kept',
]);

export interface Said {
  readonly bad?: string;
  readonly good?: string;
}

/** A TOTP code is told to come with the clock, whether or not one was held: half a minute, counted as apps count it. */
const CODE_PERIOD = 30 * SECOND;

export function say(view: View, notice: Notice | undefined): Said {
  if (notice === undefined) return {};
  const { notices, signIn } = view.texts;
  const { code, kind } = notice;
  const wait = span(view.texts, (notice.retryAt ?? nextCode(view.now)) - view.now);
  switch (code) {
    case 'wrong':
      return {
        bad: kind === 'totp' ? notices.wrong.totp(wait) : notices.wrong[kind ?? 'password'],
      };
    case 'used':
      // By the time that a page is reloaded, the next code may have come: then nothing is left to wait for.
      return { bad: kind === 'totp' ? notices.used.totp(wait) : notices.used.other };
    case 'enrolment':
      return { bad: enrolmentError(view, kind, notice.error) };
    case 'unkept':
      return { bad: view.texts.codes.keptNeeded };
    case 'card':
      return { bad: cardError(view, notice.error) };
    case 'trouble-reported':
      return { good: view.texts.trouble.doneText(notice.count ?? 0) };
    case 'needs-name':
      return { bad: signIn.needsName };
    default:
      return GOOD.has(code) ? { good: notices[code] } : { bad: notices[code] };
  }
}

function enrolmentError(view: View, kind: ProofKind | undefined, error = ''): string {
  const { enrolmentErrors } = view.texts;
  if (error === 'wrong' && kind === 'webauthn') return enrolmentErrors.wrongPasskey;
  if (error === 'wrong' && kind === 'upstream') return enrolmentErrors.wrongUpstream;
  if (kind === 'card') {
    if (error === 'wrong') return enrolmentErrors.wrongCard;
    if (Object.hasOwn(view.texts.notices.card, error)) return cardError(view, error);
  }
  const texts: Readonly<Record<string, string>> = enrolmentErrors;
  return texts[error] ?? enrolmentErrors.malformed;
}

function cardError(view: View, error = ''): string {
  const { card } = view.texts.notices;
  const texts: Readonly<Record<string, string>> = card;
  return (Object.hasOwn(texts, error) ? texts[error] : undefined) ?? card.other;
}

function nextCode(now: number): number {
  return now + CODE_PERIOD - (now % CODE_PERIOD);
}
