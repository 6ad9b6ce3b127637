/**
 * Authorization (RFC 8907 §6): of a shell, to which policy's reply is added, and of each command in it. A request names a person and a
 * line; what they may do is judged by the login that they sit in.
 */
import type { Arrival } from '../../gate/arrival.ts';
import type { Network, NetworkClient, NetworkSessionId } from '../../gate/network/network-words.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Asking } from '../../wire/tacacs/asking.ts';
import {
  type AuthorizationResponse,
  AUTHORIZATION_STATUS as STATUS,
} from '../../wire/tacacs/authorization.ts';
import { readArguments, replyArguments } from './arguments.ts';
import type { Seats } from './seats.ts';

export interface AuthoriseDeps {
  readonly network: Pick<Network, 'sessionOf' | 'stands' | 'command'>;
  readonly seats: Seats;
  readonly clock: Clock;
}

export type Authorise = (
  request: Asking,
  client: NetworkClient,
  arrival: Arrival,
) => Promise<AuthorizationResponse>;

const response = (status: number, message = '', args: readonly string[] = []) => ({
  status,
  message,
  data: new Uint8Array(),
  args,
});
const NO_LOGIN = 'Log in at this device with Sallyport first.';

export function createAuthorise({ network, seats, clock }: AuthoriseDeps): Authorise {
  return async (request, client, arrival) => {
    const args = readArguments(request.args);
    const login = seats.find(client, request);
    const session: NetworkSessionId | undefined =
      login?.session ?? (await network.sessionOf(client, request.user));
    // The gate lets nobody do what is no command: it has on record what came.
    const nothing = { session, client, command: undefined, args: request.args };
    if (args === undefined) {
      await network.command(nothing, arrival);
      return response(STATUS.fail, 'These arguments can not be read.');
    }
    // Words of a command that has no first one: what a device makes of them nobody here can say.
    if (!args.command && args.commandArgs.length > 0) {
      await network.command(nothing, arrival);
      return response(STATUS.fail, 'This command can not be read in one way only.');
    }
    if (args.command === undefined || args.command === '') {
      if (session === undefined || !(await network.stands(session, client))) {
        await network.command(nothing, arrival);
        return response(STATUS.fail, NO_LOGIN);
      }
      // Of a login that another node granted nothing more is known here than that it stands.
      const attributes = login === undefined ? [] : replyArguments(login, clock.now());
      return response(STATUS.passAdd, '', attributes);
    }
    const outcome = await network.command(
      { session, client, command: args.command, args: args.commandArgs },
      arrival,
    );
    if (outcome.state === 'granted') return response(STATUS.passAdd);
    switch (outcome.reason) {
      case 'unavailable':
        return response(STATUS.error, 'Sallyport can not answer just now.');
      case 'no-session':
        return response(STATUS.fail, NO_LOGIN);
      case 'malformed':
        return response(STATUS.fail, 'This command can not be read in one way only.');
      case 'stale':
        return response(STATUS.fail, `${plain(outcome.because)} Type enable, and then this again.`);
      default:
        return response(STATUS.fail, plain(outcome.because));
    }
  };
}

/** For a terminal: what policies say may be in any letters. */
function plain(because = 'You may not run this here.'): string {
  return because
    .replaceAll(/[’‘]/g, "'")
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .slice(0, 500);
}
