/**
 * What EAP is to the RADIUS door: a peer's conversation, one EAP packet each way. The door takes EAP-Message attributes together and
 * apart (RFC 3579 §3.1), keeps the State of each round, and writes the keys as MS-MPPE attributes (RFC 2548 §2.4); whoever
 * implements this reads EAP and asks the gate.
 */
import type { Arrival } from '../../gate/arrival.ts';
import type { LoggedIn, NetworkClient } from '../../gate/network/network-words.ts';
import type { OpenLogIn, PeopleAnswer } from './people.ts';

/** What came with an EAP packet. */
export interface EapRound {
  /** The EAP packet, whole. */
  readonly eap: Uint8Array;
  readonly client: NetworkClient;
  readonly arrival: Arrival;
  /** User-Name, which the network device copied from the peer's EAP identity; empty where it sent none. */
  readonly userName: string;
  /** What for, as the door knows it: `wifi`, `wired`, `vpn` … */
  readonly service: string;
  /** Calling-Station-Id as it came: the peer's MAC address mostly. */
  readonly station: string | undefined;
  /** How long a packet to the peer may be at most: Framed-MTU where it was sent (RFC 3579 §2.4), within bounds. */
  readonly most: number;
  readonly people: TunnelPeople;
}

/** People inside a tunnel. `oneField`: a password and what is behind it, at once; otherwise a question is shown for each. */
export interface TunnelPeople {
  logIn(name: string, typed: string, oneField: boolean): Promise<PeopleAnswer>;
  answer(open: OpenLogIn, typed: string, oneField: boolean): Promise<PeopleAnswer>;
  /** Whoever was asked is gone. */
  leave(open: OpenLogIn, oneField: boolean): void;
}

export type EapAnswer =
  | {
      readonly state: 'challenge';
      readonly eap: Uint8Array;
      /** Names the conversation in the next round: the implementation's own, which no peer sees. */
      readonly conversation: string;
    }
  | {
      readonly state: 'accept';
      readonly eap: Uint8Array;
      /** As the authenticator is to name them: MS-MPPE-Recv-Key and MS-MPPE-Send-Key, 32 bytes each. */
      readonly keys?: { readonly recv: Uint8Array; readonly send: Uint8Array };
      readonly login: LoggedIn;
    }
  | { readonly state: 'reject'; readonly eap: Uint8Array }
  /** What is no answer to what was asked is as though it never came (RFC 3748 §4.1, RFC 3579 §2.2). */
  | { readonly state: 'ignore' };

export interface EapServer {
  /** A round without a State of ours: an EAP-Response/Identity, or an EAP-Start (no packet at all, which asks to be asked). */
  begin(round: EapRound): Promise<EapAnswer>;
  /** A round that carries on. A conversation that it no longer knows is refused. */
  continue(conversation: string, round: EapRound): Promise<EapAnswer>;
  /** The door gave up on it: no further round can come. */
  forget(conversation: string): void;
}
