/** What the API tells of one kind of error: problems.ts lists them all. */
export interface ProblemKind {
  readonly status: number;
  /** A few words, the same each time (RFC 9457 §3.1.3). */
  readonly title: string;
  /** What happened, what it means, what to do. */
  readonly detail: string;
  /** Members beside the standard ones, and what they hold. */
  readonly members?: Readonly<Record<string, string>>;
}

/** Of a member `retryAfter`. */
export const RETRY =
  'The seconds until trying again can help; the `Retry-After` header says the same.';
