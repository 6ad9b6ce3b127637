/** What signing in and working elsewhere need of the process that the command runs in. */
import { systemClock } from '../../kernel/clock.ts';
import { systemLater } from '../../kernel/later.ts';
import { systemRandom } from '../../kernel/random.ts';
import type { CommandContext } from '../terminal/command-context.ts';
import { Ended, EXIT } from '../terminal/exit.ts';
import { type Connection, type ConnectionDeps, connect } from './connection.ts';
import { createLoginFile, loginsPath } from './login-file.ts';
import { openBrowser } from './open-browser.ts';
import { createGivenUp } from './patience.ts';
import { placeOf } from './places.ts';
import { createIsOwn } from './whose-connection.ts';

export interface Manners {
  /** Whether the browser is opened, or the address only printed. */
  readonly browser?: boolean;
}

export function remoteDeps(
  context: CommandContext,
  { browser = true }: Manners = {},
): ConnectionDeps {
  const { environment, folder } = context;
  const output = context.output();
  return {
    isOwn: createIsOwn(environment, (text) => output.warn(text)),
    clock: systemClock(),
    random: systemRandom(),
    output,
    logins: createLoginFile(loginsPath(environment, folder)),
    waits: context.waits(),
    givenUp: createGivenUp(systemLater(), output),
    async show(address, wanted) {
      const opened = browser && (await openBrowser(environment, address));
      const says = opened
        ? 'Your browser opens. If it does not, open this address in it:'
        : 'Open this address in a browser on this computer:';
      output.notice(
        `${says}\n\n  ${address}\n\nWaiting for you to ${wanted} there, for five minutes at most. Ctrl-C gives it up.`,
      );
    },
  };
}

/** The server that the command is to work at; undefined for this machine. What was typed wrong ends it. */
export function remoteOf(context: CommandContext): Connection | undefined {
  const place = placeOf(context);
  if (!place.ok) {
    context.output().problem(place.error);
    throw new Ended(EXIT.usage);
  }
  return place.value === undefined ? undefined : connect(remoteDeps(context), place.value);
}
