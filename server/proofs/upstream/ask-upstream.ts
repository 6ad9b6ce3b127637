/**
 * One question to somebody else's RADIUS server: is this code right for this name? Whatever is not a signed yes is no yes. Each
 * question goes from a port of its own, with chance for an authenticator: who does not see it can't answer it.
 */
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { utf8 } from '../../kernel/bytes.ts';
import type { Later } from '../../kernel/later.ts';
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

export interface AskUpstreamDeps {
  readonly secret: SharedSecret;
  readonly random: Random;
  readonly later: Later;
}

export interface AskUpstreamLimits {
  readonly servers: readonly UpstreamPlace[];
  readonly timeout: number;
  readonly tries: number;
  readonly unsigned: boolean;
}

export type AskUpstream = (name: string, code: string) => Promise<UpstreamSaid>;

export function createAskUpstream(
  { secret, random, later }: AskUpstreamDeps,
  { servers, timeout, tries, unsigned }: AskUpstreamLimits,
): AskUpstream {
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

  function askOne(request: Uint8Array, { host, port }: UpstreamPlace): Promise<UpstreamSaid> {
    return new Promise((resolve) => {
      const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
      let over = false;
      let cancel = () => {};
      const finish = (said: UpstreamSaid) => {
        if (over) return;
        over = true;
        cancel();
        socket.close();
        resolve(said);
      };
      const send = (left: number) => {
        if (left === 0) return finish('nothing');
        socket.send(request, () => {});
        cancel = later(timeout / tries, () => send(left - 1));
      };
      socket.on('error', () => finish('nothing'));
      socket.on('message', (bytes) => {
        const read = readPacket(new Uint8Array(bytes));
        if (!read.ok) return;
        const rule = unsigned ? 'optional' : 'anywhere';
        // Forged, or of another question: the true one may still come.
        if (secret.checkAnswer(read.value, request, rule) !== undefined) return;
        // A challenge is no yes: there is one code, and one answer.
        finish(read.value.code === CODE.accessAccept ? 'yes' : 'no');
      });
      // Only what comes from there is handed over by the system.
      socket.connect(port, host, (fault?: Error) => {
        if (fault === undefined || fault === null) send(tries);
        else finish('nothing');
      });
    });
  }

  return async (name, code) => {
    const request = write(name, code);
    if (request === undefined) return 'no';
    for (const server of servers) {
      const said = await askOne(request, server);
      if (said !== 'nothing') return said;
    }
    return 'nothing';
  };
}
