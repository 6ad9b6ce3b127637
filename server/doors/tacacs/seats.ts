/**
 * Who sits where: a TACACS+ request names a person, a line and an address, and no session. What was granted at a login is found again
 * by all of these at the same device, and what was granted there by `enable` since is what counts, and ends with it. Another node, or this
 * one after a restart, asks the gate instead, and knows no attributes then.
 */
import type {
  LoggedIn,
  NetworkClient,
  NetworkSessionId,
} from '../../gate/network/network-words.ts';
import { createBoundedMap } from '../../kernel/bounded-map.ts';
import type { Clock } from '../../kernel/clock.ts';

export interface Seat {
  readonly user: string;
  readonly port: string;
  readonly remoteAddress: string;
}

export interface Seats {
  /** `enabled`: it is granted to whoever sits there already. */
  take(client: NetworkClient, seat: Seat, login: LoggedIn, enabled: boolean): void;
  /** What was granted last. */
  find(client: NetworkClient, seat: Seat): LoggedIn | undefined;
  /** Gives all that was granted there, the last one last. */
  leave(client: NetworkClient, seat: Seat): readonly LoggedIn[];
  /** It was granted there for nothing; what was before it counts again. */
  giveBack(client: NetworkClient, seat: Seat, session: NetworkSessionId): void;
}

const MOST = 50_000;
/** Of one seat: whoever types `enable` once more than that has their oldest one end by itself. */
const MOST_OF_ONE = 16;

export function createSeats(clock: Clock): Seats {
  const taken = createBoundedMap<string, readonly LoggedIn[]>(MOST);
  const key = ({ device }: NetworkClient, { user, port, remoteAddress }: Seat) =>
    JSON.stringify([device, user, port, remoteAddress]);
  const openAt = (at: string) => (taken.get(at) ?? []).filter(({ until }) => until > clock.now());
  function put(at: string, logins: readonly LoggedIn[]): void {
    if (logins.length === 0) taken.delete(at);
    else taken.set(at, logins);
  }
  return {
    take(client, seat, login, enabled) {
      const at = key(client, seat);
      put(at, [...(enabled ? openAt(at) : []), login].slice(-MOST_OF_ONE));
    },
    find(client, seat) {
      const at = key(client, seat);
      const logins = openAt(at);
      if (logins.length === 0) taken.delete(at);
      return logins.at(-1);
    },
    leave(client, seat) {
      const at = key(client, seat);
      const logins = openAt(at);
      taken.delete(at);
      return logins;
    },
    giveBack(client, seat, session) {
      const at = key(client, seat);
      put(
        at,
        openAt(at).filter((login) => login.session !== session),
      );
    },
  };
}
