/** nginx with one worker, before a site, asking someone else about each request. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../test/support/free-port.ts';
import { untilListening } from '../../test/support/until-listening.ts';

const PLACES = ['/usr/sbin/nginx', '/usr/bin/nginx', '/usr/local/sbin/nginx'];

export const findNginx = () => PLACES.find((place) => existsSync(place));

export interface Nginx {
  readonly port: number;
  close(): Promise<void>;
}

/** What says yes to everything: the second nginx. */
export const yes = (port: number) =>
  `server { listen 127.0.0.1:${port}; location / { return 200; } }`;

export const asking = (port: number, asked: number) => `
upstream asked { server 127.0.0.1:${asked}; keepalive 64; }
server {
  listen 127.0.0.1:${port};
  location = /check {
    internal;
    proxy_pass http://asked/gate/check;
    proxy_http_version 1.1;
    proxy_pass_request_body off;
    proxy_set_header Content-Length "";
    proxy_set_header Connection "";
    proxy_set_header X-Forwarded-Method $request_method;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Forwarded-Host $host;
    proxy_set_header X-Forwarded-Uri $request_uri;
    proxy_set_header X-Forwarded-For $remote_addr;
  }
  location / { auth_request /check; root /nowhere; try_files /none @page; }
  location @page { return 200 "hello"; }
}`;

export async function startNginx(servers: (port: number) => string): Promise<Nginx> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-bench-nginx-'));
  const file = join(folder, 'nginx.conf');
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join(' ');
  await writeFile(
    file,
    `daemon off; master_process off; pid ${folder}/pid; error_log stderr; events { worker_connections 1024; } http { access_log off; keepalive_requests 1000000; ${folders} ${servers(port)} }`,
  );
  const child = spawn(findNginx() ?? 'nginx', ['-c', file, '-e', 'stderr'], { stdio: 'ignore' });
  await untilListening(port, child);
  return {
    port,
    async close() {
      const gone = once(child, 'close');
      child.kill('SIGKILL');
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
