/**
 * One question to somebody else's RADIUS server: is this code right for this name? Whatever is not a signed yes is no yes.
 *
 * Some servers say nothing to a wrong code. So silence is one of two things: where they answer others, or whether they are there
 * (Status-Server, RFC 5997), it is what they have to say of this code; else they are down, for everybody.
 */
import { utf8 } from '../../kernel/bytes.ts';
import { type Clock, MINUTE, SECOND } from '../../kernel/clock.ts';
import type { Random } from '../../kernel/random.ts';
import { CODE, readPacket, TYPE } from '../../wire/radius/packet.ts';
import type { SharedSecret } from '../../wire/radius/shared-secret.ts';
import { named } from '../../wire/radius/values.ts';

export type UpstreamSaid =
  | 'yes'
  | 'no'
  /** Nobody answered this, and one of them answers other things. */
  | 'silence'
  /** Nobody answered, or nobody whose answer is signed. */
  | 'nothing';

export interface UpstreamPlace {
  readonly host: string;
  readonly port: number;
}

/**
 * Sends a datagram from a port of its own, again after each wait, until `read` makes something of what comes back from there; undefined
 * when nothing does, `unreachable` when the system says that nobody listens there. Who does not see the question does not know where to
 * answer it.
 */
export type Exchange = <T>(
  datagram: Uint8Array,
  place: UpstreamPlace,
  waits: readonly number[],
  read: (answer: Uint8Array) => T | undefined,
) => Promise<T | 'unreachable' | undefined>;

export interface AskUpstreamDeps {
  readonly secret: SharedSecret;
  readonly random: Random;
  readonly clock: Clock;
  readonly exchange: Exchange;
}

export interface AskUpstreamLimits {
  readonly servers: readonly UpstreamPlace[];
  readonly timeout: number;
  readonly tries: number;
  readonly unsigned: boolean;
}

export type AskUpstream = (name: string, code: string) => Promise<UpstreamSaid>;

/** What is known of one of them. */
interface Heard {
  /** When it last gave a signed answer. */
  at: number;
  /** It answers whether it is there: when it does not any more, it is down. */
  tells: boolean;
}

/** Who answered others so shortly before is there. */
const LATELY = MINUTE;
const TELLS_WITHIN = SECOND;

export function createAskUpstream(
  { secret, random, clock, exchange }: AskUpstreamDeps,
  { servers, timeout, tries, unsigned }: AskUpstreamLimits,
): AskUpstream {
  const waits = new Array<number>(tries).fill(timeout / tries);
  const heard: Heard[] = servers.map(() => ({ at: Number.NEGATIVE_INFINITY, tells: false }));

  function write(name: string, code: string): Uint8Array | undefined {
    const authenticator = random.bytes(16);
    const hidden = secret.hidePassword(utf8(code), authenticator);
    const who = named('User-Name', name);
    const us = named('NAS-Identifier', 'sallyport');
    if (hidden === undefined || !who.ok || !us.ok) return undefined;
    const password = { type: TYPE.userPassword, value: hidden };
    const [identifier = 0] = random.bytes(1);
    const attributes = [who.value, password, us.value];
    return secret.request(CODE.accessRequest, identifier, attributes, authenticator);
  }

  function read(bytes: Uint8Array, request: Uint8Array): UpstreamSaid | undefined {
    const answer = readPacket(bytes);
    if (!answer.ok) return undefined;
    // Forged, or of another question: the true one may still come.
    const rule = unsigned ? 'optional' : 'anywhere';
    if (secret.checkAnswer(answer.value, request, rule) !== undefined) return undefined;
    // A challenge is no yes: there is one code, and one answer.
    return answer.value.code === CODE.accessAccept ? 'yes' : 'no';
  }

  async function isThere(place: UpstreamPlace, of: Heard, since: number): Promise<boolean> {
    // Others were answered while this was not.
    if (of.at > since) return true;
    const us = named('NAS-Identifier', 'sallyport');
    const [identifier = 0] = random.bytes(1);
    const question = us.ok
      ? secret.request(CODE.statusServer, identifier, [us.value], random.bytes(16))
      : undefined;
    const told =
      question &&
      (await exchange(question, place, [TELLS_WITHIN], (bytes) => read(bytes, question)));
    if (told === 'unreachable') return false;
    if (told !== undefined) {
      of.at = clock.now();
      of.tells = true;
      return true;
    }
    return !of.tells && of.at > since - LATELY;
  }

  return async (name, code) => {
    const request = write(name, code);
    if (request === undefined) return 'no';
    const since = clock.now();
    for (const [at, server] of servers.entries()) {
      const said = await exchange(request, server, waits, (bytes) => read(bytes, request));
      const of = heard[at];
      if (said === undefined || of === undefined) continue;
      of.at = said === 'unreachable' ? Number.NEGATIVE_INFINITY : clock.now();
      if (said !== 'unreachable') return said;
    }
    const there = await Promise.all(
      servers.map((server, at) => {
        const of = heard[at];
        return of !== undefined && isThere(server, of, since);
      }),
    );
    return there.includes(true) ? 'silence' : 'nothing';
  };
}
