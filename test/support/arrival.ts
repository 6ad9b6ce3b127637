import { proofKinds } from '@sallyport/contract/proofs.ts';
import type { Arrival } from '../../server/gate/arrival.ts';
import { SITE } from './settings.ts';

/** How a person comes with a browser, as the web door would tell the gate. */
export function browserArrival(change: Partial<Arrival> = {}): Arrival {
  const { address = '192.0.2.7' } = change;
  return {
    door: 'web',
    channel: 'browser',
    address,
    network: address,
    trustedNetwork: false,
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64) Chrome/130.0',
    origin: SITE,
    request: 'request',
    device: undefined,
    carries: proofKinds,
    ...change,
  };
}
