/**
 * RFC 5176 at network devices that share no secret with us, and come over TLS with a certificate: we go to them over TLS as well
 * (RFC 6614 §2.1, one port for all kinds of packets), show our own certificate, and speak only to whoever shows one of that very device.
 */
import { connect } from 'node:tls';
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

/** TLS sends again what was lost: so it is asked once. As long as all tries by UDP together. */
const LONGEST = 15 * SECOND;

export function createAskingOverTls(
  { later, notice, credentials, clientOf }: AskingOverTlsDeps,
  port: number,
): AskOverTls {
  let identifier = 0;

  return async ({ address: host, client }, request, underWay) => {
    const secret = createSharedSecret(EVERYBODY);
    identifier = (identifier + 1) % 256;
    const asked = secret.request(request.code, identifier, request.attributes);
    if (asked === undefined) return { answer: 'not-told' };
    const { cert, key } = await credentials();
    return new Promise<Told>((resolve) => {
      // Whose its certificate is, the gate judges; that it has the key, TLS has seen to.
      const socket = connect({
        host,
        port,
        cert,
        key,
        minVersion: 'TLSv1.2',
        rejectUnauthorized: false,
      });
      const finish = (told: Told) => {
        cancel();
        underWay.delete(giveUp);
        socket.destroy();
        resolve(told);
      };
      const giveUp = () => finish({ answer: 'unanswered' });
      const cancel = later(LONGEST, giveUp);
      underWay.add(giveUp);
      socket.on('error', giveUp);
      socket.on('close', giveUp);
      const stream = createPacketStream();
      const hear = (chunk: Buffer) => {
        const packets = stream.push(chunk);
        if (packets === 'fault') return giveUp();
        for (const bytes of packets) {
          const read = readPacket(bytes);
          if (!read.ok || secret.checkAnswer(read.value, asked, 'optional') !== undefined) continue;
          const told = toldBy(read.value, request);
          if (told !== undefined) return finish(told);
        }
      };
      socket.on('secureConnect', () => {
        clientOf(chainOf(socket), host).then(
          (found) => {
            if (found?.device === client.device) {
              socket.write(asked);
              // Everybody has this secret: an answer is one only of whom it is known who they are.
              return void socket.on('data', hear);
            }
            notice(
              'warn',
              `Who is asked to end a session at ${client.name} is not ${client.name}.`,
            );
            giveUp();
          },
          (fault) => {
            notice('error', `${client.name} could not be asked to end a session.`, fault);
            giveUp();
          },
        );
      });
    });
  };
}
