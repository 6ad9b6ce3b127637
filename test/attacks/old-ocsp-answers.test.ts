/**
 * A server that staples an answer of before, from when its certificate was still good (RFC 6066 §8, RFC 6960 §3.2): clients of others
 * refuse it, because what the house signs of a certificate is over within the hour. The same with an answer of now is accepted.
 */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { HOUR } from '../../server/kernel/clock.ts';
import { count, eventsOf } from '../support/events.ts';
import { freePort } from '../support/free-port.ts';
import { CLI, openX509House, type X509House } from '../x509/x509-house.ts';

/** curl's: it wanted the status of the certificate, and what it got would not do. */
const INVALID_STATUS = 91;

describe('an OCSP answer that a server staples', () => {
  let x: X509House;
  let serial: string;
  before(async () => {
    x = await openX509House({}, 2 * HOUR);
    const seen = await eventsOf(x.served, async () => {
      const issued = await x.good({
        profile: 'server',
        csr: await x.request('server', '-subj', '/CN=localhost'),
        subject: { kind: 'server', id: 'localhost', name: 'localhost' },
        names: { dns: ['localhost'] },
      });
      serial = issued.serial;
      x.keep('server.pem', issued.certificate);
    });
    assert.equal(count(seen, 'certificate.issued', 'done'), 1);
    x.keep('issuing.pem', await x.fetched('/pki/ca.cer'));
    x.keep('root.pem', await x.fetched('/pki/root.cer'));
  });
  after(() => x.close());

  /** What the house says of the certificate now, kept in a file. */
  async function answered(name: string): Promise<string> {
    const { said } = await x.openssl(
      ...['ocsp', '-issuer', 'issuing.pem', '-cert', 'server.pem', '-no_nonce', '-noverify'],
      ...['-url', `${x.served.origin}/pki/ocsp`, '-respout', name],
    );
    return said;
  }

  /** With what curl ends that visits a server which staples this. */
  async function visited(...staple: readonly string[]): Promise<number> {
    const port = await freePort();
    const server = spawn(
      'openssl',
      [
        ...['s_server', '-www', '-accept', `127.0.0.1:${port}`, '-cert', 'server.pem'],
        ...['-key', 'server.key', '-cert_chain', 'issuing.pem', ...staple],
      ],
      { cwd: x.folder, stdio: ['ignore', 'pipe', 'ignore'] },
    );
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('exit', () => reject(new Error('there is no server')));
        server.stdout.on('data', (said: Buffer) => /ACCEPT/.test(`${said}`) && resolve());
      });
      return await new Promise((resolve) => {
        execFile(
          'curl',
          [
            ...['--silent', '--cert-status', '--cacert', 'root.pem', '--max-time', '10'],
            ...['--output', '/dev/null', `https://localhost:${port}/`],
          ],
          { cwd: x.folder },
          (fault) => resolve(fault === null ? 0 : Number(fault.code)),
        );
      });
    } finally {
      server.kill();
    }
  }

  it('is refused from two hours ago, or when there is none, and accepted from now', async () => {
    assert.match(await answered('old.der'), /\bgood\n/);
    x.served.clock.advance(2 * HOUR - 30_000);
    assert.equal(await visited('-status_file', 'old.der'), INVALID_STATUS);
    assert.equal(await visited(), INVALID_STATUS);
    assert.match(await answered('now.der'), /\bgood\n/);
    assert.notDeepEqual(
      readFileSync(join(x.folder, 'now.der')),
      readFileSync(join(x.folder, 'old.der')),
    );
    assert.equal(await visited('-status_file', 'now.der'), 0);
  });

  it('is refused when it says revoked, and the old one beside it has not become good', async () => {
    const { store, authority } = x.served.house;
    const seen = await eventsOf(x.served, () =>
      store.write((tx) => authority.revoke(tx, serial, 'key-compromise', CLI)),
    );
    assert.deepEqual(
      seen.map(({ type, outcome, door, data }) => [
        `${type} ${outcome}`,
        ...[door, data.cause, data.serial],
      ]),
      [['certificate.revoked done', CLI.door, 'key-compromise', serial]],
    );
    assert.match(await answered('revoked.der'), /\brevoked\n/);
    assert.equal(await visited('-status_file', 'revoked.der'), INVALID_STATUS);
    assert.equal(await visited('-status_file', 'old.der'), INVALID_STATUS);
  });
});
