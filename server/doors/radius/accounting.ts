/** What network devices report of sessions there (RFC 2866), in the gate's words. */

import type { AccountingReport, NetworkSessionId } from '../../gate/network/network-words.ts';
import { parseId } from '../../kernel/id.ts';
import type { Packet } from '../../wire/radius/packet.ts';
import { addressOf, integerOf, textOf } from '../../wire/radius/values.ts';
import { CLASS } from './replies.ts';

/** Acct-Status-Type (RFC 2866 §5.1). */
const KINDS: Readonly<Record<number, AccountingReport['kind']>> = {
  1: 'start',
  2: 'stop',
  3: 'interim',
  7: 'on',
  8: 'off',
};

/** Acct-Terminate-Cause (RFC 2866 §5.10), of which those that tell something have words. */
const CAUSES: Readonly<Record<number, string>> = {
  1: 'user-request',
  2: 'lost-carrier',
  4: 'idle-timeout',
  5: 'session-timeout',
  6: 'admin-reset',
  7: 'admin-reboot',
  8: 'port-error',
  9: 'nas-error',
  10: 'nas-request',
  11: 'nas-reboot',
};

/** Undefined where it says nothing that is known: it is to be answered all the same, or it would come again and again. */
export function readReport(packet: Packet): AccountingReport | undefined {
  const kind = KINDS[integerOf(packet, 40) ?? 0];
  if (kind === undefined) return undefined;
  const bytes = (low: number, high: number) => {
    const octets = integerOf(packet, low);
    return octets === undefined ? undefined : octets + (integerOf(packet, high) ?? 0) * 2 ** 32;
  };
  const seconds = integerOf(packet, 46);
  const bytesIn = bytes(42, 52);
  const bytesOut = bytes(43, 53);
  const cause = integerOf(packet, 49);
  const address = addressOf(packet, 8);
  const port = textOf(packet, 87) ?? integerOf(packet, 5)?.toString();
  const station = textOf(packet, 31);
  return {
    kind,
    session: ourSession(packet),
    deviceSession: textOf(packet, 44) ?? '',
    name: textOf(packet, 1),
    ...(seconds === undefined ? {} : { seconds }),
    ...(bytesIn === undefined ? {} : { bytesIn }),
    ...(bytesOut === undefined ? {} : { bytesOut }),
    ...(cause === undefined ? {} : { cause: CAUSES[cause] ?? `cause-${cause}` }),
    ...(address === undefined ? {} : { address }),
    ...(port === undefined ? {} : { port }),
    ...(station === undefined ? {} : { station }),
  };
}

function ourSession(packet: Packet): NetworkSessionId | undefined {
  const given = textOf(packet, 25);
  return given?.startsWith(CLASS)
    ? parseId<'network-session'>(given.slice(CLASS.length))
    : undefined;
}
