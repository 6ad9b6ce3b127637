/**
 * A PostgreSQL URL as an operator writes it: `postgres://user:password@host:5432/name?sslmode=verify-full`.
 *
 * Away from loopback TLS with full verification is the default. libpq's `prefer` and `allow` are refused, since whoever sits
 * between decides what they come to; `disable`, `require` and `verify-ca` are taken at their word and announced.
 */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { Fault } from '../kernel/fault.ts';

export interface PostgresAddress {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** Left out, `PGPASSWORD` or a `.pgpass` file is asked. */
  readonly password: string | undefined;
  readonly ssl: false | ConnectionOptions;
  readonly applicationName: string;
  /** Settings of the session, as the server's command line takes them. */
  readonly options: string;
}

const PARAMETERS = new Set([
  'application_name',
  'host',
  'options',
  'sslcert',
  'sslkey',
  'sslmode',
  'sslrootcert',
]);

export function parsePostgresUrl(text: string): PostgresAddress {
  const { url, part } = read(text);
  const host = hostOf(url);
  const given = url.searchParams;
  for (const name of given.keys()) {
    if (!PARAMETERS.has(name)) {
      throw new Fault('config', `the database URL has "${name}", which Sallyport doesn’t know`);
    }
  }
  return {
    host,
    port: url.port === '' ? 5432 : Number(url.port),
    database: part(url.pathname.slice(1)) || part(url.username) || 'postgres',
    user: part(url.username) || 'postgres',
    password: part(url.password) || undefined,
    ssl: tlsOf(url, host),
    applicationName: given.get('application_name') ?? 'sallyport',
    options: given.get('options') ?? '',
  };
}

/** Whether someone on the way to the database could read and change what passes. */
export function isUnverified(text: string): boolean {
  const { url } = read(text);
  const host = hostOf(url);
  return !isLocal(host) && modeOf(url, host) !== 'verify-full';
}

function read(text: string): { url: URL; part: (encoded: string) => string } {
  // The parsers' own errors carry the whole text, password included: they are not kept as a cause.
  let url: URL | undefined;
  try {
    // A socket's folder is named by `host`, and the place of the host is left empty, which URLs with a user don't allow.
    url = new URL(text.replace('@/', '@localhost/'));
  } catch {}
  if (url?.protocol !== 'postgres:' && url?.protocol !== 'postgresql:') {
    throw new Fault('config', 'the database URL is not of the form postgres://user@host:port/name');
  }
  const part = (encoded: string) => {
    try {
      return decodeURIComponent(encoded);
    } catch {
      throw new Fault('config', 'the database URL has a % that is not followed by two hex digits');
    }
  };
  return { url, part };
}

/** A name, an address, or the folder of a socket (`?host=/run/postgresql`). */
function hostOf(url: URL): string {
  const host = url.searchParams.get('host') ?? decodeURIComponent(url.hostname);
  return host.replace(/^\[(.+)\]$/, '$1') || 'localhost';
}

function isLocal(host: string): boolean {
  if (host.startsWith('/') || host === 'localhost' || host === '::1') return true;
  return isIP(host) === 4 && host.startsWith('127.');
}

function modeOf(url: URL, host: string): string {
  return url.searchParams.get('sslmode') ?? (isLocal(host) ? 'disable' : 'verify-full');
}

function tlsOf(url: URL, host: string): false | ConnectionOptions {
  const file = (name: string) => {
    const path = url.searchParams.get(name);
    if (path === null) return undefined;
    try {
      return readFileSync(path);
    } catch (cause) {
      throw new Fault('config', `the file of "${name}" in the database URL can’t be read`, {
        cause,
      });
    }
  };
  const files = () => {
    const [ca, cert, key] = [file('sslrootcert'), file('sslcert'), file('sslkey')];
    return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
  };
  const mode = modeOf(url, host);
  switch (mode) {
    case 'disable':
      return false;
    case 'require':
      return { ...files(), rejectUnauthorized: false };
    case 'verify-ca':
      return { ...files(), checkServerIdentity: () => undefined };
    case 'verify-full':
      return files();
    default:
      throw new Fault(
        'config',
        `the database URL has sslmode=${mode}: use verify-full (or verify-ca, require, disable)`,
      );
  }
}
