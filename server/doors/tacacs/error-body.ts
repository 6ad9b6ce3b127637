/** The error of each kind of packet, for what can't be answered otherwise (RFC 8907 §4.5). */
import { ACCOUNTING_STATUS, writeAccountingReply } from '../../wire/tacacs/accounting.ts';
import { AUTHENTICATION_STATUS, writeReply } from '../../wire/tacacs/authentication.ts';
import { AUTHORIZATION_STATUS, writeResponse } from '../../wire/tacacs/authorization.ts';
import { type PacketType, TYPE } from '../../wire/tacacs/header.ts';

export function errorBody(type: PacketType, message: string): Uint8Array {
  const data = new Uint8Array();
  switch (type) {
    case TYPE.authentication:
      return writeReply({ status: AUTHENTICATION_STATUS.error, flags: 0, message, data });
    case TYPE.authorization:
      return writeResponse({ status: AUTHORIZATION_STATUS.error, message, data, args: [] });
    case TYPE.accounting:
      return writeAccountingReply({ status: ACCOUNTING_STATUS.error, message, data });
  }
}
