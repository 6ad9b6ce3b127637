/** One question to somebody else's RADIUS server: is this code right for this name? Whatever is not a signed yes is no yes. */
import { utf8 } from '../../kernel/bytes.ts';
import type { Random } from '../../kernel/random.ts';
import { CODE, readPacket, TYPE } from '../../wire/radius/packet.ts';
import type { SharedSecret } from '../../wire/radius/shared-secret.ts';
import { named } from '../../wire/radius/values.ts';

export type UpstreamSaid =
  | 'yes'
  | 'no'
  /** Nobody answered, or nobody whose answer is signed. */
  | 'nothing';

export interface UpstreamPlace {
  readonly host: string;
  readonly port: number;
}

/**
 * Sends a datagram from a port of its own, again after each wait, until `read` makes something of what comes back from there; undefined
 * when nothing does. Who does not see the question does not know where to answer it.
 */
export type Exchange = <T>(
  datagram: Uint8Array,
  place: UpstreamPlace,
  waits: readonly number[],
  read: (answer: Uint8Array) => T | undefined,
) => Promise<T | undefined>;

export interface AskUpstreamDeps {
  readonly secret: SharedSecret;
  readonly random: Random;
  readonly exchange: Exchange;
}

export interface AskUpstreamLimits {
  readonly servers: readonly UpstreamPlace[];
  readonly timeout: number;
  readonly tries: number;
  readonly unsigned: boolean;
}

export type AskUpstream = (name: string, code: string) => Promise<UpstreamSaid>;

export function createAskUpstream(
  { secret, random, exchange }: AskUpstreamDeps,
  { servers, timeout, tries, unsigned }: AskUpstreamLimits,
): AskUpstream {
  const waits = new Array<number>(tries).fill(timeout / tries);

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

  return async (name, code) => {
    const request = write(name, code);
    if (request === undefined) return 'no';
    for (const server of servers) {
      const said = await exchange(request, server, waits, (bytes) => read(bytes, request));
      if (said !== undefined) return said;
    }
    return 'nothing';
  };
}
