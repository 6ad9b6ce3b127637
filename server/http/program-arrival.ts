/** How a program's request came, for doors that have neither browsers nor sessions. */
import type { FastifyRequest } from 'fastify';
import type { Arrival } from '../gate/arrival.ts';
import type { Networks } from '../kernel/networks.ts';
import { sourcesIn } from './source-address.ts';

export function programArrivals(
  door: string,
  trustedNetwork: Networks,
): (request: FastifyRequest) => Arrival {
  const isTrusted = sourcesIn(trustedNetwork);
  return ({ source, headers, id }) => ({
    door,
    channel: 'program',
    address: source.address,
    network: source.network,
    trustedNetwork: isTrusted(source),
    userAgent: headers['user-agent'],
    origin: headers.origin,
    request: id,
    device: undefined,
    carries: [],
  });
}
