import type { SubjectRef } from '@sallyport/contract/events.ts';

/** By whom and by which way something was done: what every event of one request has in common. */
export interface By {
  readonly actor?: SubjectRef | undefined;
  readonly door?: string | undefined;
  readonly session?: string | undefined;
  readonly request?: string | undefined;
  readonly personal?: { readonly address?: string; readonly userAgent?: string } | undefined;
}
