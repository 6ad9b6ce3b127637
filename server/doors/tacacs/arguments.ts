/** Arguments of authorization and accounting: `name=value` must be understood, `name*value` need not be (RFC 8907 §6.1). */
import type { LoggedIn } from '../../gate/network/network-words.ts';
import { MINUTE, SECOND } from '../../kernel/clock.ts';

export interface Arguments {
  readonly service: string | undefined;
  /** Empty for a shell itself, undefined where nothing is to be run. */
  readonly command: string | undefined;
  readonly commandArgs: readonly string[];
  of(name: string): string | undefined;
}

/** Arguments of which two could be read in two ways. */
const ONCE = new Set(['service', 'protocol', 'cmd', 'task_id']);

/** Undefined for arguments without a separator, or with one twice that may stand once. */
export function readArguments(args: readonly string[]): Arguments | undefined {
  const values = new Map<string, string>();
  const commandArgs: string[] = [];
  for (const arg of args) {
    const at = arg.search(/[=*]/);
    if (at < 1) return undefined;
    const name = arg.slice(0, at);
    const value = arg.slice(at + 1);
    if (name === 'cmd-arg') commandArgs.push(value);
    else if (!values.has(name)) values.set(name, value);
    else if (ONCE.has(name)) return undefined;
  }
  return {
    service: values.get('service'),
    command: values.get('cmd'),
    commandArgs,
    of: (name) => values.get(name),
  };
}

/**
 * What policy tells a device to do with somebody, in the arguments that devices know (RFC 8907 §8.2): the level of privilege, the
 * access list, the minutes until they have to log in again; the role for NX-OS, and for Junos, which maps it to a local user. What
 * only some devices know is optional, and the others pass over it.
 */
export function replyArguments({ attributes, until }: LoggedIn, now: number): string[] {
  const { privilege, filter, role, sessionTimeout } = attributes;
  const most = Math.min(until - now, Number(sessionTimeout ?? Number.POSITIVE_INFINITY) * SECOND);
  const given: (string | undefined)[] = [
    privilege === undefined ? undefined : `priv-lvl=${privilege}`,
    filter === undefined ? undefined : `acl=${filter}`,
    `timeout=${Math.max(1, Math.floor(most / MINUTE))}`,
    role === undefined ? undefined : `shell:roles*"${role}"`,
    role === undefined ? undefined : `local-user-name*${role}`,
  ];
  return given.filter((arg) => arg !== undefined);
}
