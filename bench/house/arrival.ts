import { proofKinds } from '@sallyport/contract/proofs.ts';
import type { Arrival } from '../../server/gate/arrival.ts';
import { addressOf } from './bench-people.ts';

/** How a person comes, as the web door would tell the gate. */
export function arrivalOf(number: number): Arrival {
  const address = addressOf(number);
  return {
    door: 'web',
    channel: 'browser',
    address,
    network: address,
    trustedNetwork: false,
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36',
    origin: 'http://localhost:8080',
    request: '01890000-0000-7000-8000-000000000000',
    device: undefined,
    carries: proofKinds,
  };
}
