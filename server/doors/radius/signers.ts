/**
 * Who signed a packet: the network device, with the secret that it shares with us, or, while one takes the place of another, with the
 * one before. The answer goes out with whichever it was.
 */
import type { NetworkClient } from '../../gate/network/network-words.ts';
import { fromUtf8 } from '../../kernel/bytes.ts';
import { attribute, CODE, type Packet, TYPE } from '../../wire/radius/packet.ts';
import {
  createSharedSecret,
  type MessageAuthenticatorRule,
  type SharedSecret,
  type SignatureFault,
} from '../../wire/radius/shared-secret.ts';

export interface Signer {
  /** As it speaks: with the secret that it signed with. */
  readonly client: NetworkClient;
  readonly secret: SharedSecret;
}

export interface Signers {
  /** `of` says how the packet has to be signed. */
  signer(
    packet: Packet,
    client: NetworkClient,
    rule: MessageAuthenticatorRule,
  ): Signer | SignatureFault | 'no-secret';
}

export function createSigners(): Signers {
  /** A client is the same object for as long as it is the same: its key is made ready once. */
  const secrets = new WeakMap<NetworkClient, SharedSecret>();

  function secretOf(client: NetworkClient): SharedSecret | undefined {
    let secret = secrets.get(client);
    if (secret === undefined && client.secret !== undefined) {
      secret = createSharedSecret(client.secret);
      secrets.set(client, secret);
    }
    return secret;
  }

  return {
    signer(packet, client, rule) {
      const secret = secretOf(client);
      if (secret === undefined) return 'no-secret';
      const { before } = client;
      const old = before && secretOf(before);
      const fault = secret.checkRequest(packet, rule);
      if (before === undefined || old === undefined) return fault ?? { client, secret };
      // What is not signed at all is told apart by the password, which is hidden with the secret.
      const isOld =
        fault === undefined ? !reads(packet, secret) && reads(packet, old) : fault === 'wrong';
      if (isOld && old.checkRequest(packet, rule) === undefined) {
        return { client: before, secret: old };
      }
      return fault ?? { client, secret };
    },
  };
}

/** Whether nothing in the packet speaks against this secret: what is signed is not looked at again. */
function reads(packet: Packet, secret: SharedSecret): boolean {
  const hidden = attribute(packet, TYPE.userPassword);
  const signed = attribute(packet, TYPE.messageAuthenticator) !== undefined;
  if (packet.code !== CODE.accessRequest || signed || hidden === undefined) return true;
  const shown = secret.showPassword(hidden, packet.authenticator);
  if (shown === undefined) return false;
  try {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what nobody types.
    return !/[\u0000-\u001f\u007f]/.test(fromUtf8(shown));
  } catch {
    return false;
  }
}
