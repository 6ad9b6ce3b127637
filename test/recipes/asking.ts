/** What asks proxies of the tests: a browser that trusts them, requests, and bytes that no client would send. */
import { execFile } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { openBrowser, PATIENCE } from '../support/browser.ts';

/** A browser that takes this certificate. */
export async function trusting(pem: string): Promise<Browser> {
  const spki = new X509Certificate(pem).publicKey.export({ format: 'der', type: 'spki' });
  const trusted = createHash('sha256').update(spki).digest('base64');
  return openBrowser([`--ignore-certificate-errors-spki-list=${trusted}`]);
}

/** What comes back for these very bytes. */
export function said(port: number, lines: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, servername: 'wiki.localhost' };
    const socket = tls.connect({ ...options, rejectUnauthorized: false }, () =>
      socket.write(lines),
    );
    let text = '';
    socket.setEncoding('latin1').on('data', (part: string) => {
      text += part;
      if (isWhole(text)) socket.end();
    });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
    socket.setTimeout(PATIENCE, () =>
      socket.destroy(new Error(`this is no whole answer: ${text}`)),
    );
  });
}

/** An answer as its own length has it (RFC 9112 §6.3); where it says none, it ends with the connection. Of octets, each a letter. */
function isWhole(answer: string): boolean {
  const end = answer.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const head = answer.slice(0, end);
  if (/^transfer-encoding: *chunked/im.test(head)) return answer.endsWith('\r\n0\r\n\r\n');
  const length = /^content-length: *(\d+)/im.exec(head)?.[1];
  return length !== undefined && answer.length - end - 4 >= Number(length);
}

export interface Got {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** An answer by HTTPS, whoever signed for it. */
export function request(
  port: number,
  servername: string,
  path: string,
  options: https.RequestOptions,
  body?: string,
): Promise<Got> {
  return new Promise((resolve, reject) => {
    const asked = https.request(
      {
        host: '127.0.0.1',
        port,
        servername,
        path,
        rejectUnauthorized: false,
        agent: false,
        ...options,
        headers: { host: `${servername}:${port}`, ...options.headers },
      },
      (message) => {
        let text = '';
        message.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        message.on('end', () =>
          resolve({ status: message.statusCode ?? 0, headers: message.headers, text }),
        );
      },
    );
    asked.on('error', reject);
    asked.end(body);
  });
}

/** What curl is answered that shows a client certificate: the status, and the body behind it. */
export async function curlShowing(
  { pem, keyPem }: { readonly pem: string; readonly keyPem: string },
  url: string,
): Promise<{ readonly status: number; readonly text: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-curl-'));
  try {
    writeFileSync(join(folder, 'client.pem'), pem);
    writeFileSync(join(folder, 'client.key'), keyPem, { mode: 0o600 });
    const { hostname, port } = new URL(url);
    const { stdout } = await promisify(execFile)(
      'curl',
      [
        ...['--silent', '--show-error', '--insecure', '--max-time', '20'],
        ...['--resolve', `${hostname}:${port}:127.0.0.1`, '--write-out', '\n%{http_code}'],
        ...['--cert', 'client.pem', '--key', 'client.key', url],
      ],
      { cwd: folder },
    );
    const end = stdout.lastIndexOf('\n');
    return { status: Number(stdout.slice(end + 1)), text: stdout.slice(0, end) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
