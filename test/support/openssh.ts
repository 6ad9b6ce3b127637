/** OpenSSH as hosts and people run it: sshd on a port of this computer, ssh and ssh-keygen, each in a folder of its own. */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fetchLines, type HostSetup, sshdLines } from '../../server/main/ssh/ssh-setup.ts';
import { freePort } from './free-port.ts';

export const SSHD = '/usr/sbin/sshd';
const PATIENCE = 10;

/** Why these tests can't run here; false where they can. */
export function opensshMissing(): string | false {
  if (!existsSync(SSHD)) return 'no sshd on this machine (openssh-server)';
  if (userInfo().uid !== 0) return 'sshd lets people in at other accounts only for root';
  try {
    execFileSync('ssh', ['-V'], { stdio: 'ignore' });
  } catch {
    return 'no ssh on this machine (openssh-client)';
  }
  return false;
}

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Never synchronously: what it runs may ask this process something. */
export function run(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(
      command,
      [...args],
      { env: { ...process.env, ...environment }, timeout: 20_000 },
      (error, out, err) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 255;
        resolve({ code, out, err });
      },
    );
  });
}

export interface SshHost {
  readonly name: string;
  readonly port: number;
  readonly folder: string;
  /** The line of its own public key. */
  readonly publicKey: string;
  /** What cron does: fetches what is trusted and what is revoked. */
  fetch(): Promise<void>;
  /** With a certificate for its own key, or without. */
  start(hostCertificate?: string): Promise<void>;
  log(): string;
  stop(): Promise<void>;
  /** For good: nothing of it is left. */
  close(): Promise<void>;
}

export function sshHost(origin: string, name: string): SshHost & { readonly ready: Promise<void> } {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-sshd-'));
  const key = join(folder, 'host_key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  let child: ReturnType<typeof spawn> | undefined;
  let log = '';
  const host = {
    name,
    port: 0,
    folder,
    publicKey: readFileSync(`${key}.pub`, 'utf8').trim(),
    log: () => log,
    async fetch() {
      for (const line of fetchLines({ origin, host: name, folder })) {
        const { code, err } = await run('sh', ['-c', line]);
        if (code !== 0) throw new Error(`${line}: ${err}`);
      }
    },
    async start(hostCertificate?: string) {
      await host.stop();
      const setup: HostSetup = {
        origin,
        host: name,
        folder,
        hostKey: key,
        hostCertificate: hostCertificate && join(folder, 'host_key-cert.pub'),
      };
      if (hostCertificate !== undefined) {
        writeFileSync(join(folder, 'host_key-cert.pub'), `${hostCertificate}\n`);
      }
      const config = join(folder, 'sshd_config');
      const lines = [
        `Port ${host.port}`,
        'ListenAddress 127.0.0.1',
        'PidFile none',
        'UsePAM no',
        'LogLevel VERBOSE',
        'PermitRootLogin prohibit-password',
        'Subsystem sftp internal-sftp',
        ...sshdLines(setup),
      ];
      writeFileSync(config, `${lines.join('\n')}\n`);
      mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
      const started = spawn(SSHD, ['-D', '-e', '-f', config], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      child = started;
      await new Promise<void>((resolve, reject) => {
        started.stderr?.setEncoding('utf8').on('data', (text: string) => {
          log += text;
          if (log.includes('Server listening')) resolve();
        });
        started.once('exit', (code) => reject(new Error(`sshd ended with ${code}: ${log}`)));
      });
    },
    async stop() {
      const running = child;
      child = undefined;
      log = '';
      if (running === undefined) return;
      await new Promise((resolve) => {
        running.removeAllListeners('exit');
        running.once('exit', resolve);
        running.kill();
      });
    },
    async close() {
      await host.stop();
      rmSync(folder, { recursive: true });
    },
  };
  const ready = freePort().then((port) => {
    host.port = port;
  });
  return Object.assign(host, { ready });
}

export interface SshClient {
  readonly folder: string;
  /** The line of its own public key. */
  readonly publicKey: string;
  /** With this certificate, at this account, running this. */
  ssh(
    host: Pick<SshHost, 'name' | 'port'>,
    account: string,
    certificate: string | undefined,
    command?: readonly string[],
  ): Promise<Ran>;
  /** What it knows of hosts: lines of known_hosts. */
  knows(lines: readonly string[]): void;
  close(): void;
}

export function sshClient(type: readonly string[] = ['ed25519']): SshClient {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-ssh-'));
  const key = join(folder, 'key');
  const [kind = 'ed25519', bits] = type;
  execFileSync('ssh-keygen', [
    ...['-q', '-t', kind, '-N', '', '-f', key],
    ...(bits === undefined ? [] : ['-b', bits]),
  ]);
  const known = join(folder, 'known_hosts');
  writeFileSync(known, '');
  return {
    folder,
    publicKey: readFileSync(`${key}.pub`, 'utf8').trim(),
    knows: (lines) => writeFileSync(known, lines.map((line) => `${line}\n`).join('')),
    close: () => rmSync(folder, { recursive: true }),
    ssh(host, account, certificate, command = ['echo', 'in']) {
      const file = `${key}-cert.pub`;
      rmSync(file, { force: true });
      if (certificate !== undefined) writeFileSync(file, `${certificate}\n`);
      const options = [
        'BatchMode=yes',
        'IdentitiesOnly=yes',
        'IdentityAgent=none',
        `ConnectTimeout=${PATIENCE}`,
        `UserKnownHostsFile=${known}`,
        'GlobalKnownHostsFile=none',
        'StrictHostKeyChecking=yes',
        `HostKeyAlias=${host.name}`,
      ].flatMap((option) => ['-o', option]);
      return run('ssh', [
        ...['-F', 'none', '-p', String(host.port), '-i', key],
        ...options,
        `${account}@127.0.0.1`,
        ...command,
      ]);
    },
  };
}
