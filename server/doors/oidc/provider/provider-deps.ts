/** What the provider needs of the house, and of the door that it is behind. */
import type { IncomingMessage } from 'node:http';
import type { SigningKeys } from '../../../authority/signing-keys.ts';
import type { Arrival } from '../../../gate/arrival.ts';
import type { NoteRefusedRequest } from '../../../gate/throttles/request-refusals.ts';
import type { AppRequests } from '../../../gate/use-cases/apps/app-request-words.ts';
import type { Apps } from '../../../gate/use-cases/apps/app-words.ts';
import type { SignedRequests } from '../../../gate/use-cases/apps/signed-requests.ts';
import type { AppPages } from '../../../http/app-pages.ts';
import type { Clock } from '../../../kernel/clock.ts';

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
  /** Ends the person's session. */
  readonly signOut: (session: string, arrival: Arrival) => Promise<unknown>;
  /** The device grant (RFC 8628): off unless the configuration says otherwise. */
  readonly device: boolean;
  /** Sign-ins that begin at an application and are answered on our pages (CIBA): off as well. */
  readonly ciba: boolean;
  readonly appRequests: Pick<AppRequests, 'longest' | 'named' | 'room' | 'ask' | 'poll'>;
  readonly signedRequests: SignedRequests;
  readonly refusedRequest: NoteRefusedRequest;
  readonly report: (fault: unknown) => void;
}

/** How a request came: what is known of it beside itself. */
export interface CameBy {
  arrivalOf(request: IncomingMessage): Arrival;
  /** The token of the person's session, from the web door's cookie. */
  sessionOf(request: IncomingMessage): string | undefined;
  certificateOf(request: IncomingMessage): Uint8Array | undefined;
  /** The line that has a browser forget its session. */
  readonly forgetSession: string;
  /** The client that proved itself with this request. */
  provenBy(request: IncomingMessage): string | undefined;
}
