/**
 * The words in which the doors of the network (RADIUS, TACACS+) ask the gate, and in which it answers. A network device that asks is a
 * client: a switch, an access point, a VPN gateway. Whoever stands at it is a person who logs in, or a device that joins.
 *
 * `Arrival.channel` is the client's id, so that an attempt begun at one network device can't be carried on at another.
 */
import type { Reply } from '../../policy/reply.ts';
import type { Arrival } from '../arrival.ts';
import type { Offer } from '../offer.ts';
import type { OpenAttempt, RefusedReason } from '../outcome.ts';
import type { CommandAsked, CommandOutcome } from './command-words.ts';
import type { LoggedIn, NetworkClient, NetworkSessionId } from './logged-in.ts';

export type { LoggedIn, NetworkClient, NetworkSessionId } from './logged-in.ts';
export type NetworkProtocol = 'radius' | 'tacacs';

export interface LogInRefused {
  readonly state: 'refused';
  readonly reason: RefusedReason;
  readonly retryAt?: number;
  readonly attempt?: OpenAttempt;
}

export type LogInOutcome =
  | { readonly state: 'granted'; readonly login: LoggedIn }
  | { readonly state: 'challenged'; readonly attempt: OpenAttempt }
  | LogInRefused;

/** How a log-in waits for a proof that is shown in a browser. */
export interface Holding {
  /** Whether the network device can show a number, which the person then types. */
  readonly numbered: boolean;
  readonly station?: string | undefined;
  /** Milliseconds, where the network device waits for less than we would. */
  readonly lifetime?: number;
}

export type Held =
  | { readonly state: 'held'; readonly number: number | undefined; readonly until: number }
  | {
      readonly state: 'refused';
      readonly reason: 'too-many' | 'not-asked' | 'attempt-over' | 'unavailable';
    };

export type Collected = LogInOutcome | { readonly state: 'waiting' };

export type AdmitOutcome =
  | { readonly state: 'granted'; readonly login: LoggedIn }
  | { readonly state: 'refused'; readonly reason: RefusedReason };

export interface LogIn {
  readonly identifier: string;
  readonly client: NetworkClient;
  /** What for, as the door knows it: `admin`, `vpn`, `wifi`. */
  readonly service: string;
  /** Where they stand, as the network device says: a telephone number, a MAC address, a port. */
  readonly station?: string | undefined;
}

export type Joining =
  /** DER, the leaf first; whoever showed it has its key, which the door has seen to. */
  | {
      readonly certificate: readonly Uint8Array[];
      /** Those behind the leaf, where that stands alone and they cost something to know: asked for where they count. */
      readonly issuers?: (() => readonly Uint8Array[]) | undefined;
      /** When they used its key; just now, where it is left out. */
      readonly shownAt?: number | undefined;
      /** What they call themselves, which has to be a name that the certificate has. */
      readonly called?: string | undefined;
      /** What for, as the door knows it: a person logs in for something, and a device just joins. */
      readonly service: string;
    }
  | { readonly mac: string };

/** What a network device reports of a session there. */
export interface AccountingReport {
  readonly kind: 'start' | 'interim' | 'stop' | 'on' | 'off' | 'command';
  /** The session's id of ours, where the device gave it back (Class). */
  readonly session: NetworkSessionId | undefined;
  /** It is of something within that session, which goes on whatever becomes of it. */
  readonly isPart?: boolean;
  /** Other sessions that end with this one, when it stops. */
  readonly endsToo?: readonly NetworkSessionId[];
  /** The device's own id for it (Acct-Session-Id). */
  readonly deviceSession: string;
  readonly name: string | undefined;
  readonly service?: string;
  readonly seconds?: number;
  readonly bytesIn?: number;
  readonly bytesOut?: number;
  readonly cause?: string;
  readonly address?: string;
  readonly port?: string;
  readonly station?: string;
  readonly command?: string;
}

/** A session at a network device, as it has to be ended there. */
export interface NetworkSession {
  readonly id: NetworkSessionId;
  readonly client: NetworkClient;
  /** The client shares no secret with us: it came over TLS. */
  readonly byCertificate?: boolean;
  /** Where the client was when it asked. */
  readonly address: string;
  readonly name: string;
  readonly deviceSession: string | undefined;
  readonly station: string | undefined;
  readonly port: string | undefined;
}

/** One that goes on, of which its network device is to be told something else. */
export interface ChangedSession extends NetworkSession {
  readonly attributes: Reply;
  readonly until: number;
}

/** What a network device answered, when it was asked about a session (RFC 5176). */
export interface Told {
  readonly answer: 'done' | 'refused' | 'unanswered' | 'not-told';
  readonly cause?: number | undefined;
}

/** Why somebody who came as a network device was not heard. */
export type UnheardBecause =
  | 'unknown'
  | 'no-secret'
  | 'wrong-secret'
  | 'unsigned'
  | 'unencrypted'
  | 'replayed'
  | 'malformed'
  | 'certificate';

/** Why something was refused before anybody could be judged. */
export type UnjudgedBecause =
  /** Proofs that need passwords which can be read back. */
  | 'chap'
  | 'ms-chap'
  | 'no-password'
  /** No method of EAP that is spoken here. */
  | 'no-method'
  /** An answer to a question that is over, or was never asked. */
  | 'state'
  /** One name here and another there. */
  | 'other-name'
  /** The handshake inside EAP failed. */
  | 'tunnel'
  | 'malformed'
  | 'unfinished'
  | 'fault';

export interface Unjudged {
  readonly client: NetworkClient;
  /** As it was said. */
  readonly name?: string | undefined;
  readonly station?: string | undefined;
}

export interface Network {
  /**
   * The network device that speaks from this address, with the secret that it shares with us for this protocol. At once where what is
   * known of it still holds: each log-in is several packets.
   */
  client(
    protocol: NetworkProtocol,
    address: string,
  ): NetworkClient | undefined | Promise<NetworkClient | undefined>;
  /** The same, by the certificate that it showed over TLS. It has to come from an address of its own, where it has any. */
  clientByCertificate(
    protocol: NetworkProtocol,
    chain: readonly Uint8Array[],
    address: string,
  ): Promise<NetworkClient | undefined>;
  /** On record, once in a while for each address. */
  unheard(
    because: UnheardBecause,
    who: { readonly protocol: NetworkProtocol; readonly client?: NetworkClient | undefined },
    arrival: Arrival,
  ): Promise<void>;
  /** On record, so often a minute for each network device. */
  unjudged(because: UnjudgedBecause, asked: Unjudged, arrival: Arrival): Promise<void>;
  /** A person logs in, with a first proof perhaps. */
  logIn(login: LogIn, arrival: Arrival, offer?: Offer): Promise<LogInOutcome>;
  /** One more proof for an open attempt. */
  prove(token: string, offer: Offer, arrival: Arrival): Promise<LogInOutcome>;
  /** Shows an open attempt on the person's page, after a right password, where a proof is wanted that the door can't carry. */
  hold(token: string, holding: Holding, arrival: Arrival): Promise<Held>;
  /** What came of it there. */
  collect(token: string, arrival: Arrival): Promise<Collected>;
  /** Nobody waits for it any more. */
  withdraw(token: string, arrival: Arrival): Promise<void>;
  /** A device comes onto the network. */
  admit(joining: Joining, client: NetworkClient, arrival: Arrival): Promise<AdmitOutcome>;
  /** Whether a login is open at that client, and of somebody who still may be there. */
  stands(session: NetworkSessionId, client: NetworkClient): Promise<boolean>;
  /** Whether whoever logged in there may run this command now. */
  command(asked: CommandAsked, arrival: Arrival): Promise<CommandOutcome>;
  /** Nothing came of a login that was granted: its network device was told no, or could not be told. */
  unused(session: NetworkSessionId, client: NetworkClient, arrival: Arrival): Promise<void>;
  account(report: AccountingReport, client: NetworkClient, arrival: Arrival): Promise<void>;
  /**
   * The newest login of somebody that is open at a client, for doors whose devices give no session back: where the device calls it
   * something, the one that it named so when it began, or has not named yet.
   */
  sessionOf(
    client: NetworkClient,
    identifier: string,
    deviceSession?: string,
  ): Promise<NetworkSessionId | undefined>;
  /** Told of each session that has to end at its network device, since what it rests on has gone. */
  onEnded(listener: (ended: NetworkSession) => void): void;
  /** What came of it. */
  told(session: NetworkSessionId, told: Told): Promise<void>;
  /** Told of each session that goes on with something else. What does not come to be done ends the session. */
  onChanged(listener: (changed: ChangedSession) => Promise<Told | undefined>): void;
}
