/** Bodies of accounting: REQUEST and REPLY (RFC 8907 §7). */
import { utf8 } from '../../kernel/bytes.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { type Asking, readAsking, writeAsking } from './asking.ts';
import { type BodyFault, cursorOf, writerOf } from './fields.ts';

const ACCOUNTING_FLAG = { start: 0x02, stop: 0x04, watchdog: 0x08 } as const;
export const ACCOUNTING_STATUS = { success: 1, error: 2, follow: 0x21 } as const;

export type AccountingKind = 'start' | 'stop' | 'interim';

export interface AccountingRequest extends Asking {
  readonly flags: number;
}

export interface AccountingReply {
  readonly status: number;
  readonly message: string;
  readonly data: Uint8Array;
}

const FIXED = 5;

/** What the flags mean together (RFC 8907 §7.2); undefined for those that exclude one another. */
export function kindOfAccounting(flags: number): AccountingKind | undefined {
  switch (flags & (ACCOUNTING_FLAG.start | ACCOUNTING_FLAG.stop | ACCOUNTING_FLAG.watchdog)) {
    case ACCOUNTING_FLAG.start:
      return 'start';
    case ACCOUNTING_FLAG.stop:
      return 'stop';
    case ACCOUNTING_FLAG.watchdog:
    case ACCOUNTING_FLAG.watchdog | ACCOUNTING_FLAG.start:
      return 'interim';
    default:
      return undefined;
  }
}

export function readAccounting(body: Uint8Array): Result<AccountingRequest, BodyFault> {
  const read = readAsking(body, 1);
  if (!read.ok) return read;
  const flags = body[0] ?? 0;
  return kindOfAccounting(flags) === undefined ? failed('value') : ok({ flags, ...read.value });
}

export const writeAccounting = ({ flags, ...asking }: AccountingRequest): Uint8Array =>
  writeAsking(asking, [flags]);

export function readAccountingReply(body: Uint8Array): Result<AccountingReply, BodyFault> {
  const pairAt = (at: number) => ((body[at] ?? 0) << 8) | (body[at + 1] ?? 0);
  if (body.length < FIXED || body.length !== FIXED + pairAt(0) + pairAt(2)) return failed('sum');
  const read = cursorOf(body);
  const [messageLength, dataLength, status] = [read.pair(), read.pair(), read.octet()];
  const message = read.name(messageLength);
  if (message === undefined) return failed('text');
  return ok({ status, message, data: read.bytes(dataLength) });
}

export function writeAccountingReply({ status, message, data }: AccountingReply): Uint8Array {
  const text = utf8(message);
  return writerOf(FIXED + text.length + data.length)
    .pair(text.length)
    .pair(data.length)
    .octet(status)
    .bytes(text)
    .bytes(data)
    .done();
}
