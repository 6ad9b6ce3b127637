/** What the door and the gate say to each other of network devices and of those who come by them. */
import type { Arrival } from '../../gate/arrival.ts';
import type { Offer } from '../../gate/offer.ts';
import type { OpenAttempt, RefusedReason } from '../../gate/outcome.ts';
import type { DeviceId, Id, PersonId } from '../../kernel/id.ts';

export type NetworkSessionId = Id<'network-session'>;

/** A network device that asks: a switch, an access point, a VPN gateway. */
export interface NetworkClient {
  readonly device: DeviceId;
  readonly name: string;
  readonly kind: string;
  readonly zone: string;
  readonly groups: readonly string[];
  readonly secret: Uint8Array | undefined;
  readonly exceptions: { readonly withoutMessageAuthenticator: boolean };
}

export interface LoggedIn {
  readonly session: NetworkSessionId;
  readonly subject: PersonId | DeviceId;
  readonly name: string;
  readonly groups: readonly string[];
  readonly roles: readonly string[];
  readonly until: number;
  readonly attributes: Readonly<Record<string, string | number>>;
}

export type LogInOutcome =
  | { readonly state: 'granted'; readonly login: LoggedIn }
  | { readonly state: 'challenged'; readonly attempt: OpenAttempt }
  | {
      readonly state: 'refused';
      readonly reason: RefusedReason;
      readonly retryAt?: number;
      readonly attempt?: OpenAttempt;
    };

export type AdmitOutcome =
  | { readonly state: 'granted'; readonly login: LoggedIn }
  | { readonly state: 'refused'; readonly reason: RefusedReason };

/** What a network device reports of a session there. */
export interface AccountingReport {
  readonly kind: 'start' | 'interim' | 'stop' | 'on' | 'off' | 'command';
  /** The session's id of ours, where the device gave it back (Class). */
  readonly session: NetworkSessionId | undefined;
  /** The device's own id for it (Acct-Session-Id). */
  readonly deviceSession: string;
  readonly name: string | undefined;
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
  readonly address: string;
  readonly name: string;
  readonly deviceSession: string | undefined;
  readonly station: string | undefined;
  readonly port: string | undefined;
}

export interface Network {
  client(protocol: 'radius' | 'tacacs', address: string): Promise<NetworkClient | undefined>;
  clientByCertificate(
    protocol: 'radius' | 'tacacs',
    chain: readonly Uint8Array[],
    address: string,
  ): Promise<NetworkClient | undefined>;
  logIn(
    login: {
      readonly identifier: string;
      readonly client: NetworkClient;
      readonly service: string;
    },
    arrival: Arrival,
    offer?: Offer,
  ): Promise<LogInOutcome>;
  prove(token: string, offer: Offer, arrival: Arrival): Promise<LogInOutcome>;
  admit(
    device: { readonly certificate: readonly Uint8Array[] } | { readonly mac: string },
    client: NetworkClient,
    arrival: Arrival,
  ): Promise<AdmitOutcome>;
  account(report: AccountingReport, client: NetworkClient, arrival: Arrival): Promise<void>;
  onEnded(listener: (ended: NetworkSession) => void): void;
}
