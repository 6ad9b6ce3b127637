/** A supplicant: one side of EAP-TLS, over Node's own TLS, for tests and for load. It says what it is told to, wrong things too. */
import { Duplex } from 'node:stream';
import { type ConnectionOptions, connect } from 'node:tls';
import { EAP_TYPE, readEap, writeEap } from '../../server/wire/eap/eap-packet.ts';
import {
  createReassembly,
  readTlsFragment,
  splitTls,
  type TlsFragment,
  writeTlsFragment,
} from '../../server/wire/eap/eap-tls-fragment.ts';

export interface SupplicantWish {
  readonly identity: string;
  readonly tls: ConnectionOptions;
  /** How long its packets are at most. */
  readonly most?: number;
  readonly type?: number;
  /** What it says inside, once the tunnel is open; or says to what it hears there, the first time to nothing. */
  readonly inside?:
    | Uint8Array
    | ((heard: Uint8Array | undefined) => Uint8Array | Promise<Uint8Array>);
}

export interface Supplicant {
  /** What it says to a request; undefined once it has nothing more to say. */
  answer(request: Uint8Array): Promise<Uint8Array | undefined>;
  readonly ended: 'success' | 'failure' | undefined;
  readonly resumed: boolean;
  readonly version: string | null;
  /** Of the newest ticket that it was given. */
  readonly session: Buffer | undefined;
  /** Heard inside: under TLS 1.3 the promise of success. */
  readonly heard: readonly Buffer[];
  /** MSK, as it makes it itself. */
  keys(): Buffer;
  end(): void;
}

const NOTHING = new Uint8Array(0);

export function createSupplicant({
  identity,
  tls,
  most = 1020,
  type = EAP_TYPE.tls,
  inside,
}: SupplicantWish): Supplicant {
  let said: Uint8Array[] = [];
  const heard: Buffer[] = [];
  let session: Buffer | undefined;
  let ended: Supplicant['ended'];
  let left: readonly TlsFragment[] = [];
  let open = false;
  let spoken = false;
  let answered = 0;
  const reassembly = createReassembly(65_536);
  const nowhere = new Duplex({
    read() {},
    write(chunk: Uint8Array, _encoding, done) {
      said.push(chunk);
      done();
    },
  });
  let socket: ReturnType<typeof connect> | undefined;

  function begin() {
    socket = connect({
      rejectUnauthorized: true,
      checkServerIdentity: () => undefined,
      ...tls,
      socket: nowhere,
    });
    socket.on('session', (ticket) => {
      session = ticket;
    });
    socket.on('secureConnect', () => {
      open = true;
    });
    socket.on('data', (chunk: Buffer) => heard.push(chunk));
    socket.on('error', () => {});
  }

  async function turn(): Promise<Uint8Array> {
    let count = -1;
    for (let quiet = 0; quiet < 3; quiet++) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (said.length !== count) quiet = -1;
      count = said.length;
    }
    const whole = Buffer.concat(said);
    said = [];
    return whole;
  }

  const response = (identifier: number, data: Uint8Array, of = type) =>
    writeEap({ code: 'response', identifier, type: of, data });
  const piece = (data: Uint8Array) =>
    writeTlsFragment({ more: false, start: false, version: 0, data });

  async function tlsAnswer(identifier: number, data: Uint8Array) {
    const read = readTlsFragment(data);
    if (!read.ok) throw new Error(`a request was ${read.error}`);
    if (left.length > 0) {
      const [next, ...others] = left;
      left = others;
      return response(identifier, writeTlsFragment(next!)); // One is left.
    }
    if (read.value.start) begin();
    else {
      const taken = reassembly.take(read.value);
      if (!taken.ok) throw new Error(`a request was ${taken.error}`);
      if (taken.value === 'more') return response(identifier, piece(NOTHING));
      nowhere.push(taken.value);
    }
    let says = await turn();
    const isNew = heard.length > answered;
    if (open && inside !== undefined && says.length === 0 && (!spoken || isNew)) {
      const last = isNew ? Buffer.concat(heard.slice(answered)) : undefined;
      answered = heard.length;
      if (!spoken || typeof inside === 'function') {
        socket?.write(typeof inside === 'function' ? await inside(last) : inside);
      }
      spoken = true;
      says = await turn();
    }
    const [first, ...others] = splitTls(says, most);
    left = others;
    return response(identifier, writeTlsFragment(first!)); // Even nothing is one piece.
  }

  return {
    async answer(request) {
      const read = readEap(request);
      if (!read.ok) throw new Error(`a packet was ${read.error}`);
      const packet = read.value;
      if (!('type' in packet)) {
        if (packet.code === 'success' || packet.code === 'failure') ended = packet.code;
        return undefined;
      }
      if (packet.type === EAP_TYPE.identity) {
        return response(packet.identifier, Buffer.from(identity), EAP_TYPE.identity);
      }
      if (packet.type !== type) {
        return response(packet.identifier, Uint8Array.of(type), EAP_TYPE.nak);
      }
      return tlsAnswer(packet.identifier, packet.data);
    },
    get ended() {
      return ended;
    },
    get resumed() {
      return socket?.isSessionReused() ?? false;
    },
    get version() {
      return socket?.getProtocol() ?? null;
    },
    get session() {
      return session;
    },
    heard,
    keys() {
      if (socket === undefined) throw new Error('there is no tunnel');
      if (socket.getProtocol() === 'TLSv1.3') {
        const context = Buffer.of(type);
        return socket.exportKeyingMaterial(128, 'EXPORTER_EAP_TLS_Key_Material', context);
      }
      const label = type === EAP_TYPE.tls ? 'client EAP encryption' : 'ttls keying material';
      return Reflect.apply(socket.exportKeyingMaterial, socket, [128, label]);
    },
    end() {
      socket?.destroy();
      nowhere.destroy();
    },
  };
}
