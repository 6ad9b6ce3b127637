import type { IncomingHttpHeaders } from 'node:http';

/** By one of these, proxies tell that they are there; many are set up to send no X-Forwarded-For. */
const OF_PROXIES = [
  'x-forwarded-for',
  'forwarded',
  'via',
  'x-real-ip',
  'x-forwarded-host',
  'x-forwarded-proto',
] as const;

/** Whether it says of itself that it is not of whoever is at the other end of the connection. */
export const isPassedOn = (headers: IncomingHttpHeaders): boolean =>
  OF_PROXIES.some((name) => headers[name] !== undefined);
