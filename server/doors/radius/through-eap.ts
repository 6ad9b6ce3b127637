/** A request that carries EAP (RFC 3579): the packet inside put together and taken apart, and the keys that come of it hidden. */
import type { LoggedIn, NetworkClient } from '../../gate/network/network-words.ts';
import type { Random } from '../../kernel/random.ts';
import {
  type Attribute,
  attribute,
  CODE,
  type Code,
  type Packet,
  split,
  TYPE,
} from '../../wire/radius/packet.ts';
import type { SharedSecret } from '../../wire/radius/shared-secret.ts';
import { integerOf, octets, textOf } from '../../wire/radius/values.ts';
import type { EapAnswer, EapServer, TunnelPeople } from './eap-seam.ts';
import type { Asked } from './request.ts';

export interface Said {
  readonly code: Code;
  readonly attributes: readonly Attribute[];
}

export type ThroughEap = (
  eap: EapServer,
  message: Uint8Array,
  /** The one that it carries on. */
  conversation: string | undefined,
  asked: Asked,
  secret: SharedSecret,
) => Promise<Said | undefined>;

/** Octets of an EAP packet that leave room for all else in an answer, and what it is without Framed-MTU (RFC 3579 §2.4). */
const MOST_EAP = 3000;
const USUAL_EAP = 1020;
const LEAST_EAP = 200;
const FRAMED_MTU = 12;
/** RFC 3748 §4. */
const EAP_FAILURE = 4;

export function createThroughEap({
  random,
  accept,
  people,
  states,
}: {
  readonly random: Random;
  readonly accept: (login: LoggedIn, asked: Asked) => Said;
  readonly people: (asked: Asked) => TunnelPeople;
  readonly states: {
    give(client: NetworkClient, conversation: string): Uint8Array;
    putBack(client: NetworkClient, state: Uint8Array | undefined, conversation: string): void;
  };
}): ThroughEap {
  function answered(
    answer: Exclude<EapAnswer, { state: 'ignore' }>,
    asked: Asked,
    secret: SharedSecret,
  ): Said {
    const message = split(TYPE.eapMessage, answer.eap);
    switch (answer.state) {
      case 'challenge': {
        const value = states.give(asked.client, answer.conversation);
        return {
          code: CODE.accessChallenge,
          attributes: [...message, { type: TYPE.state, value }],
        };
      }
      case 'reject':
        return { code: CODE.accessReject, attributes: message };
      case 'accept': {
        const said = accept(answer.login, asked);
        if (said.code !== CODE.accessAccept) return eapFailure(answer.eap);
        const { keys } = answer;
        const hidden =
          keys === undefined
            ? []
            : [
                ...key('MS-MPPE-Recv-Key', keys.recv, asked.packet, secret),
                ...key('MS-MPPE-Send-Key', keys.send, asked.packet, secret),
              ];
        return {
          code: CODE.accessAccept,
          attributes: [...message, ...hidden, ...said.attributes],
        };
      }
    }
  }

  /** RFC 2548 §2.4.2: the first bit of a salt is set, and no two salts of a packet are the same. */
  function key(
    name: 'MS-MPPE-Recv-Key' | 'MS-MPPE-Send-Key',
    value: Uint8Array,
    { authenticator }: Packet,
    secret: SharedSecret,
  ): readonly Attribute[] {
    const salt = random.bytes(2);
    salt[1] = (salt[1]! & 0xfe) | (name === 'MS-MPPE-Recv-Key' ? 1 : 0); // Two octets.
    const made = octets(name, secret.hideWithSalt(value, salt, authenticator));
    return made.ok ? [made.value] : [];
  }

  return async (eap, message, conversation, asked, secret) => {
    const { packet, client, arrival, service, station } = asked;
    const mtu = integerOf(packet, FRAMED_MTU) ?? USUAL_EAP;
    const round = {
      eap: message,
      client,
      arrival,
      userName: textOf(packet, TYPE.userName) ?? '',
      service,
      station,
      most: Math.min(Math.max(mtu - 4, LEAST_EAP), MOST_EAP),
      people: people(asked),
    };
    const answer =
      conversation === undefined ? await eap.begin(round) : await eap.continue(conversation, round);
    if (answer.state !== 'ignore') return answered(answer, asked, secret);
    // What was no answer takes nothing from the one that is yet to come: it may show the same State.
    if (conversation !== undefined) {
      states.putBack(client, attribute(packet, TYPE.state), conversation);
    }
    return undefined;
  };
}

export function eapFailure(message: Uint8Array): Said {
  const eap = Uint8Array.of(EAP_FAILURE, message[1] ?? 0, 0, 4);
  return { code: CODE.accessReject, attributes: split(TYPE.eapMessage, eap) };
}
