/**
 * Who sits where: a TACACS+ request names a person, a line and an address, and no session. What was granted at a login is found again
 * by all of these at the same device. Another node, or this one after a restart, asks the gate instead, and knows no attributes then.
 */
import type { LoggedIn, NetworkClient } from '../../gate/network/network-words.ts';
import { createBoundedMap } from '../../kernel/bounded-map.ts';
import type { Clock } from '../../kernel/clock.ts';

export interface Seat {
  readonly user: string;
  readonly port: string;
  readonly remoteAddress: string;
}

export interface Seats {
  take(client: NetworkClient, seat: Seat, login: LoggedIn): void;
  find(client: NetworkClient, seat: Seat): LoggedIn | undefined;
  leave(client: NetworkClient, seat: Seat): void;
}

const MOST = 50_000;

export function createSeats(clock: Clock): Seats {
  const taken = createBoundedMap<string, LoggedIn>(MOST);
  const key = ({ device }: NetworkClient, { user, port, remoteAddress }: Seat) =>
    JSON.stringify([device, user, port, remoteAddress]);
  return {
    take(client, seat, login) {
      taken.set(key(client, seat), login);
    },
    find(client, seat) {
      const at = key(client, seat);
      const login = taken.get(at);
      if (login === undefined || login.until > clock.now()) return login;
      taken.delete(at);
      return undefined;
    },
    leave(client, seat) {
      taken.delete(key(client, seat));
    },
  };
}
