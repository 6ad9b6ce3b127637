/** Packets that the tests here read, write and spoil. */
import fc from 'fast-check';
import { writeAccounting, writeAccountingReply } from '../../server/wire/tacacs/accounting.ts';
import type { Asking } from '../../server/wire/tacacs/asking.ts';
import { writeContinue, writeReply, writeStart } from '../../server/wire/tacacs/authentication.ts';
import { writeAuthorization, writeResponse } from '../../server/wire/tacacs/authorization.ts';

const arbName = fc.oneof(
  fc.constantFrom('', 'ada', 'Grace Hopper', 'léonie'),
  fc.string({ maxLength: 60, unit: 'grapheme' }).filter((text) => Buffer.byteLength(text) < 256),
);
const octets = (maxLength: number) => fc.uint8Array({ maxLength });
const arbText = octets(255).map((bytes) => Buffer.from(bytes).toString('latin1'));
const arbLongName = fc.string({ maxLength: 500, unit: 'grapheme' });
const octet = fc.nat(255);
const privilege = fc.nat(15);

export const arbStart = fc.record({
  action: octet,
  privilege,
  type: octet,
  service: octet,
  user: arbName,
  port: arbText,
  remoteAddress: arbText,
  data: octets(255),
});
export const arbReply = fc.record({
  status: octet,
  flags: octet,
  message: arbLongName,
  data: octets(2000),
});
export const arbContinue = fc.record({ flags: octet, message: octets(2000), data: octets(2000) });
export const arbAsking: fc.Arbitrary<Asking> = fc.record({
  method: octet,
  privilege,
  type: octet,
  service: octet,
  user: arbName,
  port: arbText,
  remoteAddress: arbText,
  args: fc.array(arbText, { maxLength: 40 }),
});
export const arbAccounting = fc
  .tuple(arbAsking, fc.constantFrom(2, 4, 8, 10))
  .map(([asking, flags]) => ({ ...asking, flags }));
export const arbResponse = fc.record({
  status: octet,
  message: arbLongName,
  data: octets(500),
  args: fc.array(arbText, { maxLength: 40 }),
});
export const arbAccountingReply = fc.record({
  status: octet,
  message: arbLongName,
  data: octets(500),
});

export const reload: Asking = {
  method: 6,
  privilege: 15,
  type: 1,
  service: 1,
  user: 'ada',
  port: 'tty2',
  remoteAddress: '192.0.2.9',
  args: ['service=shell', 'cmd=reload', 'cmd-arg=in', 'cmd-arg=5', 'cmd-arg=<cr>'],
};

/** One body of each kind, as the clause shows it. */
export const bodies = {
  start: writeStart({
    action: 1,
    privilege: 1,
    type: 2,
    service: 1,
    user: 'ada',
    port: 'tty2',
    remoteAddress: '192.0.2.9',
    data: Buffer.from('correct horse'),
  }),
  reply: writeReply({ status: 5, flags: 1, message: 'Password: ', data: new Uint8Array() }),
  continue: writeContinue({
    flags: 0,
    message: Buffer.from('correct horse'),
    data: new Uint8Array(),
  }),
  authorization: writeAuthorization(reload),
  response: writeResponse({
    status: 1,
    message: '',
    data: new Uint8Array(),
    args: ['priv-lvl=15', 'timeout=60'],
  }),
  accounting: writeAccounting({ ...reload, flags: 4 }),
  accountingReply: writeAccountingReply({ status: 1, message: '', data: new Uint8Array() }),
} as const;
