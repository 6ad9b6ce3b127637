/** Bodies of authorization: REQUEST and RESPONSE (RFC 8907 §6). */
import { utf8 } from '../../kernel/bytes.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { type Asking, readAsking, writeAsking } from './asking.ts';
import { type BodyFault, cursorOf, latin1, writerOf } from './fields.ts';

export const AUTHORIZATION_STATUS = {
  passAdd: 0x01,
  passReplace: 0x02,
  fail: 0x10,
  error: 0x11,
  follow: 0x21,
} as const;

export interface AuthorizationResponse {
  readonly status: number;
  readonly message: string;
  readonly data: Uint8Array;
  readonly args: readonly string[];
}

const FIXED = 6;

export const readAuthorization = (body: Uint8Array): Result<Asking, BodyFault> =>
  readAsking(body, 0);
export const writeAuthorization = (request: Asking): Uint8Array => writeAsking(request, []);

export function readResponse(body: Uint8Array): Result<AuthorizationResponse, BodyFault> {
  const count = body[1];
  if (count === undefined || body.length < FIXED + count) return failed('sum');
  const read = cursorOf(body);
  const status = read.octet();
  read.octet();
  const [messageLength, dataLength] = [read.pair(), read.pair()];
  const lengths = read.bytes(count);
  const length = lengths.reduce((sum, one) => sum + one, messageLength + dataLength);
  if (body.length !== FIXED + count + length) return failed('sum');
  const message = read.name(messageLength);
  if (message === undefined) return failed('text');
  const data = read.bytes(dataLength);
  return ok({ status, message, data, args: Array.from(lengths, (one) => read.text(one)) });
}

export function writeResponse(response: AuthorizationResponse): Uint8Array {
  const message = utf8(response.message);
  const args = response.args.map(latin1);
  const texts = [message, response.data, ...args];
  const length = texts.reduce((sum, { length }) => sum + length, 0);
  const write = writerOf(FIXED + args.length + length);
  write.octet(response.status).octet(args.length);
  write.pair(message.length).pair(response.data.length);
  for (const { length } of args) write.octet(length);
  for (const text of texts) write.bytes(text);
  return write.done();
}
