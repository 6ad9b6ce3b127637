/**
 * A program's certificate whose CA signed it in a way of old: of two texts with one SHA-1 the CA signs the one that it may see (T1649,
 * CWE-327; https://sha-mbles.github.io). Hashes hide under several identifiers, and under parameters that are left out.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { constants, createPrivateKey, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readOne, TAG, within } from '../../server/wire/der/der-reader.ts';
import { bits, integer, nothing, oid, sequence, tagged } from '../../server/wire/der/der-writer.ts';
import { count, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { addApi, addProcess, addProof, enter, entered, refusal } from '../support/processes.ts';

const PSS = '1.2.840.113549.1.1.10';
const SHA256 = '2.16.840.1.101.3.4.2.1';
const MGF1 = '1.2.840.113549.1.1.8';

describe('a certificate that a CA signed', () => {
  let test: TestHouse;
  let folder: string;
  let plain: Buffer;
  const run = (...words: string[]) =>
    execFileSync('openssl', words, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  before(async () => {
    test = await openTestHouse();
    folder = mkdtempSync(join(tmpdir(), 'sallyport-old-'));
    const key = ['-newkey', 'rsa:2048', '-nodes', '-days', '7'];
    const ca = ['-addext', 'basicConstraints=critical,CA:TRUE', '-subj', '/CN=Old CA'];
    run('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', ...ca);
    const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-outform', 'DER'];
    const use = ['-addext', 'basicConstraints=critical,CA:FALSE', '-subj', '/CN=pump'];
    run('req', '-x509', ...key, '-keyout', 'pump.key', '-out', 'pump.der', ...by, ...use);
    plain = readFileSync(join(folder, 'pump.der'));
    test.clock.advance(Math.max(0, Date.now() + 1000 - test.clock.now()));
    const api = await addApi(test);
    const pump = await addProcess(test, 'pump', [{ resource: api.id, scopes: ['read'] }]);
    const pem = readFileSync(join(folder, 'ca.pem'), 'utf8');
    await addProof(test, pump, 'certificate', { ca: pem, names: { commonName: 'pump' } });
  });
  after(async () => {
    await test.close();
    rmSync(folder, { recursive: true });
  });

  /** The same, signed anew, whatever is said of how. */
  function signed(algorithm: Uint8Array, hash: string, padding: 'pkcs1' | 'pss'): Uint8Array {
    const [body] = within(readOne(plain), TAG.sequence) ?? [];
    const fields = within(body, TAG.sequence) ?? [];
    const inner = sequence(...fields.map(({ whole }, at) => (at === 2 ? algorithm : whole)));
    const key = createPrivateKey(readFileSync(join(folder, 'ca.key')));
    const how =
      padding === 'pkcs1'
        ? key
        : { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: hash === 'sha1' ? 20 : 32 };
    return new Uint8Array(sequence(inner, algorithm, bits(sign(hash, inner, how))));
  }
  const pss = (...parameters: Uint8Array[]) => sequence(oid(PSS), sequence(...parameters));
  const hashed = (hash: string) => tagged(0xa0, sequence(oid(hash), nothing()));
  const masked = (hash: string) =>
    tagged(0xa1, sequence(oid(MGF1), sequence(oid(hash), nothing())));

  const shows = (der: Uint8Array) =>
    enter(test, { as: 'pump', offers: [{ kind: 'certificate', data: { der } }] });
  const opensslTakes = (der: Uint8Array) => {
    writeFileSync(join(folder, 'shown.der'), der);
    const level = ['-auth_level', '0', '-partial_chain', '-CAfile', 'ca.pem'];
    return run('verify', ...level, 'shown.der')
      .toString()
      .includes('OK');
  };

  it('with SHA-1 or MD5 is none, under whatever identifier, and with SHA-2 is one', async () => {
    const old = [
      signed(sequence(oid('1.2.840.113549.1.1.5'), nothing()), 'sha1', 'pkcs1'),
      signed(sequence(oid('1.3.14.3.2.29'), nothing()), 'sha1', 'pkcs1'),
      signed(sequence(oid('1.2.840.113549.1.1.4'), nothing()), 'md5', 'pkcs1'),
      // RFC 4055 §3.1: what is left out is SHA-1.
      signed(pss(), 'sha1', 'pss'),
    ];
    const today = [
      plain,
      signed(sequence(oid('1.2.840.113549.1.1.12'), nothing()), 'sha384', 'pkcs1'),
      signed(pss(hashed(SHA256), masked(SHA256), tagged(0xa2, integer(32))), 'sha256', 'pss'),
    ];
    const seen = await eventsOf(test, async () => {
      for (const [at, der] of old.entries()) {
        assert.equal(refusal(await shows(new Uint8Array(der))), 'wrong', `of old: ${at}`);
        assert.ok(opensslTakes(der), `the signature itself is right: ${at}`);
      }
      for (const der of today) entered(await shows(new Uint8Array(der)));
    });
    assert.equal(count(seen, 'entry.granted'), today.length);
    assert.ok(count(seen, 'entry.refused') > 0);
  });
});
