/**
 * What a browser carries between two pages: which attempt it is in, where it wanted to go, what to say next. Pages are made from
 * it and from the gate's answers alone, so nothing is kept here for people who have not shown who they are.
 */
import { ProofKind } from '@sallyport/contract/proofs.ts';
import { z } from 'zod';
import { Notice } from './notice.ts';

/** What is a tab's own on the pages of the sign-in, and on all others the browser's. */
export const ofTab = {
  notice: Notice.optional(),
  /** The open attempt, and for a step-up what it is for. */
  attempt: z.string().optional(),
  confirms: z.string().optional(),
  /** The name that was typed, to be shown beside the next step. */
  identifier: z.string().optional(),
  /** Where the person wanted to go. */
  to: z.string().optional(),
  /** What that is to people: the title of an application or the host of a site, as we have it and never as an address says. */
  toward: z.string().max(300).optional(),
  /** Another tab signed in meanwhile: this one goes on to where it was going. */
  overtaken: z.literal(true).optional(),
  /** A proof that is being set up. An authenticator's key is kept, so that a reload shows the same one. */
  enrolment: z
    .strictObject({
      kind: ProofKind,
      id: z.string(),
      expiresAt: z.number(),
      offer: z.record(z.string(), z.unknown()).optional(),
    })
    .optional(),
};

export const Flow = z.strictObject({
  /** Names this browser until it signs in: attempts and form tokens are bound to it. */
  id: z.string(),
  /** The tab that this is of (kept.ts). */
  tab: z.string().optional(),
  ...ofTab,
  /**
   * The form tokens of pages that were open before a step-up renewed the session, and the session's own, by which it is known:
   * what those pages send is this person's still.
   */
  earlier: z.strictObject({ of: z.string(), tokens: z.array(z.string()) }).optional(),
  /** Came by a pass, and is setting up proofs: good for nothing else. */
  enrols: z.literal(true).optional(),
  /** Where it was led on to by itself, and how often, since a page was shown (led-on.ts). */
  led: z.strictObject({ to: z.string(), times: z.number() }).optional(),
  /** From an enrolment link; used up only when its button is pressed. */
  pass: z.strictObject({ person: z.string(), code: z.string() }).optional(),
  /** Recovery codes that are being shown. */
  codes: z.array(z.string()).optional(),
});
export type Flow = z.infer<typeof Flow>;
