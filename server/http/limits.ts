import { MINUTE, SECOND } from '../kernel/clock.ts';

/** How much of anything one client may send, and how slowly. */
export interface Limits {
  readonly bodyBytes: number;
  readonly headerBytes: number;
  /** From the first byte of a request to its last. */
  readonly requestMs: number;
  readonly headersMs: number;
  readonly keepAliveMs: number;
  readonly connections: number;
  /** How often Node looks for requests that are too slow. */
  readonly checkMs: number;
}

export const defaultLimits: Limits = Object.freeze({
  bodyBytes: 64 * 1024,
  headerBytes: 16 * 1024,
  requestMs: 20_000,
  headersMs: 10 * SECOND,
  keepAliveMs: MINUTE,
  connections: 10_000,
  checkMs: 2_000,
});
