/** What asks proxies of the tests: a browser that trusts them, requests, and bytes that no client would send. */
import { createHash, X509Certificate } from 'node:crypto';
import https from 'node:https';
import tls from 'node:tls';
import type { Browser } from 'playwright-core';
import { openBrowser } from '../support/browser.ts';

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
    socket.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      if (text.includes('</pre>')) socket.end();
    });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
    socket.setTimeout(2000, () => socket.end());
  });
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
