/** Bodies of authentication: START, REPLY and CONTINUE (RFC 8907 §5). */
import { utf8 } from '../../kernel/bytes.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { type BodyFault, cursorOf, latin1, writerOf } from './fields.ts';

export const ACTION = { login: 1, changePassword: 2, sendAuth: 4 } as const;
export const AUTHENTICATION = { ascii: 1, pap: 2, chap: 3, msChap: 5, msChapV2: 6 } as const;
export const SERVICE = {
  none: 0,
  login: 1,
  enable: 2,
  ppp: 3,
  pt: 5,
  rcmd: 6,
  x25: 7,
  nasi: 8,
  fwProxy: 9,
} as const;
export const AUTHENTICATION_STATUS = {
  pass: 1,
  fail: 2,
  getData: 3,
  getUser: 4,
  getPass: 5,
  restart: 6,
  error: 7,
  follow: 0x21,
} as const;
export const REPLY_FLAG = { noEcho: 1 } as const;
export const CONTINUE_FLAG = { abort: 1 } as const;

export interface Start {
  readonly action: number;
  readonly privilege: number;
  readonly type: number;
  readonly service: number;
  readonly user: string;
  readonly port: string;
  readonly remoteAddress: string;
  readonly data: Uint8Array;
}

export interface Reply {
  readonly status: number;
  readonly flags: number;
  readonly message: string;
  readonly data: Uint8Array;
}

export interface Continue {
  readonly flags: number;
  /** What was typed: a name, a password or a code. */
  readonly message: Uint8Array;
  readonly data: Uint8Array;
}

const START = 8;
const REPLY = 6;
const CONTINUE = 5;

const sum = (body: Uint8Array, ...at: readonly number[]) =>
  at.reduce((whole, i) => whole + (body[i] ?? 0), 0);
const pairAt = (body: Uint8Array, at: number) => ((body[at] ?? 0) << 8) | (body[at + 1] ?? 0);

export function readStart(body: Uint8Array): Result<Start, BodyFault> {
  if (body.length < START || body.length !== START + sum(body, 4, 5, 6, 7)) return failed('sum');
  const read = cursorOf(body);
  const [action, privilege, type, service] = [
    read.octet(),
    read.octet(),
    read.octet(),
    read.octet(),
  ];
  const [userLength, portLength, addressLength, dataLength] = [
    read.octet(),
    read.octet(),
    read.octet(),
    read.octet(),
  ];
  const user = read.name(userLength);
  if (user === undefined) return failed('text');
  if (privilege > 15) return failed('value');
  return ok({
    action,
    privilege,
    type,
    service,
    user,
    port: read.text(portLength),
    remoteAddress: read.text(addressLength),
    data: read.bytes(dataLength),
  });
}

export function writeStart(start: Start): Uint8Array {
  const user = utf8(start.user);
  const port = latin1(start.port);
  const address = latin1(start.remoteAddress);
  return writerOf(START + user.length + port.length + address.length + start.data.length)
    .octet(start.action)
    .octet(start.privilege)
    .octet(start.type)
    .octet(start.service)
    .octet(user.length)
    .octet(port.length)
    .octet(address.length)
    .octet(start.data.length)
    .bytes(user)
    .bytes(port)
    .bytes(address)
    .bytes(start.data)
    .done();
}

export function readReply(body: Uint8Array): Result<Reply, BodyFault> {
  if (body.length < REPLY || body.length !== REPLY + pairAt(body, 2) + pairAt(body, 4)) {
    return failed('sum');
  }
  const read = cursorOf(body);
  const [status, flags, messageLength, dataLength] = [
    read.octet(),
    read.octet(),
    read.pair(),
    read.pair(),
  ];
  const message = read.name(messageLength);
  if (message === undefined) return failed('text');
  return ok({ status, flags, message, data: read.bytes(dataLength) });
}

export function writeReply({ status, flags, message, data }: Reply): Uint8Array {
  const text = utf8(message);
  return writerOf(REPLY + text.length + data.length)
    .octet(status)
    .octet(flags)
    .pair(text.length)
    .pair(data.length)
    .bytes(text)
    .bytes(data)
    .done();
}

export function readContinue(body: Uint8Array): Result<Continue, BodyFault> {
  if (body.length < CONTINUE || body.length !== CONTINUE + pairAt(body, 0) + pairAt(body, 2)) {
    return failed('sum');
  }
  const read = cursorOf(body);
  const [messageLength, dataLength, flags] = [read.pair(), read.pair(), read.octet()];
  return ok({ flags, message: read.bytes(messageLength), data: read.bytes(dataLength) });
}

export function writeContinue({ flags, message, data }: Continue): Uint8Array {
  return writerOf(CONTINUE + message.length + data.length)
    .pair(message.length)
    .pair(data.length)
    .octet(flags)
    .bytes(message)
    .bytes(data)
    .done();
}
