/**
 * RFC 5176 at network devices that share no secret with us, and come over TLS with a certificate: we go to them over TLS as well
 * (RFC 6614 §2.1, one port for all kinds of packets), show our own certificate, and speak only to whoever shows one of that very device.
 */
import { connect, type TLSSocket } from 'node:tls';
import type { NetworkClient, NetworkSession, Told } from '../../gate/network/network-words.ts';
import { SECOND } from '../../kernel/clock.ts';
import type { Later } from '../../kernel/later.ts';
import type { Notice } from '../../kernel/notice.ts';
import { createPacketStream, readPacket } from '../../wire/radius/packet.ts';
import { createSharedSecret } from '../../wire/radius/shared-secret.ts';
import { type DynamicRequest, toldBy } from './dynamic-request.ts';
import { type Credentials, chainOf, EVERYBODY } from './tls-port.ts';

export interface AskingOverTlsDeps {
  readonly later: Later;
  readonly notice: Notice;
  readonly credentials: () => Promise<Credentials>;
  /** Whose certificate that is, as for those who come to us. */
  readonly clientOf: (
    chain: readonly Uint8Array[],
    address: string,
  ) => Promise<NetworkClient | undefined>;
}

/** `underWay` has what gives up each that is. */
export type AskOverTls = (
  session: NetworkSession,
  request: DynamicRequest,
  underWay: Set<() => void>,
) => Promise<Told>;

/** As long as all tries by UDP together. */
const LONGEST = 15 * SECOND;
/** TLS sends again what was lost: so who is connected is asked once. Where no connection comes, it is tried again after each of these. */
const AGAIN: readonly number[] = [1 * SECOND, 2 * SECOND, 4 * SECOND];

export function createAskingOverTls(
  { later, notice, credentials, clientOf }: AskingOverTlsDeps,
  port: number,
): AskOverTls {
  let identifier = 0;

  return async ({ address: host, client }, request, underWay) => {
    const secret = createSharedSecret(EVERYBODY);
    identifier = (identifier + 1) % 256;
    const made = secret.request(request.code, identifier, request.attributes);
    if (made === undefined) return { answer: 'not-told' };
    const asked = made;
    return new Promise<Told>((resolve) => {
      let isOver = false;
      let connected: TLSSocket | undefined;
      let cancelNext = () => {};
      const finish = (told: Told) => {
        isOver = true;
        cancel();
        cancelNext();
        underWay.delete(giveUp);
        connected?.destroy();
        resolve(told);
      };
      const giveUp = () => finish({ answer: 'unanswered' });
      const cancel = later(LONGEST, giveUp);
      underWay.add(giveUp);
      const failed = (fault: unknown) => {
        notice('error', `${client.name} could not be asked to end a session.`, fault);
        giveUp();
      };

      async function reach(tries: number): Promise<void> {
        const { cert, key } = await credentials();
        if (isOver) return;
        // Whose its certificate is, the gate judges; that it has the key, TLS has seen to.
        const socket = connect({
          host,
          port,
          cert,
          key,
          minVersion: 'TLSv1.2',
          rejectUnauthorized: false,
        });
        connected = socket;
        let isSecure = false;
        const lost = () => {
          if (isOver || connected !== socket) return;
          connected = undefined;
          const wait = isSecure ? undefined : AGAIN[tries];
          if (wait === undefined) return giveUp();
          cancelNext = later(wait, () => void reach(tries + 1).catch(failed));
        };
        socket.on('error', lost);
        socket.on('close', lost);
        socket.on('secureConnect', () => {
          isSecure = true;
          ask(socket).catch(failed);
        });
      }

      async function ask(socket: TLSSocket): Promise<void> {
        const found = await clientOf(chainOf(socket), host);
        if (isOver) return;
        if (found?.device !== client.device) {
          notice('warn', `Who is asked to end a session at ${client.name} is not ${client.name}.`);
          return giveUp();
        }
        const stream = createPacketStream();
        // Everybody has this secret: an answer is one only of whom it is known who they are.
        socket.on('data', (chunk: Buffer) => {
          const packets = stream.push(chunk);
          if (packets === 'fault') return giveUp();
          for (const bytes of packets) {
            const read = readPacket(bytes);
            if (!read.ok || secret.checkAnswer(read.value, asked, 'optional') !== undefined) {
              continue;
            }
            const told = toldBy(read.value, request);
            if (told !== undefined) return finish(told);
          }
        });
        socket.write(asked);
      }

      reach(0).catch(failed);
    });
  };
}
