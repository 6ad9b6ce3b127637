/** What anyone may fetch of the authority: by both ways in which it is served, with bounds, and without anything being made by asking. */
import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { createPkiAnswers } from '../../server/doors/pki/pki-answers.ts';
import { createPkiServer } from '../../server/doors/pki/pki-server.ts';
import type { SocketDoor } from '../../server/kernel/socket-door.ts';
import {
  nothing,
  octets,
  oid,
  sequence,
  tagged,
  unsigned,
} from '../../server/wire/der/der-writer.ts';
import { extension } from '../../server/wire/x509/extensions.ts';
import { extensions } from '../../server/wire/x509/oids.ts';
import { freePort } from '../support/free-port.ts';
import { CLI, openX509House, type X509House } from './x509-house.ts';

const OCSP = 'application/ocsp-request';

describe('what anyone may fetch', () => {
  let x: X509House;
  let plain: SocketDoor;
  const ways: string[] = [];
  const faults: unknown[] = [];
  before(async () => {
    x = await openX509House();
    const port = await freePort();
    plain = createPkiServer({
      answers: createPkiAnswers(x.served.house.authority, x.served.clock),
      config: { host: '127.0.0.1', port },
      report: (fault) => faults.push(fault),
    });
    await plain.start();
    ways.push(x.served.origin, `http://127.0.0.1:${port}`);
  });
  after(async () => {
    await plain.stop();
    await x.close();
  });

  /** Each time the same by both ways. */
  async function both(path: string, init: RequestInit = {}) {
    const answers = [];
    for (const way of ways) {
      const answer = await fetch(way + path, init);
      const body = Buffer.from(await answer.arrayBuffer());
      const type = answer.headers.get('content-type');
      const kept = answer.headers.get('cache-control');
      answers.push({ status: answer.status, type, kept, body });
    }
    const [one, other] = answers;
    assert.ok(one && other);
    assert.equal(one.status, other.status, path);
    if (one.status === 200) assert.deepEqual(one, other, path);
    return one;
  }

  test('is nothing before there is an authority, and asking makes none', async () => {
    for (const path of [
      '/pki/ca.cer',
      '/pki/root.cer',
      '/pki/root.pem',
      '/pki/chain.pem',
      '/pki/issuing.crl',
      '/pki/root.crl',
    ]) {
      assert.equal((await both(path)).status, 404, path);
    }
    const asked = await both('/pki/ocsp', {
      method: 'POST',
      body: question('01', Buffer.alloc(300)),
      headers: { 'content-type': OCSP },
    });
    assert.equal(asked.body.toString('hex'), '30030a0106');
    assert.deepEqual(await x.served.house.authority.published(), []);
  });

  function question(serial: string, issuer: Buffer, nonce?: Uint8Array): Uint8Array {
    const hash = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest();
    const id = sequence(
      sequence(oid('1.3.14.3.2.26'), nothing()),
      octets(hash(issuer)),
      octets(hash(issuer)),
      unsigned(serial),
    );
    const more = nonce && tagged(0xa2, sequence(extension(extensions.ocspNonce, octets(nonce))));
    return sequence(sequence(sequence(sequence(id)), more));
  }

  test('has its media types (RFC 2585 §4, RFC 8555 §9.1, RFC 6960 appendix A)', async () => {
    await x.served.house.authority.chain();
    const types = {
      'ca.cer': 'application/pkix-cert',
      'root.cer': 'application/pkix-cert',
      'root.pem': 'application/pem-certificate-chain',
      'issuing.crl': 'application/pkix-crl',
      'chain.pem': 'application/pem-certificate-chain',
    };
    for (const [name, type] of Object.entries(types)) {
      const answer = await both(`/pki/${name}`);
      assert.deepEqual([answer.status, answer.type], [200, type]);
      assert.match(answer.kept ?? '', /^public, max-age=300/);
    }
    const { body } = await both('/pki/chain.pem');
    const [issuing, root] = body
      .toString()
      .split(/(?<=-----END CERTIFICATE-----\n)/)
      .map((pem) => new X509Certificate(pem));
    assert.ok(issuing && root && issuing.checkIssued(root));
    const alone = new X509Certificate((await both('/pki/root.pem')).body);
    assert.equal(alone.fingerprint256, root.fingerprint256);
    assert.equal((await fetch(`${ways[0]}/pki/ca.cer`, { method: 'HEAD' })).status, 200);
  });

  test('by its key id is what certificates point to, and nothing beside', async () => {
    const [ca] = await x.served.house.authority.published();
    assert.ok(ca);
    assert.equal((await both(`/pki/ca/${ca.id}.cer`)).status, 200);
    assert.equal((await both(`/pki/crl/${ca.id}.crl`)).status, 200);
    for (const path of [
      `/pki/ca/${ca.id}.crl`,
      `/pki/crl/${ca.id}`,
      `/pki/crl/${'0'.repeat(40)}.crl`,
      '/pki/crl/..%2f..%2fetc',
      `/pki/ca/${ca.id}.cer.cer`,

      '/pki/ocsp/!!',
      '/pki/other',
    ]) {
      assert.equal((await both(path)).status, 404, path);
    }
  });

  test('of OCSP is answered by GET and POST alike, and bounded', async () => {
    const csr = await x.request('one', '-subj', '/CN=plc');
    const issued = await x.good({ profile: 'device', csr, subject: x.device('plc') });
    x.keep('one.pem', issued.certificate);
    x.keep('ca.pem', issued.chain[0] ?? new Uint8Array());
    const made = await x.openssl(
      'ocsp',
      '-issuer',
      'ca.pem',
      '-cert',
      'one.pem',
      '-no_nonce',
      '-reqout',
      'q.der',
    );
    assert.ok(made.ok, made.said);
    const body = x.read('q.der');
    const posted = await both('/pki/ocsp', {
      method: 'POST',
      body,
      headers: { 'content-type': OCSP },
    });
    assert.deepEqual([posted.status, posted.type], [200, 'application/ocsp-response']);
    const got = await both(`/pki/ocsp/${encodeURIComponent(body.toString('base64'))}`);
    assert.deepEqual(got.body, posted.body);
    assert.match(got.kept ?? '', /^public, max-age=300/);
    const unescaped = await both(`/pki/ocsp/${body.toString('base64')}`);
    assert.deepEqual(unescaped.body, posted.body);

    const big = await both('/pki/ocsp', {
      method: 'POST',
      body: new Uint8Array(5000),
      headers: { 'content-type': OCSP },
    });
    assert.equal(big.status, 413);
    const text = await both('/pki/ocsp', {
      method: 'POST',
      body: 'x',
      headers: { 'content-type': 'text/plain' },
    });
    assert.equal(text.status, 415);
    const none = await both('/pki/ocsp', {
      method: 'POST',
      body: 'no question',
      headers: { 'content-type': OCSP },
    });
    assert.equal(none.body.toString('hex'), '30030a0101');
    const [issuer = Buffer.alloc(0)] = issued.chain;
    for (const nonce of [new Uint8Array(0), new Uint8Array(129)]) {
      const asked = await both('/pki/ocsp', {
        method: 'POST',
        body: question('01', Buffer.from(issuer), nonce),
        headers: { 'content-type': OCSP },
      });
      assert.equal(
        asked.body.toString('hex'),
        '30030a0101',
        `a nonce of ${nonce.length} bytes (RFC 9654 §2.1)`,
      );
    }
  });

  test('as it was kept is not given again once something was revoked', async () => {
    const { store, authority } = x.served.house;
    const body = x.read('q.der');
    const ask = async () =>
      (await both('/pki/ocsp', { method: 'POST', body, headers: { 'content-type': OCSP } })).body;
    const before_ = await ask();
    assert.deepEqual(await ask(), before_);
    const [{ serial = '' } = {}] = await store.read((q) => authority.list(q, { limit: 1 }));
    const beside = await x.served.beside();
    await store.write((tx) => beside.house.authority.revoke(tx, serial, 'superseded', CLI));
    const after_ = await ask();
    assert.notDeepEqual(after_, before_, 'another node revoked it');
    assert.ok(after_.includes(Buffer.from('a1', 'hex')));
  });

  test('needs no Host, as HTTP/1.0 sends none', async () => {
    for (const way of ways) {
      const answer = await new Promise<string>((resolve, reject) => {
        const { port } = new URL(way);
        const socket = net.connect(Number(port), '127.0.0.1', () =>
          socket.write('GET /pki/ca.cer HTTP/1.0\r\n\r\n'),
        );
        let got = '';
        socket.on('data', (part) => (got += part.toString('latin1')));
        socket.on('close', () => resolve(got));
        socket.on('error', reject);
      });
      assert.match(answer, /^HTTP\/1\.1 200 /);
    }
    // Nothing else is answered under another name.
    const elsewhere = await new Promise<string>((resolve, reject) => {
      const socket = net.connect(x.served.port, '127.0.0.1', () =>
        socket.write('GET /signin HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n'),
      );
      let got = '';
      socket.on('data', (part) => (got += part.toString('latin1')));
      socket.on('close', () => resolve(got));
      socket.on('error', reject);
    });
    assert.match(elsewhere, /^HTTP\/1\.1 421 /);
    assert.deepEqual(faults, []);
  });
});
