/** What network devices are asked about a session (RFC 5176), and what their answer says; how it gets there is for others. */
import type { Told } from '../../gate/network/network-words.ts';
import { type Attribute, CODE, type Code, type Packet } from '../../wire/radius/packet.ts';
import { integerOf } from '../../wire/radius/values.ts';

export interface DynamicRequest {
  readonly code: Code;
  readonly ack: Code;
  readonly nak: Code;
  readonly attributes: readonly Attribute[];
}

const ERROR_CAUSE = 101;
/** RFC 5176 §3.5: the session is not there any more, which is what was wanted. */
const NO_SUCH_SESSION = 503;

/** Of an answer that is signed as it has to be; undefined for what is none to this request. */
export function toldBy(answer: Packet, { code, ack, nak }: DynamicRequest): Told | undefined {
  if (answer.code === ack) return { answer: 'done' };
  if (answer.code !== nak) return undefined;
  const cause = integerOf(answer, ERROR_CAUSE);
  if (code === CODE.disconnectRequest && cause === NO_SUCH_SESSION) return { answer: 'done' };
  return { answer: 'refused', ...(cause === undefined ? {} : { cause }) };
}
