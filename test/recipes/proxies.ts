/** The recipes of docs/proxy.md, run as they stand there but for names, ports and files, in proxies of this machine. */
import { spawn } from 'node:child_process';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeCertificate } from '../support/certificates.ts';
import { untilListening } from '../support/until-listening.ts';

const GUIDE = fileURLToPath(import.meta.resolve('../../docs/proxy.md'));

export type ProxyKind = 'nginx' | 'caddy' | 'haproxy';
const PLACES = {
  nginx: ['/usr/sbin/nginx', '/usr/bin/nginx', '/usr/local/sbin/nginx'],
  caddy: ['/usr/bin/caddy', '/usr/local/bin/caddy'],
  haproxy: ['/usr/sbin/haproxy', '/usr/local/sbin/haproxy'],
};
const LANGUAGES = { nginx: 'nginx', caddy: 'caddyfile', haproxy: 'haproxy' };

/** Undefined on a machine without one; tests then say that they were skipped. */
export function findProxy(kind: ProxyKind): string | undefined {
  return PLACES[kind].find((place) => existsSync(place));
}

/** The first block of a language in the guide. */
export function recipe(language: string, nth = 0): string {
  const blocks = readFileSync(GUIDE, 'utf8').matchAll(/```(\w+)\n([\s\S]*?)```/g);
  const found = [...blocks].filter(([, its]) => its === language)[nth]?.[2];
  if (found === undefined) throw new Error(`docs/proxy.md has no such ${language}`);
  return found;
}

export interface Places {
  readonly port: number;
  readonly sallyport: number;
  readonly application: number;
}

export interface RunningProxy {
  /** What the browser has to trust. */
  readonly pem: string;
  readonly folder: string;
  close(): Promise<void>;
}

export async function startProxy(
  kind: ProxyKind,
  { port, sallyport, application }: Places,
  change: (recipe: string, folder: string) => string = (text) => text,
): Promise<RunningProxy> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-proxy-'));
  const made = makeCertificate({ subject: { CN: 'localhost' }, authority: false });
  // One file for both, for those who want it so.
  await writeFile(join(folder, 'tls.pem'), made.pem + (kind === 'haproxy' ? made.keyPem : ''));
  await writeFile(join(folder, 'tls.key'), made.keyPem);
  const placed = (text: string) =>
    text
      .replaceAll(/\/etc\/\w+\/\w+\.(pem|key)/g, `${folder}/tls.$1`)
      .replaceAll(/\/etc\/\w+\/(\w+\.lua)/g, `${folder}/$1`)
      .replaceAll('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
      .replaceAll('bind :443 ssl', `bind 127.0.0.1:${port} ssl`)
      .replaceAll(/(id|wiki)\.example\.com/g, '$1.localhost')
      .replaceAll(/(?<=(?:X-Forwarded-)?Host \$(?:host|server_name));/g, `:${port};`)
      .replaceAll('127.0.0.1:8080', `127.0.0.1:${sallyport}`)
      .replaceAll('127.0.0.1:3000', `127.0.0.1:${application}`);
  const written = placed(change(recipe(LANGUAGES[kind]), folder));
  if (kind === 'haproxy') await writeFile(join(folder, 'sallyport.lua'), placed(recipe('lua')));
  const file = join(folder, 'recipe');
  const frames = {
    nginx: `daemon off; master_process off; pid ${folder}/pid; error_log stderr; events {} http { access_log off; ${temporary(folder)} ${written} }`,
    caddy: `{\n\tadmin off\n\thttps_port ${port}\n\tauto_https off\n\tskip_install_trust\n}\n${written}`,
    haproxy: written,
  };
  await writeFile(file, frames[kind]);
  const args = {
    nginx: ['-c', file, '-e', 'stderr'],
    caddy: ['run', '--config', file, '--adapter', 'caddyfile'],
    haproxy: ['-db', '-f', file],
  }[kind];
  const child = spawn(findProxy(kind) ?? kind, args, {
    env: { PATH: process.env.PATH ?? '', HOME: folder, XDG_DATA_HOME: folder },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await untilListening(port, child, () => said);
  return {
    pem: made.pem,
    folder,
    async close() {
      const gone = once(child, 'close');
      child.kill('SIGKILL');
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** nginx keeps bodies in folders of the system otherwise. */
function temporary(folder: string): string {
  return ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join(' ');
}

export interface Application {
  readonly port: number;
  /** Bodies of what was posted. */
  readonly forms: readonly string[];
  close(): Promise<void>;
}

/** Knows nothing of signing in: says who it was told is there, echoes a socket, and may be called by pages of others. */
export async function startApplication(): Promise<Application> {
  const forms: string[] = [];
  const server = http.createServer(async (request, response) => {
    let written = '';
    for await (const part of request.setEncoding('utf8')) written += part;
    if (request.method === 'POST') forms.push(written);
    const told = Object.entries(request.headers).filter(([name]) =>
      /^x.sallyport|^connection$/.test(name),
    );
    response.setHeader('content-type', 'text/html');
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-allow-headers', 'authorization');
    response.end(
      `<!doctype html><title>App</title><h1>${request.method} ${request.url}</h1>` +
        `<form method="post" action="/keys/import"><textarea name="text" aria-label="Text"></textarea><button>Import</button></form>` +
        `<pre>${JSON.stringify(Object.fromEntries(told))}</pre>`,
    );
  });
  server.on('upgrade', (request, socket) => {
    // RFC 6455 §4.2.2, and one text frame with who it was told is there.
    const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = hash('sha1', key, 'base64');
    const name = String(request.headers['x-sallyport-name']);
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.write(Buffer.concat([Buffer.of(0x81, name.length), Buffer.from(name)]));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // Of a server that listens on a port.
  return {
    port,
    forms,
    async close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
