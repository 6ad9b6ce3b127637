/**
 * The Workload API, called with gRPC's own client for Node, and what it gives judged by OpenSSL: SPIFFE_Workload_Endpoint,
 * SPIFFE_Workload_API, X509-SVID and JWT-SVID.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { connect as connectTo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { HOUR, MINUTE } from '../../server/kernel/clock.ts';
import { frame } from '../../server/wire/spiffe/grpc.ts';
import { writeJwtSvids } from '../../server/wire/spiffe/messages.ts';
import { bytesField } from '../../server/wire/spiffe/protobuf.ts';
import { count, eventsOf } from '../support/events.ts';
import { addProcess } from '../support/processes.ts';
import type { FetchedSvid } from '../support/spiffe-client.ts';
import { OWN_UID, openSpiffeHouse, type SpiffeHouse } from '../support/spiffe-house.ts';

const pem = (der: Buffer) =>
  `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replaceAll(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`;

/** DER of one certificate after another. */
function certificatesOf(chain: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < chain.length; ) {
    const length = 4 + chain.readUInt16BE(at + 2);
    found.push(chain.subarray(at, at + length));
    at += length;
  }
  return found;
}

describe('the Workload API', {
  skip: process.platform !== 'linux' && 'only Linux tells who calls',
}, () => {
  let test: SpiffeHouse;
  const ID = 'spiffe://localhost/process/billing';

  before(async () => {
    test = await openSpiffeHouse();
    const billing = await addProcess(test, 'billing');
    await test.register(billing, `uid:${OWN_UID}`, `path:${process.execPath}`);
  });
  after(() => test.close());

  const fetchSvid = async (): Promise<FetchedSvid> =>
    (await test.client.ask('FetchX509SVID')).svids[0];

  it('gives a certificate, its key, and the root that it stands below', async () => {
    const svid = await fetchSvid();
    assert.equal(svid.spiffe_id, ID);
    const [leaf, ...between] = certificatesOf(svid.x509_svid).map(
      (der) => new X509Certificate(der),
    );
    assert.ok(leaf);
    // X509-SVID §2 and §4: the only URI is the SPIFFE ID, it is no CA, and it may sign and nothing above that.
    assert.equal(leaf.subjectAltName, `URI:${ID}`);
    assert.equal(leaf.ca, false);
    const key = { key: svid.x509_svid_key, format: 'der', type: 'pkcs8' } as const;
    assert.ok(leaf.checkPrivateKey(createPrivateKey(key)));
    const [root] = certificatesOf(svid.bundle).map((der) => new X509Certificate(der));
    assert.ok(root?.ca && root.checkIssued(root) && root.verify(root.publicKey));
    assert.ok(between[0]?.checkIssued(root) && leaf.checkIssued(between[0]));
  });

  it('gives what OpenSSL takes for client and for server', async () => {
    const svid = await fetchSvid();
    const [leaf, ...between] = certificatesOf(svid.x509_svid);
    const file = (name: string, text: string) => {
      writeFileSync(join(test.folder, name), text);
      return join(test.folder, name);
    };
    assert.ok(leaf);
    const files = [
      '-CAfile',
      file('root.pem', certificatesOf(svid.bundle).map(pem).join('')),
      '-untrusted',
      file('between.pem', between.map(pem).join('')),
      '-attime',
      String(Math.floor(test.clock.now() / 1000) + 60),
      '-x509_strict',
    ];
    for (const purpose of ['sslclient', 'sslserver']) {
      const said = execFileSync('openssl', [
        'verify',
        ...files,
        '-purpose',
        purpose,
        file('leaf.pem', pem(leaf)),
      ]);
      assert.match(said.toString(), /leaf\.pem: OK/);
    }
  });

  it('gives every program of a process the same one, and another when half of its life is over', async () => {
    const first = await fetchSvid();
    assert.deepEqual((await fetchSvid()).x509_svid, first.x509_svid);
    test.clock.advance(31 * MINUTE);
    const second = await fetchSvid();
    assert.notDeepEqual(second.x509_svid, first.x509_svid);
    assert.notDeepEqual(second.x509_svid_key, first.x509_svid_key);
  });

  it('tells the next one on the stream that is open', async () => {
    const stream = test.client.open('FetchX509SVID');
    const first = await stream.next();
    test.clock.advance(31 * MINUTE);
    test.wake();
    const second = await stream.next();
    assert.notDeepEqual(second.svids[0].x509_svid, first.svids[0].x509_svid);
    stream.cancel();
  });

  it('gives the bundle of its trust domain to whoever is anybody', async () => {
    const { bundles, crl } = await test.client.ask('FetchX509Bundles');
    assert.deepEqual(Object.keys(bundles), ['spiffe://localhost']);
    assert.deepEqual(bundles['spiffe://localhost'], (await fetchSvid()).bundle);
    assert.equal(crl.length, 1);
  });

  it('gives tokens for an audience, which a library of others verifies with the bundle', async () => {
    const { svids } = await test.client.ask('FetchJWTSVID', {
      audience: ['spiffe://localhost/db'],
    });
    const { bundles } = await test.client.ask('FetchJWTBundles');
    const keys = JSON.parse(bundles['spiffe://localhost'].toString());
    assert.ok(
      keys.keys.every(
        ({ use, alg }: Record<string, string>) => use === 'jwt-svid' && alg === 'ES256',
      ),
    );
    const options = {
      audience: 'spiffe://localhost/db',
      subject: ID,
      currentDate: new Date(test.clock.now()),
    };
    // `use` is SPIFFE's own word, which JOSE libraries leave to those who know it.
    const set = createLocalJWKSet({
      keys: keys.keys.map(({ use: _own, ...key }: object & { use: string }) => key),
    });
    const { payload, protectedHeader } = await jwtVerify(svids[0].svid, set, options);
    assert.equal(protectedHeader.typ, 'JWT');
    assert.equal(payload.iss, undefined);
    assert.equal((payload.exp ?? 0) - (payload.iat ?? 0), 300);
  });

  it('validates tokens for those who would rather ask', async () => {
    const { svids } = await test.client.ask('FetchJWTSVID', { audience: ['a', 'b'] });
    const request = { audience: 'b', svid: svids[0].svid };
    const { spiffe_id, claims } = await test.client.ask('ValidateJWTSVID', request);
    assert.equal(spiffe_id, ID);
    assert.equal(claims.fields.sub.stringValue, ID);
    assert.deepEqual(
      claims.fields.aud.listValue.values.map((one: { stringValue: string }) => one.stringValue),
      ['a', 'b'],
    );
  });

  it('refuses tokens for somebody else, spoilt, ended, or of another kind', async () => {
    const { svids } = await test.client.ask('FetchJWTSVID', { audience: ['a'] });
    const [{ svid }] = svids;
    const refused = (request: object) =>
      assert.rejects(test.client.ask('ValidateJWTSVID', request), { code: 3 });
    await refused({ audience: 'c', svid });
    await refused({ audience: '', svid });
    await refused({ audience: 'a', svid: `${svid.slice(0, -4)}AAAA` });
    await refused({ audience: 'a', svid: 'nothing' });
    const { signing } = test.house;
    const until = Math.floor((test.clock.now() + HOUR) / 1000);
    const { process, epoch } = JSON.parse(String(Buffer.from(svid.split('.')[1], 'base64url')));
    const other = (claims: object, typ = 'JWT') =>
      signing.sign('ES256', { typ }, { sub: ID, aud: 'a', exp: until, process, epoch, ...claims });
    await test.client.ask('ValidateJWTSVID', { audience: 'a', svid: other({}) });
    await refused({ audience: 'a', svid: other({ iss: 'http://localhost:8080/oidc' }) });
    await refused({ audience: 'a', svid: other({}, 'at+jwt') });
    await refused({ audience: 'a', svid: other({ sub: 'spiffe://elsewhere/process/billing' }) });
    await refused({ audience: 'a', svid: other({ sub: 'billing' }) });
    await refused({ audience: 'a', svid: other({ exp: undefined }) });
    await refused({ audience: 'a', svid: other({ epoch: epoch - 1 }) });
    await refused({ audience: 'a', svid: other({ process: undefined }) });
    await refused({ audience: 'a', svid: other({ sub: `${ID}-other` }) });
    test.clock.advance(6 * MINUTE);
    await refused({ audience: 'a', svid });
  });

  it('gives only the identity that is asked for, and none that is somebody else’s', async () => {
    const asked = await test.client.ask('FetchJWTSVID', { audience: ['a'], spiffe_id: ID });
    assert.equal(asked.svids.length, 1);
    const other = { audience: ['a'], spiffe_id: 'spiffe://localhost/process/payroll' };
    await assert.rejects(test.client.ask('FetchJWTSVID', other), { code: 7 });
    await assert.rejects(test.client.ask('FetchJWTSVID', { audience: [] }), { code: 3 });
  });

  it('writes down what it gives once within its life, and counts what is asked for again', async () => {
    test.clock.advance(HOUR);
    const seen = await eventsOf(test, async () => {
      await fetchSvid();
      await fetchSvid();
    });
    assert.equal(count(seen, 'workload.attested', 'granted'), 1);
    assert.equal(count(seen, 'certificate.issued'), 1);
    const told = seen.find(({ type }) => type === 'workload.attested')?.data;
    assert.equal(told?.uid, OWN_UID);
    assert.equal(told?.pid, process.pid);
  });

  it('gives another where the one that it gave was revoked, and other tokens where their keys were', async () => {
    const stream = test.client.open('FetchX509SVID');
    const first = (await stream.next()).svids[0];
    const [leaf] = certificatesOf(first.x509_svid);
    assert.ok(leaf);
    const serial = new X509Certificate(leaf).serialNumber.toLowerCase();
    const { authority, signing, store } = test.house;
    const revoked = await store.write((tx) =>
      authority.revoke(tx, serial, 'key-compromise', { door: 'cli' }),
    );
    assert.ok(revoked.ok);
    test.door.changed();
    assert.notDeepEqual((await stream.next()).svids[0].x509_svid_key, first.x509_svid_key);
    stream.cancel();

    const ask = async () => (await test.client.ask('FetchJWTSVID', { audience: ['k'] })).svids[0];
    const before = await ask();
    assert.deepEqual(await ask(), before);
    const prepared = await signing.prepare('once');
    await store.write((tx) => signing.rotate(tx, prepared, { door: 'cli' }));
    const fresh = await ask();
    assert.notDeepEqual(fresh, before);
    await test.client.ask('ValidateJWTSVID', { audience: 'k', svid: fresh.svid });
    const old = { audience: 'k', svid: before.svid };
    await assert.rejects(test.client.ask('ValidateJWTSVID', old), { code: 3 });
  });

  it('knows no other words in the header', async () => {
    const shouted = { 'workload.spiffe.io': 'TRUE' };
    await assert.rejects(test.client.ask('FetchX509SVID', {}, shouted), { code: 3 });
  });

  /** One request as no library would make it: the status that it got, of gRPC or of HTTP. */
  function raw(headers: Record<string, string>, body: Uint8Array): Promise<string> {
    return new Promise((resolve, reject) => {
      const session = connect('http://localhost', {
        createConnection: () => connectTo(test.socket),
      });
      session.on('error', reject);
      const sent = {
        ':method': 'POST',
        ':path': '/SpiffeWorkloadAPI/FetchJWTSVID',
        'content-type': 'application/grpc',
        'workload.spiffe.io': 'true',
        ...headers,
      };
      const stream = session.request(sent, { endStream: false });
      const done = (status: unknown) => {
        resolve(String(status));
        session.destroy();
      };
      stream.on('response', (answer) => done(answer['grpc-status'] ?? `http ${answer[':status']}`));
      stream.on('error', reject);
      stream.end(body);
    });
  }

  it('refuses what is no call of its own', async () => {
    const nothing = frame(new Uint8Array());
    const unknown = { ':path': '/SpiffeWorkloadAPI/FetchEverything' };
    assert.equal(await raw(unknown, nothing), '12');
    assert.equal(await raw({ ':path': '/grpc.health.v1.Health/Check' }, nothing), '12');
    assert.equal(await raw({ ':method': 'GET' }, new Uint8Array()), 'http 415');
    assert.equal(await raw({ 'content-type': 'application/json' }, nothing), 'http 415');
    assert.equal(await raw({}, new Uint8Array()), '3');
    assert.equal(await raw({}, nothing.subarray(0, 3)), '3');
    assert.equal(await raw({}, Uint8Array.of(1, 0, 0, 0, 0)), '12');
    assert.equal(await raw({}, Uint8Array.of(0, 0xff, 0xff, 0xff, 0xff)), '3');
    assert.equal(await raw({}, frame(Uint8Array.of(0xff))), '3');
    assert.equal(await raw({}, frame(writeJwtSvids([]))), '3');
    assert.equal(await raw({}, frame(bytesField(1, Uint8Array.of(0x61)))), 'http 200');
  });

  it('ends the stream of a process that is disabled, and gives it nothing more until it is enabled', async () => {
    const payroll = await addProcess(test, 'payroll');
    const workload = await test.register(payroll, `uid:${OWN_UID}`);
    const both = await test.client.ask('FetchX509SVID');
    assert.equal(both.svids.length, 2);
    await test.house.store.write((tx) =>
      test.house.processes.disable(tx, payroll.id, { door: 'cli' }),
    );
    assert.equal((await test.client.ask('FetchX509SVID')).svids.length, 1);
    await test.house.store.write((tx) =>
      test.house.processes.enable(tx, payroll.id, { door: 'cli' }),
    );
    assert.equal((await test.client.ask('FetchX509SVID')).svids.length, 2);

    const stream = test.client.open('FetchX509SVID');
    assert.equal((await stream.next()).svids.length, 2);
    const removed = await eventsOf(test, () =>
      test.house.store.write((tx) =>
        test.house.workloadActs.remove(tx, workload.id, { door: 'cli' }),
      ),
    );
    assert.ok(count(removed, 'certificate.revoked') >= 1);
    test.door.changed();
    assert.equal((await stream.next()).svids.length, 1);
    stream.cancel();
  });
});
