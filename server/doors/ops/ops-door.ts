/**
 * For whoever runs Sallyport: is it alive (`/healthz`), can it decide (`/readyz`), and what is it doing (`/metrics`). The first two
 * answer anyone, in a word. Metrics, and why it isn’t ready, are for the networks that the configuration names.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HttpDoor } from '../../http/http-door.ts';
import { isPassedOn } from '../../http/passed-on.ts';
import { RefusedRequest } from '../../http/refusal.ts';
import { canonicalAddress } from '../../http/source-address.ts';
import { type Clock, SECOND } from '../../kernel/clock.ts';
import type { Gauges, Meters } from './meters.ts';

export interface OpsDeps {
  readonly clock: Clock;
  readonly meters: Pick<Meters, 'write'>;
  readonly gauges: () => Promise<Gauges>;
  /** The parts without which nothing can be decided and that don’t work now; none when it is ready. */
  readonly waitsFor: () => Promise<readonly string[]>;
  /** Who may read metrics. */
  readonly mayRead: (address: string) => boolean;
}

/** Asking for readiness costs the database a read, and anyone may ask: one look serves everyone for so long. */
const LOOK = SECOND;

export function createOpsDoor(deps: OpsDeps): HttpDoor {
  const { clock, meters, gauges, waitsFor, mayRead } = deps;
  let looked: { readonly at: number; readonly waits: Promise<readonly string[]> } | undefined;

  function look(): Promise<readonly string[]> {
    const now = clock.now();
    if (looked === undefined || looked.at + LOOK <= now) looked = { at: now, waits: waitsFor() };
    return looked.waits;
  }

  return {
    id: 'ops',
    prefix: '/metrics',
    // Load balancers and monitoring ask each node by its own address, or by no name at all, while people know one name for all of them.
    anyHost: ['/healthz', '/readyz'],
    byAddress: ['/metrics'],
    mount(app) {
      app.get('/healthz', (_, reply) => reply.type('text/plain; charset=utf-8').send('alive\n'));

      app.get('/readyz', async (request, reply) => {
        const waits = await look();
        reply.type('text/plain; charset=utf-8');
        if (waits.length === 0) return reply.send('ready\n');
        const why = isAllowed(request) ? `: ${waits.join(', ')}` : '';
        return reply.code(503).send(`not ready${why}\n`);
      });

      app.get('/metrics', async (request, reply) => {
        if (!isAllowed(request)) throw new RefusedRequest('forbidden');
        reply.type('text/plain; version=0.0.4; charset=utf-8');
        return reply.send(meters.write(await gauges()));
      });
    },
    refuse(_request: FastifyRequest, reply: FastifyReply, { status, code }) {
      reply.type('text/plain; charset=utf-8').send(`${status} ${code}\n`);
    },
  };

  /** A proxy that nobody told us of stands between: then the address is the proxy’s, and tells nothing of who asks. */
  function isAllowed(request: FastifyRequest): boolean {
    const { address } = request.source;
    const proxied = isPassedOn(request.headers);
    const direct = canonicalAddress(request.raw.socket.remoteAddress ?? '') === address;
    return mayRead(address) && !(proxied && direct);
  }
}
