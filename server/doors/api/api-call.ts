import type { FastifyReply } from 'fastify';
import type { Arrival } from '../../gate/arrival.ts';
import type { OnceKey } from '../../gate/once/once.ts';
import type { Grant } from '../../gate/outcome.ts';
import type { CookieJar } from '../../http/cookies.ts';
import { type Clock, SECOND } from '../../kernel/clock.ts';
import type { Caller } from './callers.ts';
import type { Call } from './handler.ts';

interface Means {
  readonly jar: CookieJar;
  readonly reply: FastifyReply;
  readonly clock: Clock;
}

/** A class, because there is one for each request, and closures would be made anew each time. */
export class ApiCall implements Call {
  readonly arrival: Arrival;
  readonly token: string | undefined;
  readonly once: OnceKey | undefined;
  readonly #browser: boolean;
  readonly #means: Means;

  constructor({ arrival, token, browser }: Caller, once: OnceKey | undefined, means: Means) {
    this.arrival = arrival;
    this.token = token;
    this.once = once;
    this.#browser = browser;
    this.#means = means;
  }

  keep({ session, device, keyProof }: Grant): 'in cookies' | 'in the answer' {
    if (!this.#browser) return 'in the answer';
    const { jar, reply, clock } = this.#means;
    const age = (expiresAt: number) => (expiresAt - clock.now()) / SECOND;
    const cookies = [jar.set('session', session.token, age(session.expiresAt))];
    if (keyProof !== undefined) cookies.push(jar.set('key', keyProof));
    if (device !== undefined) cookies.push(jar.set('device', device.token, age(device.expiresAt)));
    reply.header('set-cookie', cookies);
    return 'in cookies';
  }

  forget(): void {
    const { jar, reply } = this.#means;
    if (this.#browser) reply.header('set-cookie', jar.clear('session'));
  }
}
