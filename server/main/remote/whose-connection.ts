/**
 * Whose program is at the other end of a connection on this computer, as its kernel notes it (proc_net_tcp(5)). The address of a
 * sign-in stands in the arguments of whatever opens it, where everybody on this computer can read it (proc(5), cmdline): whoever
 * goes there signs in as themselves, and their browser brings their answer here.
 */
import { readFileSync } from 'node:fs';
import type { Environment } from '../../config/environment.ts';

export interface Ends {
  /** Of theirs, and of ours. Both on 127.0.0.1. */
  readonly theirs: number;
  readonly ours: number;
}

/** The user; `nobody` where no program holds it open; undefined where this computer does not tell. */
export type WhoseConnection = (ends: Ends) => number | 'nobody' | undefined;

const ESTABLISHED = '01';
/** 127.0.0.1 as the kernel writes it on machines of our kinds, alone and as an address of IPv6. */
const TABLES = [
  ['tcp', '0100007F'],
  ['tcp6', '0000000000000000FFFF00000100007F'],
] as const;

export function createWhoseConnection(folder = '/proc/net'): WhoseConnection {
  return ({ theirs, ours }) => {
    let told = false;
    for (const [table, here] of TABLES) {
      const [from, to] = [theirs, ours].map((port) => `${here}:${hex(port)}`);
      const text = textOf(`${folder}/${table}`);
      told ||= text !== undefined;
      for (const line of text?.split('\n') ?? []) {
        const [, local, remote, state, , , , uid] = line.trim().split(/\s+/);
        // One that is closed belongs to user 0 there, whoever had it.
        if (local === from && remote === to && state === ESTABLISHED) return Number(uid);
      }
    }
    return told ? 'nobody' : undefined;
  };
}

/** Whether the other end of a connection is a browser of whoever waits here, and not another user's. */
export type IsOwn = (ends: Ends) => boolean;

/** Warns of the first that is not. Where this computer does not tell, each is taken for one's own. */
export function createIsOwn(
  environment: Environment,
  warn: (text: string) => void,
  whose: WhoseConnection = createWhoseConnection(),
): IsOwn {
  const own = ownUsers(environment);
  let warned = false;
  return (ends) => {
    const user = whose(ends);
    if (user === undefined) return true;
    if (user === 'nobody') return false;
    if (own.has(user)) return true;
    if (!warned) {
      warn(
        `A browser of another user of this computer (${user}) came back with an answer. It was not taken: sign in with a browser of your own.`,
      );
    }
    warned = true;
    return false;
  };
}

/** Whoever runs this, root, and whoever became root by sudo to run it: those can be this person anyway. */
export function ownUsers(environment: Environment): ReadonlySet<number> {
  const own = process.getuid?.() ?? 0;
  const sudo = environment.SUDO_UID ?? '';
  return new Set([own, 0, ...(own === 0 && /^\d+$/.test(sudo) ? [Number(sudo)] : [])]);
}

const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, '0');

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined; // Another kind of computer.
  }
}
