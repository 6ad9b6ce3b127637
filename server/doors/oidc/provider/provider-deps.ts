/** What the provider needs of the house, and of the door that it is behind. */
import type { IncomingMessage } from 'node:http';
import type { SigningKeys } from '../../../authority/signing-keys.ts';
import type { Arrival } from '../../../gate/arrival.ts';
import type { ProcessOffer } from '../../../gate/entering.ts';
import type { Apps } from '../../../gate/use-cases/apps.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { AppPages } from './app-pages.ts';

/** Whether an application proved itself, by the proofs that processes have. */
export type ProveClient = (
  claimed: string | undefined,
  offers: readonly ProcessOffer[],
  arrival: Arrival,
) => Promise<
  | { readonly state: 'proven'; readonly client: string }
  | { readonly state: 'refused'; readonly reason: string; readonly retryAt?: number | undefined }
>;

/** What came with a request to show who an application is, taken out of it. */
export interface ClientEvidence {
  readonly claimed: string | undefined;
  readonly offers: readonly ProcessOffer[];
}

export interface ProviderDeps {
  /** `<origin>/oidc`. */
  readonly issuer: () => string;
  readonly secure: boolean;
  readonly apps: Apps;
  readonly signing: SigningKeys;
  readonly clock: Clock;
  /** 32 bytes, the same on every node. */
  readonly key: Uint8Array;
  readonly pages: AppPages;
  readonly proveClient: ProveClient;
  /** How a request came; the door knows. */
  readonly arrivalOf: (request: IncomingMessage) => Arrival;
  /** The token of the person's session, from the cookie that the web door set. */
  readonly sessionOf: (request: IncomingMessage) => string | undefined;
  /** The certificate that a client showed, as PEM. */
  readonly certificateOf: (request: IncomingMessage) => string | undefined;
  /** Ends the person's session. */
  readonly signOut: (session: string, arrival: Arrival) => Promise<void>;
  /** Fetches what an application is told at an address of its own; refuses private addresses. */
  readonly fetch: typeof fetch;
  readonly device: boolean;
  readonly ciba: boolean;
  readonly report: (fault: unknown) => void;
}
