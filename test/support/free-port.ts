import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below those that systems give to outgoing connections: a client of another test would take the port before we listen. Above
 * 10080, the last of those that browsers and `fetch` never ask (https://fetch.spec.whatwg.org/#port-blocking).
 */
const FROM = 10_081;
const TO = 30_000;

/** A port to listen on, for those who must know it before they listen: passkeys are bound to the site’s address. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FROM, TO);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, 'localhost', () => probe.close(() => resolve(true)));
  });
}
