/**
 * Where certificates of whoever uses this computer are kept: beside the logins, one key and one certificate for each account on each
 * host, which they alone can read. A key lives as long as its certificate, so there is no passphrase on it.
 */
import { execFileSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Environment } from '../../config/environment.ts';
import { type Clock, SECOND } from '../../kernel/clock.ts';
import { makeFolder } from '../../kernel/make-folder.ts';
import type { Random } from '../../kernel/random.ts';
import { readCertificateLine, type SshCertificate } from '../../wire/ssh/certificate.ts';
import { privateKeyFile } from '../../wire/ssh/private-key.ts';
import { keyLine, publicKeyOf } from '../../wire/ssh/public-key.ts';
import { loginsPath } from '../remote/login-file.ts';
import { knownHostLine, revokedFile } from './ssh-setup.ts';

/** A certificate that ends while ssh is on its way is of no use. */
const AHEAD = 30 * SECOND;

export function sshFolder(environment: Environment, folder: string): string {
  return join(dirname(loginsPath(environment, folder)), 'ssh');
}

export const keyFile = (folder: string, host: string, account: string) =>
  join(folder, `${host}.${account}`);

export interface FreshKey {
  readonly publicLine: string;
  /** What ssh reads. */
  readonly file: string;
}

export function freshKey(random: Random): FreshKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  const publicKey = createPublicKey(privateKey);
  const written = publicKeyOf(publicKey);
  if (written === undefined) throw new TypeError('Ed25519 has a form in SSH');
  const check = new DataView(random.bytes(4).slice().buffer).getUint32(0);
  return {
    publicLine: keyLine(written),
    file: privateKeyFile(privateKey, publicKey, 'sallyport', check),
  };
}

/** The certificate that is kept there, while it is good. */
export function keptCertificate(path: string, clock: Clock): SshCertificate | undefined {
  try {
    const read = readCertificateLine(readFileSync(`${path}-cert.pub`, 'utf8'));
    if (!read.ok) return undefined;
    const ends = Number(read.value.validBefore) * SECOND;
    return ends > clock.now() + AHEAD ? read.value : undefined;
  } catch {
    return undefined;
  }
}

/** Each as a whole or as it was: ssh may be reading them. */
export function write(path: string, text: string | Uint8Array): void {
  makeFolder(dirname(path), 0o700);
  const draft = `${path}.${process.pid}.new`;
  rmSync(draft, { force: true });
  writeFileSync(draft, text, { mode: 0o600, flag: 'wx' });
  renameSync(draft, path);
}

export function keepPair(path: string, key: string | undefined, certificate: string): void {
  if (key !== undefined) write(path, key);
  write(`${path}-cert.pub`, `${certificate}\n`);
}

const KRL = new TextEncoder().encode('SSHKRL\n\0');

/** Whether it is a list of what is revoked; then it is where ssh looks for it. */
export function keepRevoked(folder: string, host: string, list: Uint8Array): boolean {
  if (KRL.some((byte, at) => list[at] !== byte)) return false;
  write(revokedFile(folder, host), list);
  return true;
}

const knownHosts = (folder: string) => join(folder, 'known_hosts');

function knownLines(folder: string): readonly string[] {
  try {
    return readFileSync(knownHosts(folder), 'utf8').split('\n');
  } catch {
    return []; // There is none yet.
  }
}

const isOf = (host: string) => (line: string) => line.split(' ')[1] === host;

/** Of two commands that keep lines at the same moment, the second may have written without those of the first. */
export const isKnownHost = (folder: string, host: string): boolean =>
  knownLines(folder).some(isOf(host));

/** Lines of this host are replaced, those of others stay. */
export function keepKnownHost(
  folder: string,
  host: string,
  authorities: readonly string[],
): string {
  const path = knownHosts(folder);
  const own = isOf(host);
  const others = knownLines(folder).filter((line) => line !== '' && !own(line));
  const lines = [...others, ...authorities.map((key) => knownHostLine(host, key))];
  write(path, lines.map((line) => `${line}\n`).join(''));
  return path;
}

/** Whether an agent took key and certificate, for so many seconds and no longer. */
export function addToAgent(
  environment: Environment,
  key: string,
  certificate: string,
  seconds: number,
): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-ssh-'));
  try {
    const path = join(folder, 'key');
    writeFileSync(path, key, { mode: 0o600 });
    writeFileSync(`${path}-cert.pub`, `${certificate}\n`, { mode: 0o600 });
    execFileSync('ssh-add', ['-q', '-t', String(seconds), path], {
      env: { ...process.env, SSH_AUTH_SOCK: environment.SSH_AUTH_SOCK },
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
