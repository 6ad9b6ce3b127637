/** The log: for whoever runs Sallyport, with request ids, and no secret, name or address at any level. */
import { hostname } from 'node:os';
import { type Logger, pino, stdTimeFunctions } from 'pino';
import type { LogConfig } from '../../config/log-config.ts';
import { Fault } from '../../kernel/fault.ts';
import type { Notice } from '../../kernel/notice.ts';
import { harmlessLine } from '../terminal/terminal-text.ts';

export function createLog(config: LogConfig, out: NodeJS.WriteStream = process.stderr): Logger {
  const people = config.format === 'text' || (config.format === 'auto' && out.isTTY === true);
  return pino(
    {
      level: config.level,
      base: { node: hostname(), pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      serializers: { err: describeError },
    },
    people ? { write: (line: string) => void out.write(forPeople(line)) } : out,
  );
}

/** What is known of an error: its words and stack, and those of its causes; never the values it was about. */
function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error) || depth > 4) return { message: String(error) };
  return {
    name: error.name,
    ...(error instanceof Fault ? { code: error.code } : {}),
    message: error.message,
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause, depth + 1) }),
  };
}

const WORDS: Readonly<Record<number, string>> = {
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
};

function forPeople(line: string): string {
  const {
    time,
    level,
    msg,
    err,
    node: _node,
    pid: _pid,
    ...rest
  } = JSON.parse(line) as {
    time: string;
    level: number;
    msg?: string;
    err?: { message: string; cause?: { message: string } };
    node: string;
    pid: number;
  } & Record<string, unknown>; // Written by pino just now.
  const facts = Object.entries(rest)
    .map(([name, value]) => ` ${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('');
  const why =
    err === undefined ? '' : ` ${err.message}${err.cause ? ` (${err.cause.message})` : ''}`;
  // One line each, and shown, never obeyed: words of others are in it.
  const said = harmlessLine(`${msg ?? ''}${facts}${why}`);
  return `${time.slice(11, 19)} ${(WORDS[level] ?? 'info').padEnd(5)} ${said}\n`;
}

export function noticeTo(log: Logger): Notice {
  return (level, message, cause) =>
    log[level]({ ...(cause === undefined ? {} : { err: cause }) }, message);
}
