import { MINUTE, SECOND } from '../kernel/clock.ts';

/** How much of anything one client may send, and how slowly. */
export interface Limits {
  readonly bodyBytes: number;
  readonly headerBytes: number;
  /** From the first byte of a request to its last. */
  readonly requestMs: number;
  readonly headersMs: number;
  /** Of TLS. Browsers may ask their people which certificate to show. */
  readonly handshakeMs: number;
  /**
   * How long an idle connection is kept: for longer than proxies do, which send the next request on one that they believe open and answer
   * 502 where it is not (nginx and load balancers keep them for 60 s, Traefik for 90 s, Caddy for two minutes).
   */
  readonly keepAliveMs: number;
  /** How long a connection may stand still while something is under way: nobody reads its answer. */
  readonly stillMs: number;
  readonly connections: number;
  /** How long what is under way may take once the server is to end: whoever supervises it kills it soon after. */
  readonly endMs: number;
  /** How often Node looks for requests that are too slow. */
  readonly checkMs: number;
}

export const defaultLimits: Limits = Object.freeze({
  bodyBytes: 64 * 1024,
  headerBytes: 16 * 1024,
  requestMs: 20_000,
  headersMs: 10 * SECOND,
  handshakeMs: MINUTE,
  keepAliveMs: 2 * MINUTE + 5 * SECOND,
  stillMs: 3 * MINUTE,
  connections: 10_000,
  endMs: 5 * SECOND,
  checkMs: 2_000,
});
