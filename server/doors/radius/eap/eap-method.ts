/** A method of EAP, as the conversation around it sees it. To add one: a file beside this, and its line in eap-server.ts. */

import type { LoggedIn, UnjudgedBecause } from '../../../gate/network/network-words.ts';
import type { EapRound } from '../eap-seam.ts';

export type MethodAnswer =
  /** Asks the peer again, with what follows the type. */
  | {
      readonly do: 'ask';
      readonly data: Uint8Array;
      /** Whether a person is to answer it, and not a program. */
      readonly ofPerson?: boolean;
    }
  | { readonly do: 'accept'; readonly keys: NetworkKeys; readonly login: LoggedIn }
  /** `because` where the gate was not asked, so that it is on record all the same. */
  | { readonly do: 'reject'; readonly because?: UnjudgedBecause };

/** As the authenticator names them: what it receives with, and what it sends with (RFC 5216 §2.3). */
export interface NetworkKeys {
  readonly recv: Uint8Array;
  readonly send: Uint8Array;
}

export interface EapMethod {
  readonly type: number;
  /** What follows the type in its first request. */
  readonly begins: Uint8Array;
  /** Octets of messages that are not whole yet. */
  held(): number;
  /** Whether TLS has begun. */
  tunnel(): boolean;
  take(data: Uint8Array, round: EapRound): Promise<MethodAnswer>;
  end(): void;
}
