/** A served house at the hour that it is for OpenSSL, which asks nobody for the time, with a folder for its files. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {
  Certified,
  Issued,
  IssueError,
  IssueRequest,
} from '../../server/authority/x509/authority-words.ts';
import type { DeviceId } from '../../server/kernel/id.ts';
import type { Result } from '../../server/kernel/result.ts';
import { openServedHouse, type ServedHouse, type ServedOptions } from '../support/served-house.ts';

export interface X509House {
  readonly served: ServedHouse;
  readonly folder: string;
  /** What OpenSSL says, on both its outputs; a failure is said, too. */
  openssl(...words: readonly string[]): Promise<{ readonly ok: boolean; readonly said: string }>;
  /** A request made by OpenSSL, in DER; its key is in NAME.key. */
  request(name: string, ...words: readonly string[]): Promise<Uint8Array>;
  device(name: string): Extract<Certified, { kind: 'device' }>;
  issue(request: IssueRequest): Promise<Result<Issued, IssueError>>;
  good(request: IssueRequest): Promise<Issued>;
  /** PEM in a file of the folder; its name. */
  keep(name: string, der: Uint8Array, label?: string): string;
  read(name: string): Buffer;
  fetched(path: string): Promise<Uint8Array>;
  close(): Promise<void>;
}

export const CLI = { door: 'cli' } as const;
export const P256 = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];

/** Its clock is half a minute behind, so that nothing that it signs is from the future; or further. */
export async function openX509House(
  options: ServedOptions = {},
  behind = 30_000,
): Promise<X509House> {
  const served = await openServedHouse(options);
  served.clock.advance(Date.now() - behind - served.clock.now());
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-x509-'));
  const { authority, store, ids } = served.house;

  const openssl: X509House['openssl'] = (...words) =>
    new Promise((resolve) => {
      execFile('openssl', words, { cwd: folder, timeout: 20_000 }, (error, out, err) =>
        resolve({ ok: error === null, said: out + err }),
      );
    });
  const read = (name: string) => readFileSync(join(folder, name));
  const issue: X509House['issue'] = (request) =>
    store.write((tx) => authority.issue(tx, request, CLI));

  return {
    served,
    folder,
    openssl,
    read,
    issue,
    async request(name, ...words) {
      const key = words.includes('-key') || words.includes('-newkey') ? [] : P256;
      const files = ['-nodes', '-keyout', `${name}.key`, '-outform', 'DER', '-out', `${name}.csr`];
      const made = await openssl('req', '-new', ...key, ...files, ...words);
      assert.ok(made.ok, made.said);
      return read(`${name}.csr`);
    },
    device: (name) => ({ kind: 'device', id: ids.next<'device'>() as DeviceId, name }),
    async good(request) {
      const issued = await issue(request);
      assert.ok(issued.ok, JSON.stringify(issued));
      return issued.value;
    },
    keep(name, der, label = 'CERTIFICATE') {
      const body = Buffer.from(der)
        .toString('base64')
        .replaceAll(/.{64}(?=.)/g, '$&\n');
      writeFileSync(
        join(folder, name),
        `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`,
      );
      return name;
    },
    async fetched(path) {
      const answer = await fetch(served.origin + path);
      assert.equal(answer.status, 200, path);
      return new Uint8Array(await answer.arrayBuffer());
    },
    async close() {
      await served.close();
      rmSync(folder, { recursive: true });
    },
  };
}
