import type { Arrival } from '../../server/gate/arrival.ts';
import { browserArrival } from '../../test/support/arrival.ts';
import { addressOf } from './bench-people.ts';

/** How one of the people of a bench comes. */
export function arrivalOf(number: number): Arrival {
  return browserArrival({
    address: addressOf(number),
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36',
    request: '01890000-0000-7000-8000-000000000000',
  });
}
