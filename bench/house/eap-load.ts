/** Load for EAP-TLS, a process of its own: so many supplicants at a time, each handshake a full one, each answer checked. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { SecureVersion } from 'node:tls';
import { systemRandom } from '../../server/kernel/random.ts';
import { EAP_TYPE, writeEap } from '../../server/wire/eap/eap-packet.ts';
import {
  type Attribute,
  attribute,
  CODE,
  joined,
  readPacket,
  split,
  TYPE,
} from '../../server/wire/radius/packet.ts';
import { createSharedSecret, type SharedSecret } from '../../server/wire/radius/shared-secret.ts';
import { createSupplicant } from '../../test/support/eap-supplicant.ts';

export interface EapLoad {
  readonly port: number;
  readonly secret: string;
  readonly identity: string;
  readonly cert: string;
  readonly key: string;
  readonly root: string;
  readonly version: SecureVersion;
  readonly group: string;
  readonly count: number;
  readonly inFlight: number;
}

export interface EapLoaded {
  readonly seconds: number;
  readonly rounds: number;
  readonly error?: string;
}

const FRAMED_MTU = 12;
const CALLING_STATION = 31;
const NAS_PORT_TYPE = 61;
const WIRED = 15;
const PATIENCE = 20_000;
/** What hostapd says that a link carries, with the header of EAP. */
const MTU = 1400;

const random = systemRandom();
const number = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

class Port {
  private identifier = 0;
  private readonly socket: Socket;
  private readonly secret: SharedSecret;
  private readonly to: number;

  constructor(socket: Socket, secret: SharedSecret, to: number) {
    this.socket = socket;
    this.secret = secret;
    this.to = to;
  }

  async ask(attributes: readonly Attribute[]) {
    this.identifier = (this.identifier + 1) & 0xff;
    const request = this.secret.request(
      CODE.accessRequest,
      this.identifier,
      attributes,
      random.bytes(16),
    );
    if (request === undefined) throw new Error('a request was too long');
    const answered = once(this.socket, 'message', { signal: AbortSignal.timeout(PATIENCE) });
    this.socket.send(request, this.to, '127.0.0.1');
    const [bytes] = (await answered) as [Buffer]; // What a socket tells of.
    const read = readPacket(bytes);
    if (!read.ok) throw new Error(`an answer was ${read.error}`);
    const fault = this.secret.checkAnswer(read.value, request, 'anywhere');
    if (fault !== undefined) throw new Error(`an answer's signature was ${fault}`);
    return read.value;
  }
}

async function handshake(port: Port, station: string, load: EapLoad): Promise<number> {
  const { identity, cert, key, root, version, group } = load;
  const supplicant = createSupplicant({
    identity,
    most: MTU - 4,
    tls: {
      ca: root,
      cert,
      key,
      minVersion: version,
      maxVersion: version,
      ecdhCurve: group,
    },
  });
  const common = [
    { type: TYPE.userName, value: Buffer.from(identity) },
    { type: NAS_PORT_TYPE, value: number(WIRED) },
    { type: FRAMED_MTU, value: number(MTU) },
    { type: CALLING_STATION, value: Buffer.from(station) },
  ];
  const named = { code: 'response', identifier: 1, type: EAP_TYPE.identity } as const;
  let says = writeEap({ ...named, data: Buffer.from(identity) });
  let state: Uint8Array | undefined;
  try {
    for (let rounds = 1; says !== undefined && rounds < 50; rounds++) {
      const answer = await port.ask([
        ...common,
        ...(state === undefined ? [] : [{ type: TYPE.state, value: state }]),
        ...split(TYPE.eapMessage, says),
      ]);
      const eap = joined(answer, TYPE.eapMessage);
      if (eap === undefined) throw new Error('an answer had no EAP in it');
      state = attribute(answer, TYPE.state)?.slice();
      says = await supplicant.answer(eap.slice());
      if (answer.code === CODE.accessAccept && supplicant.ended === 'success') {
        if (supplicant.resumed) throw new Error('a handshake was no full one');
        return rounds;
      }
      if (answer.code !== CODE.accessChallenge) break;
    }
    throw new Error('a supplicant was refused');
  } finally {
    supplicant.end();
  }
}

async function run(load: EapLoad): Promise<EapLoaded> {
  const secret = createSharedSecret(Buffer.from(load.secret));
  let left = load.count;
  let rounds = 0;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: load.inFlight }, async (_, at) => {
      const socket = createSocket('udp4');
      const port = new Port(socket, secret, load.port);
      const station = `02-00-00-00-00-${at.toString(16).padStart(2, '0')}`;
      try {
        while (left-- > 0) rounds = await handshake(port, station, load);
      } finally {
        socket.close();
      }
    }),
  );
  return { seconds: (performance.now() - began) / 1000, rounds };
}

process.on('message', (load) => {
  run(load as EapLoad) // What the bench sends.
    .catch((fault: unknown): EapLoaded => ({ seconds: 0, rounds: 0, error: String(fault) }))
    .then((done) => process.send?.(done));
});
