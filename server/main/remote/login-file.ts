/**
 * The logins of whoever uses this computer, one a server, in one file that they alone can read. It holds the tokens and, beside
 * them, the key that the tokens are bound to: whoever can read this file can do what its owner may, until the session is over.
 * So it is not read when others could have, and nothing of it is ever printed.
 */
import {
  chmodSync,
  lstatSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { Environment } from '../../config/environment.ts';
import { makeFolder } from '../../kernel/make-folder.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import type { Problem } from '../terminal/output.ts';
import type { PrivateJwk } from './dpop-signer.ts';

export interface Login {
  readonly key: PrivateJwk;
  readonly accessToken: string;
  /** Milliseconds, by this computer's clock. */
  readonly expiresAt: number;
  readonly refreshToken: string;
}

export interface LoginFile {
  readonly path: string;
  /** By origin. */
  all(): Result<ReadonlyMap<string, Login>, Problem>;
  get(origin: string): Result<Login | undefined, Problem>;
  /** Undefined takes it away. */
  set(origin: string, login: Login | undefined): Result<void, Problem>;
}

const OTHERS = 0o077;

export function loginsPath(environment: Environment, folder: string): string {
  const { SALLYPORT_LOGINS: named, XDG_CONFIG_HOME: config, HOME: home } = environment;
  if (named) return resolve(folder, named);
  // The XDG Base Directory Specification: what is not absolute is to be ignored.
  const base = config && isAbsolute(config) ? config : join(home || homedir(), '.config');
  return join(base, 'sallyport', 'logins.json');
}

export function createLoginFile(path: string): LoginFile {
  function read(): Result<Map<string, Login>, Problem> {
    const found = lookAt(path);
    if (found === undefined) return ok(new Map());
    const wrong = found.isFile() ? tooOpen(path, found) : { what: `${path} is no file.` };
    if (wrong !== undefined) return failed(wrong);
    try {
      const { logins } = JSON.parse(readFileSync(path, 'utf8')) as Kept;
      return ok(new Map(Object.entries(logins).filter(([, login]) => isLogin(login))));
    } catch {
      return failed({
        what: `${path} can’t be read as a file of logins.`,
        mend: 'Remove it, and sign in again with ./sallyport login.',
      });
    }
  }

  return {
    path,
    all: read,
    get(origin) {
      const logins = read();
      return logins.ok ? ok(logins.value.get(origin)) : logins;
    },
    set(origin, login) {
      const logins = read();
      if (!logins.ok) return logins;
      if (login === undefined) logins.value.delete(origin);
      else logins.value.set(origin, login);
      const kept: Kept = { version: 1, logins: Object.fromEntries(logins.value) };
      return write(path, `${JSON.stringify(kept, null, 2)}\n`);
    },
  };
}

interface Kept {
  readonly version: 1;
  readonly logins: Readonly<Record<string, Login>>;
}

function isLogin(login: Login): boolean {
  return (
    typeof login?.accessToken === 'string' &&
    typeof login.refreshToken === 'string' &&
    typeof login.expiresAt === 'number' &&
    typeof login.key?.d === 'string'
  );
}

/** The file itself: a link could lead to one that somebody else can put there. */
function lookAt(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

function tooOpen(path: string, { mode, uid }: Stats): Problem | undefined {
  if (process.getuid === undefined) return undefined; // Windows has other means, and no such bits.
  if (uid !== process.getuid()) {
    return { what: `${path} belongs to somebody else, and is not used.` };
  }
  if ((mode & OTHERS) === 0) return undefined;
  return {
    what: `${path} can be read or written by others, and is not used: your logins may be in wrong hands.`,
    mend: `If you are sure that they are not: chmod 600 ${path}. Otherwise end them on the page of your account, and remove it.`,
  };
}

/** In one step, so that a file is there as a whole or as it was. */
function write(path: string, text: string): Result<void, Problem> {
  const draft = `${path}.${process.pid}.new`;
  try {
    makeFolder(dirname(path), 0o700);
    rmSync(draft, { force: true });
    writeFileSync(draft, text, { mode: 0o600, flag: 'wx' });
    chmodSync(draft, 0o600); // Whatever the umask takes away or leaves.
    renameSync(draft, path);
    return ok(undefined);
  } catch (error) {
    rmSync(draft, { force: true });
    const why = error instanceof Error ? error.message : String(error);
    return failed({
      what: `The login can’t be kept in ${path}: ${why}.`,
      mend: 'Name another place with SALLYPORT_LOGINS.',
    });
  }
}
