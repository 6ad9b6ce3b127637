/** What a browser brings back from the port where cards are shown: a ticket, or why there is none. */
import { z } from 'zod';
import { fitQuery } from '../../../http/form.ts';
import { RefusedRequest } from '../../../http/refusal.ts';
import { tabName } from '../kept.ts';

const Shown = z.strictObject({
  ticket: z.string().max(4096).optional(),
  refused: z.string().max(32).optional(),
  tab: tabName.optional(),
});

export type ShownCard =
  | { readonly ticket: string }
  | { readonly ticket: undefined; readonly refused: string };

export function shownCard(target: string): ShownCard {
  const query = fitQuery(target, Shown);
  if (!query.ok) throw new RefusedRequest('bad-request');
  const { ticket, refused = 'other' } = query.value;
  return ticket === undefined ? { ticket, refused: WORDS[refused] ?? 'other' } : { ticket };
}

/** Several reasons are one to whoever holds the card. */
const WORDS: Readonly<Record<string, string>> = {
  none: 'none',
  expired: 'expired',
  revoked: 'revoked',
  'unknown-authority': 'unknown',
  'not-for-people': 'unknown',
};
