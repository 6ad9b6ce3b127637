/** What requests of authorization and of accounting have in common: on whose behalf, and the arguments (RFC 8907 §6.1, §7.1). */
import { utf8 } from '../../kernel/bytes.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { type BodyFault, cursorOf, latin1, writerOf } from './fields.ts';

export const METHOD = {
  notSet: 0,
  none: 1,
  krb5: 2,
  line: 3,
  enable: 4,
  local: 5,
  tacacs: 6,
  guest: 8,
  radius: 0x10,
  krb4: 0x11,
  rcmd: 0x20,
} as const;

export interface Asking {
  /** How the device says that it knows the person. */
  readonly method: number;
  readonly privilege: number;
  readonly type: number;
  readonly service: number;
  readonly user: string;
  readonly port: string;
  readonly remoteAddress: string;
  /** Such as `cmd=show`, `cmd-arg=version` or `timeout*10`; an octet a character. */
  readonly args: readonly string[];
}

const FIXED = 8;

/** `before` octets stand in front of what is common. */
export function readAsking(body: Uint8Array, before: 0 | 1): Result<Asking, BodyFault> {
  const fixed = FIXED + before;
  const count = body[fixed - 1];
  if (count === undefined || body.length < fixed + count) return failed('sum');
  let length = fixed + count;
  for (let i = fixed - 4; i < fixed - 1; i += 1) length += body[i] ?? 0;
  for (let i = fixed; i < fixed + count; i += 1) length += body[i] ?? 0;
  if (body.length !== length) return failed('sum');

  const read = cursorOf(body);
  if (before === 1) read.octet();
  const [method, privilege, type, service] = [
    read.octet(),
    read.octet(),
    read.octet(),
    read.octet(),
  ];
  const [userLength, portLength, addressLength] = [read.octet(), read.octet(), read.octet()];
  read.octet();
  const lengths = read.bytes(count);
  const user = read.name(userLength);
  if (user === undefined) return failed('text');
  if (privilege > 15) return failed('value');
  const port = read.text(portLength);
  const remoteAddress = read.text(addressLength);
  const args = Array.from(lengths, (one) => read.text(one));
  return ok({ method, privilege, type, service, user, port, remoteAddress, args });
}

export function writeAsking(asking: Asking, before: readonly number[]): Uint8Array {
  const user = utf8(asking.user);
  const port = latin1(asking.port);
  const address = latin1(asking.remoteAddress);
  const args = asking.args.map(latin1);
  const texts = [user, port, address, ...args];
  const length = texts.reduce((sum, { length }) => sum + length, 0);
  const write = writerOf(before.length + FIXED + args.length + length);
  for (const octet of before) write.octet(octet);
  write.octet(asking.method).octet(asking.privilege).octet(asking.type).octet(asking.service);
  write.octet(user.length).octet(port.length).octet(address.length).octet(args.length);
  for (const { length } of args) write.octet(length);
  for (const text of texts) write.bytes(text);
  return write.done();
}
