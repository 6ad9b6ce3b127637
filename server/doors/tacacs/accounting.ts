/** Accounting (RFC 8907 §7): what a device reports of a login, and of each command in it. It is answered once it is on record. */
import type { Arrival } from '../../gate/arrival.ts';
import type { AccountingReport, Network, NetworkClient } from '../../gate/network/network-words.ts';
import {
  type AccountingReply,
  type AccountingRequest,
  kindOfAccounting,
  ACCOUNTING_STATUS as STATUS,
} from '../../wire/tacacs/accounting.ts';
import { type Arguments, readArguments } from './arguments.ts';
import type { Seats } from './seats.ts';

export interface AccountDeps {
  readonly network: Pick<Network, 'account' | 'sessionOf'>;
  readonly seats: Seats;
}

export type Account = (
  request: AccountingRequest,
  client: NetworkClient,
  arrival: Arrival,
) => Promise<AccountingReply>;

/**
 * What is reported of something within a login, or of none (RFC 8907 §8.2): a connection that was opened from there has a start and a stop of
 * its own, and the login goes on.
 */
const PARTS: ReadonlySet<string> = new Set(['connection', 'system', 'firewall']);

const reply = (status: number, message = '') => ({ status, message, data: new Uint8Array() });

export function createAccount({ network, seats }: AccountDeps): Account {
  return async (request, client, arrival) => {
    const kind = kindOfAccounting(request.flags);
    const args = readArguments(request.args);
    if (kind === undefined || args === undefined) {
      return reply(STATUS.error, 'These arguments can not be read.');
    }
    const seat = seats.find(client, request);
    const command = commandOf(args);
    const deviceSession = shown(args.of('task_id') ?? '');
    const isPart = PARTS.has(args.service ?? '');
    // A command, or what is done within a login, has a task of its own (RFC 8907 §8.3).
    const task = command === undefined && !isPart ? deviceSession : '';
    const known =
      seat?.session ??
      (request.user === '' ? undefined : await network.sessionOf(client, request.user, task));
    const stops = command === undefined && kind === 'stop' && !isPart;
    const left = stops ? seats.leave(client, request) : [];
    const report: AccountingReport = {
      kind: command === undefined ? kind : 'command',
      session: known,
      isPart,
      endsToo: left.flatMap(({ session }) => (session === known ? [] : [session])),
      deviceSession,
      name: request.user === '' ? undefined : request.user,
      station: shown(`${request.remoteAddress} ${request.port}`),
      ...text('service', args.service),
      ...text('command', command),
      ...text('cause', args.of('disc-cause')),
      ...number('seconds', args.of('elapsed_time')),
      ...number('bytesIn', args.of('bytes_in')),
      ...number('bytesOut', args.of('bytes_out')),
    };
    await network.account(report, client, arrival);
    return reply(STATUS.success);
  };
}

function commandOf({ command, commandArgs }: Arguments): string | undefined {
  if (command === undefined || command === '') return undefined;
  const last = commandArgs.at(-1);
  const given = last !== undefined && /^<cr>$/i.test(last) ? commandArgs.slice(0, -1) : commandArgs;
  return [command, ...given].join(' ').replace(/ ?<cr>$/i, '');
}

/** What was done is on record whatever it looked like; what a terminal would obey is written out. */
function shown(text: string): string {
  return text.trim().replaceAll(/[^\x20-\x7e]/g, (one) => {
    return `\\x${one.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}

function text(name: string, value: string | undefined): Record<string, string> {
  return value === undefined || value === '' ? {} : { [name]: shown(value) };
}

function number(name: string, value: string | undefined): Record<string, number> {
  return value !== undefined && /^\d{1,15}$/.test(value) ? { [name]: Number(value) } : {};
}
