/** A real Apache with mod_auth_openidc, told by the block of docs/recipes.md but for names, ports and files. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { untilListening } from '../support/until-listening.ts';

const PROGRAM = ['/usr/sbin/apache2', '/usr/sbin/httpd'].find((place) => existsSync(place));
const MODULES = ['/usr/lib/apache2/modules', '/usr/lib64/httpd/modules'].find((place) =>
  existsSync(join(place, 'mod_auth_openidc.so')),
);

/** Why there is none on this machine; tests then say that they were skipped. */
export const noApache: string | false =
  PROGRAM === undefined
    ? 'no Apache on this machine'
    : MODULES === undefined
      ? 'no mod_auth_openidc on this machine'
      : false;

const LOADED = [
  'mpm_event',
  'authn_core',
  'authz_core',
  'authz_user',
  'auth_openidc',
  'headers',
  'proxy',
  'proxy_http',
  'ssl',
];

export interface RunningApache {
  /** What it wrote into its log. */
  log(): string;
  close(): Promise<void>;
}

export interface ApacheWish {
  readonly port: number;
  readonly block: string;
  readonly certificate: string;
  readonly key: string;
  /** Whom it believes when it calls Sallyport: authorities of the machine would do elsewhere. */
  readonly authority: string;
}

export async function startApache(wish: ApacheWish): Promise<RunningApache> {
  const { port, block, certificate, key, authority } = wish;
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-apache-'));
  // Whoever it serves as reads the authority; the rest is root's.
  await chmod(folder, 0o711);
  await writeFile(join(folder, 'reports.pem'), certificate);
  await writeFile(join(folder, 'reports.key'), key, { mode: 0o600 });
  await writeFile(join(folder, 'ca.pem'), authority, { mode: 0o644 });
  await writeFile(join(folder, 'reports.passphrase'), 'a passphrase of the test\n', {
    mode: 0o600,
  });
  const written = block
    .replaceAll('/etc/apache2/', `${folder}/`)
    .replace('<VirtualHost *:443>', `<VirtualHost 127.0.0.1:${port}>`);
  const frame = [
    `ServerRoot ${folder}`,
    `DefaultRuntimeDir ${folder}`,
    `PidFile ${folder}/pid`,
    'ServerName localhost',
    `Listen 127.0.0.1:${port}`,
    `ErrorLog ${folder}/log`,
    'LogLevel warn auth_openidc:info',
    'StartServers 1',
    'ServerLimit 1',
    'ThreadsPerChild 16',
    'MaxRequestWorkers 16',
    // Only when root starts it; it must not serve as root.
    ...(process.getuid?.() === 0 ? ['User nobody', 'Group nogroup'] : []),
    ...LOADED.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`),
    // The authority is the test's own, and the module's system-wide list does not know it.
    `OIDCCABundlePath ${folder}/ca.pem`,
    written,
  ].join('\n');
  await writeFile(join(folder, 'apache.conf'), frame, { mode: 0o600 });
  const child = spawn(PROGRAM ?? '', ['-f', join(folder, 'apache.conf'), '-D', 'FOREGROUND'], {
    env: { PATH: process.env.PATH ?? '' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const file = join(folder, 'log');
  const log = () => said + (existsSync(file) ? readFileSync(file, 'utf8') : '');
  await untilListening(port, child, log);
  return {
    log,
    async close() {
      const gone = once(child, 'close');
      // It ends its children itself; killed, it would leave them behind.
      child.kill('SIGTERM');
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Knows nothing of signing in: says who it was told is there. */
export async function startApplication(): Promise<{
  readonly port: number;
  close(): Promise<void>;
}> {
  const server = http.createServer((request, response) => {
    const told = Object.entries(request.headers).filter(([name]) =>
      /^(?:x.remote|oidc)/.test(name),
    );
    response.setHeader('content-type', 'text/html');
    response.end(
      `<!doctype html><title>Reports</title><h1>${request.headers['x-remote-user']} at ${request.url}</h1>` +
        `<pre>${JSON.stringify(Object.fromEntries(told))}</pre>`,
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // Of a server that listens on a port.
  return {
    port,
    async close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
