/** A network device for tests, as far as it speaks TACACS+: it says what it is told to, right or wrong. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';
import { readAccountingReply, writeAccounting } from '../../server/wire/tacacs/accounting.ts';
import { type Asking, METHOD } from '../../server/wire/tacacs/asking.ts';
import {
  type Reply,
  readReply,
  type Start,
  writeContinue,
  writeStart,
} from '../../server/wire/tacacs/authentication.ts';
import { readResponse, writeAuthorization } from '../../server/wire/tacacs/authorization.ts';
import { createFrames, type Frame } from '../../server/wire/tacacs/frames.ts';
import {
  FLAG,
  HEADER,
  type Header,
  MOST_BODY,
  TYPE,
  versionOf,
  writeHeader,
} from '../../server/wire/tacacs/header.ts';
import { createObfuscation } from '../../server/wire/tacacs/obfuscation.ts';

export interface TlsOptions {
  readonly cert?: string;
  readonly key?: string;
  readonly ca: string;
  readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3';
}

export interface TacacsClientOptions {
  readonly port: number;
  readonly secret?: string;
  readonly tls?: TlsOptions;
  readonly single?: boolean;
  /** The address of this computer that it comes from. */
  readonly from?: string;
  readonly onPacket?: (from: 'device' | 'server', packet: Uint8Array) => void;
}

const obfuscate = createObfuscation();
let lastSession = 0x10000000;

/** None that was used in this process before. */
export function newSession(): number {
  lastSession += 1;
  return lastSession;
}

export const admin = {
  method: METHOD.tacacs,
  privilege: 15,
  type: 1,
  service: 1,
  port: 'tty2',
  remoteAddress: '192.0.2.9',
} as const;

export type TacacsClient = Awaited<ReturnType<typeof openTacacsClient>>;

export async function openTacacsClient(options: TacacsClientOptions) {
  const { port, tls, single = true, onPacket, from: localAddress = '127.0.0.1' } = options;
  const secret = options.secret === undefined ? undefined : Buffer.from(options.secret);
  const host = '127.0.0.1';
  const plain = connect({ host, port, localAddress });
  const socket: Socket =
    tls === undefined
      ? plain
      : connectTls({
          socket: plain,
          servername: 'localhost',
          rejectUnauthorized: false,
          ...tls,
        });
  plain.on('error', () => {});
  await once(socket, tls === undefined ? 'connect' : 'secureConnect');
  const frames = createFrames(MOST_BODY);
  const waiting = new Map<number, (frame: Frame | undefined) => void>();
  const early = new Map<number, Frame>();
  let open = true;
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      open = false;
      for (const tell of waiting.values()) tell(undefined);
      resolve();
    });
  });
  socket.on('error', () => {});
  socket.on('data', (bytes: Buffer) => {
    const fault = frames.push(bytes, (frame) => {
      const { header, body } = frame;
      const raw = writeHeader(header);
      raw.set(body, HEADER);
      onPacket?.('server', raw);
      const shown =
        secret === undefined || header.flags & FLAG.unencrypted
          ? frame
          : { header, body: obfuscate(body, header, secret) };
      const tell = waiting.get(header.session);
      waiting.delete(header.session);
      if (tell === undefined) early.set(header.session, shown);
      else tell(shown);
      return true;
    });
    assert.equal(fault, undefined, 'the server wrote what is no packet');
  });

  function send(header: Partial<Header> & { readonly type: Header['type'] }, body: Uint8Array) {
    const whole = {
      version: versionOf(0),
      sequence: 1,
      flags: (tls === undefined ? 0 : FLAG.unencrypted) | (single ? FLAG.singleConnect : 0),
      session: newSession(),
      length: body.length,
      ...header,
    };
    const packet = writeHeader({ ...whole, length: body.length });
    new DataView(packet.buffer).setUint32(8, whole.length);
    const plain = secret === undefined || whole.flags & FLAG.unencrypted;
    packet.set(plain ? body : obfuscate(body, whole, secret), HEADER);
    onPacket?.('device', packet);
    socket.write(packet);
    return whole.session;
  }

  /** The next packet of a session; undefined when the connection was closed instead. */
  function next(session: number): Promise<Frame | undefined> {
    const frame = early.get(session);
    early.delete(session);
    if (frame !== undefined || !open) return Promise.resolve(frame);
    return new Promise((resolve) => waiting.set(session, resolve));
  }

  function read<T>(
    frame: Frame | undefined,
    reader: (body: Uint8Array) => { ok: true; value: T } | { ok: false; error: string },
  ): T | undefined {
    if (frame === undefined) return undefined;
    const value = reader(frame.body);
    assert.ok(value.ok, 'the server wrote what can not be read');
    return value.value;
  }

  /** Each prompt is answered with the next of these; gives every reply, the last one last. */
  async function logIn(
    start: Partial<Start>,
    typed: readonly (string | ((reply: Reply) => Promise<string>))[],
    header: Partial<Header> = {},
  ): Promise<Reply[]> {
    const { type = 1 } = start;
    const version = versionOf(type === 2 ? 1 : 0);
    const body = writeStart({
      ...{ action: 1, privilege: 1, type, service: 1, user: '', data: new Uint8Array() },
      ...{ port: admin.port, remoteAddress: admin.remoteAddress },
      ...start,
    });
    const session = send({ type: TYPE.authentication, version, ...header }, body);
    const replies: Reply[] = [];
    const left = [...typed];
    for (let sequence = 3; ; sequence += 2) {
      const reply = read(await next(session), readReply);
      if (reply === undefined) return replies;
      replies.push(reply);
      const answer = [3, 4, 5].includes(reply.status) ? left.shift() : undefined;
      if (answer === undefined) return replies;
      const text = typeof answer === 'string' ? answer : await answer(reply);
      const message = Buffer.from(text);
      const more = writeContinue({ flags: 0, message, data: new Uint8Array() });
      send({ type: TYPE.authentication, version, session, sequence }, more);
    }
  }

  const asking = (user: string, args: readonly string[], change: Partial<Asking>): Asking => ({
    ...admin,
    user,
    args,
    ...change,
  });

  return {
    socket,
    closed,
    /** The certificate that the server showed. */
    peer: socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined,
    get isOpen() {
      return open;
    },
    send,
    next,
    logIn,
    async authorise(user: string, args: readonly string[], change: Partial<Asking> = {}) {
      const body = writeAuthorization(asking(user, args, change));
      const session = send({ type: TYPE.authorization }, body);
      return read(await next(session), readResponse);
    },
    async account(
      user: string,
      flags: number,
      args: readonly string[],
      change: Partial<Asking> = {},
    ) {
      const body = writeAccounting({ flags, ...asking(user, args, change) });
      const session = send({ type: TYPE.accounting }, body);
      return read(await next(session), readAccountingReply);
    },
    async close() {
      socket.destroy();
      await closed;
    },
  };
}

/** A command as IOS sends it. */
export const command = (line: string): string[] => {
  const [name = '', ...args] = line.split(' ');
  return ['service=shell', `cmd=${name}`, ...args.map((arg) => `cmd-arg=${arg}`), 'cmd-arg=<cr>'];
};
