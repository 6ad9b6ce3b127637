/**
 * Ends sessions at network devices (RFC 5176 §2.1, Disconnect-Request) and changes them (§2.2, CoA-Request): when a person is disabled,
 * or a device, or a session is revoked, or policies say other things of it, the network device is told, and told again until it says
 * that it did. It is told over UDP, signed with the secret that it shares with us; an answer that is not signed so is none, nor is one
 * to another request. One that shares none is told over TLS (asking-over-tls.ts).
 */
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { ChangedSession, NetworkSession, Told } from '../../gate/network/network-words.ts';
import { canonicalAddress } from '../../http/source-address.ts';
import { type Clock, SECOND } from '../../kernel/clock.ts';
import type { Later } from '../../kernel/later.ts';
import type { Notice } from '../../kernel/notice.ts';
import { type Attribute, CODE, readPacket } from '../../wire/radius/packet.ts';
import { createSharedSecret, type SharedSecret } from '../../wire/radius/shared-secret.ts';
import { named } from '../../wire/radius/values.ts';
import type { AskOverTls } from './asking-over-tls.ts';
import { type DynamicRequest, toldBy } from './dynamic-request.ts';
import { CLASS, replyOf } from './replies.ts';
import { createTurns, type Turns } from './turns.ts';

export interface Disconnects {
  end(session: NetworkSession): Promise<Told>;
  change(session: ChangedSession): Promise<Told>;
  stop(): void;
}

/** How long each try waits for an answer (RFC 5080 §2.2.1: longer each time). */
const TRIES: readonly number[] = [1 * SECOND, 2 * SECOND, 4 * SECOND, 8 * SECOND];
const MOST_AT_ONCE = 64;
/** Of one device, over TLS: where nobody answers a connection, each takes as long as it may, and others must not wait for them. */
const MOST_OF_DEVICE = 16;
/** RFC 2865 §5.25: a session that is changed keeps the one that it has. */
const CLASS_TYPE = 25;
const NOT_TOLD: Told = { answer: 'not-told' };

export function createDisconnects(
  {
    later,
    notice,
    clock,
    overTls,
  }: {
    readonly later: Later;
    readonly notice: Notice;
    readonly clock: Clock;
    /** Left out where nobody comes over TLS. */
    readonly overTls?: AskOverTls | undefined;
  },
  port: number,
): Disconnects {
  let identifier = 0;
  const byUdp = createTurns(MOST_AT_ONCE);
  const byTls = createTurns(MOST_AT_ONCE);
  const ofDevice = new Map<string, Turns>();
  /** Gives up one that is under way. */
  const underWay = new Set<() => void>();
  let stopped = false;

  function askFor(session: NetworkSession): readonly Attribute[] {
    const known = session.deviceSession !== undefined || session.station !== undefined;
    const said: (readonly [string, string | undefined])[] = [
      ['User-Name', session.name],
      ['Acct-Session-Id', session.deviceSession],
      ['Calling-Station-Id', session.station],
      ['NAS-Port-Id', session.port],
      // Only where nothing else names it: hostapd refuses a request with a Class ("Unsupported-Attribute").
      ['Class', known ? undefined : `${CLASS}${session.id}`],
    ];
    return said.flatMap(([name, value]) => {
      const made = value === undefined || value === '' ? undefined : named(name, value);
      return made?.ok === true ? [made.value] : [];
    });
  }

  async function once(
    session: NetworkSession,
    secrets: readonly SharedSecret[],
    asked: DynamicRequest,
  ): Promise<Told> {
    identifier = (identifier + 1) % 256;
    const asks = secrets.flatMap((secret) => {
      const request = secret.request(asked.code, identifier, asked.attributes);
      return request === undefined ? [] : [{ secret, request }];
    });
    if (asks.length === 0) return NOT_TOLD;
    const { address } = session;
    // A port of its own for each: nobody can answer who does not see it.
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    return new Promise((resolve) => {
      let cancel = () => {};
      const finish = (how: Told) => {
        cancel();
        if (underWay.delete(giveUp)) socket.close();
        resolve(how);
      };
      const giveUp = () => finish({ answer: 'unanswered' });
      underWay.add(giveUp);
      const send = (tries: number) => {
        const wait = TRIES[tries];
        if (wait === undefined || stopped) return giveUp();
        // While two secrets are taken, nobody knows which the device has by now: it is deaf to the other.
        for (const { request } of asks) socket.send(request, port, address, () => {});
        cancel = later(wait, () => send(tries + 1));
      };
      socket.on('error', giveUp);
      socket.on('message', (bytes, from) => {
        const read = readPacket(bytes);
        if (!read.ok || canonicalAddress(from.address) !== address || from.port !== port) return;
        const answer = read.value;
        const ours = asks.some(
          ({ secret, request }) => secret.checkAnswer(answer, request, 'optional') === undefined,
        );
        if (!ours) return;
        const told = toldBy(answer, asked);
        if (told !== undefined) finish(told);
      });
      socket.on('listening', () => send(0));
      socket.bind();
    });
  }

  /** Resolves to what gives the place back. */
  async function placeOverTls(device: string): Promise<() => void> {
    const own = ofDevice.get(device) ?? createTurns(MOST_OF_DEVICE);
    ofDevice.set(device, own);
    const endOwn = await own.take();
    const end = await byTls.take();
    return () => {
      end();
      endOwn();
      if (own.isIdle()) ofDevice.delete(device);
    };
  }

  async function ask(session: NetworkSession, request: DynamicRequest): Promise<Told> {
    const { client, byCertificate } = session;
    const tls = client.secret === undefined && byCertificate ? overTls : undefined;
    const hasNoWay = client.secret === undefined && tls === undefined;
    if (hasNoWay || canonicalAddress(session.address) === undefined) return NOT_TOLD;
    const end = await (tls === undefined ? byUdp.take() : placeOverTls(client.device));
    try {
      if (stopped) return NOT_TOLD;
      const secrets = [client.secret, client.before?.secret].flatMap((one) =>
        one === undefined ? [] : [createSharedSecret(one)],
      );
      const told =
        tls !== undefined
          ? await tls(session, request, underWay)
          : await once(session, secrets, request);
      if (told.answer !== 'done') {
        const what = request.code === CODE.coaRequest ? 'change' : 'end';
        notice(
          'warn',
          `${client.name} did not ${what} a session that had to ${what}: ${told.answer}.`,
        );
      }
      return told;
    } finally {
      end();
    }
  }

  return {
    end: (session) =>
      ask(session, {
        code: CODE.disconnectRequest,
        ack: CODE.disconnectAck,
        nak: CODE.disconnectNak,
        attributes: askFor(session),
      }),

    async change(session) {
      const { id, attributes, until, client } = session;
      const said = replyOf({ session: id, attributes, until }, client, clock.now());
      if (said === undefined) return NOT_TOLD;
      return ask(session, {
        code: CODE.coaRequest,
        ack: CODE.coaAck,
        nak: CODE.coaNak,
        attributes: [...askFor(session), ...said.filter(({ type }) => type !== CLASS_TYPE)],
      });
    },
    stop() {
      stopped = true;
      for (const giveUp of underWay) giveUp();
    },
  };
}
