/** Where a command works: here, on the house of this machine, or at a server elsewhere. */

import { failed, ok, type Result } from '../../kernel/result.ts';
import type { CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import type { Problem } from '../terminal/output.ts';

/** A name in an address that never leaves this computer (RFC 6761 §6.3, RFC 8252 §8.3). */
const HERE = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Whether whatever is sent there stays on this computer. */
export const isHere = (hostname: string): boolean => HERE.has(hostname);

/** Reads what was typed as a server's address: `https://` may be left out. */
export function readOrigin(typed: string): Result<string, Problem> {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(typed) ? typed : `https://${typed}`;
  const url = URL.parse(text);
  const plain = url?.protocol === 'http:';
  if (url === null || !(plain || url.protocol === 'https:') || url.hostname === '') {
    return failed({ what: `“${typed}” is no address of a server.`, mend: EXAMPLE });
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '' || url.username !== '') {
    return failed({ what: `“${typed}” is more than the address of a server.`, mend: EXAMPLE });
  }
  if (plain && !isHere(url.hostname)) {
    return failed({
      what: `${url.origin} is plain HTTP, and anyone on the way could read and change it.`,
      mend: 'Use https://. Plain HTTP is for servers on this computer alone.',
    });
  }
  return ok(url.origin);
}

const EXAMPLE = 'Such as https://auth.example.com';

/** What `--at` or SALLYPORT_AT names; undefined for this machine. */
export function placeOf(context: CommandContext): Result<string | undefined, Problem> {
  const typed = context.at() ?? context.environment.SALLYPORT_AT;
  return typed === undefined || typed === '' ? ok(undefined) : readOrigin(typed);
}

/** For what can be done on the machine itself alone, in a group of which other things can be done elsewhere. */
export function onlyHere(context: CommandContext, what: string): ExitCode | undefined {
  const at = context.at() ?? context.environment.SALLYPORT_AT;
  if (!at) return undefined;
  context.output().problem({
    what: `${what} is done on the machine itself alone, not at ${at}.`,
    mend: 'Run it there, without --at and SALLYPORT_AT.',
  });
  return EXIT.usage;
}
