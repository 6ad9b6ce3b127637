/** The authority as OpenSSL sees it: chains, revocation lists and OCSP, each checked by software that is not ours (D2). */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { IssueRequest } from '../../server/authority/x509/authority-words.ts';
import { CLI, openX509House, type X509House } from './x509-house.ts';

describe('OpenSSL', () => {
  let x: X509House;
  let serial: string;
  before(async () => {
    x = await openX509House();
    const csr = await x.request('plc', '-subj', '/CN=plc-7');
    const issued = await x.good({ profile: 'device', csr, subject: x.device('plc-7') });
    serial = issued.serial;
    x.keep('plc.pem', issued.certificate);
    const csr2 = await x.request('other', '-subj', '/CN=plc-8');
    const other = await x.good({ profile: 'device', csr: csr2, subject: x.device('plc-8') });
    x.keep('other.pem', other.certificate);
    x.keep('issuing.pem', await x.fetched('/pki/ca.cer'));
    x.keep('root.pem', await x.fetched('/pki/root.cer'));
  });
  after(() => x.close());

  const lists = async () => {
    x.keep('issuing.crl', await x.fetched('/pki/issuing.crl'), 'X509 CRL');
    x.keep('root.crl', await x.fetched('/pki/root.crl'), 'X509 CRL');
  };
  const verify = (name: string) =>
    x.openssl(
      'verify',
      '-x509_strict',
      '-crl_check_all',
      '-purpose',
      'sslclient',
      '-CAfile',
      'root.pem',
      '-untrusted',
      'issuing.pem',
      '-CRLfile',
      'issuing.crl',
      '-CRLfile',
      'root.crl',
      name,
    );
  const asking = (name: string) => [
    ...['ocsp', '-issuer', 'issuing.pem', '-cert', name],
    ...['-CAfile', 'root.pem', '-verify_other', 'issuing.pem'],
  ];
  const ask = (name: string, ...more: readonly string[]) =>
    x.openssl(...asking(name), '-url', `${x.served.origin}/pki/ocsp`, ...more);

  test('verifies the chain strictly, with lists of both CAs (RFC 5280 §6)', async () => {
    await lists();
    const said = await verify('plc.pem');
    assert.ok(said.ok, said.said);
  });

  test('is told good, with a nonce and without (RFC 6960, RFC 9654)', async () => {
    for (const nonce of ['-nonce', '-no_nonce']) {
      const { ok, said } = await ask('plc.pem', nonce);
      assert.ok(ok && /plc.pem: good/.test(said) && /Response verify OK/.test(said), said);
      assert.doesNotMatch(said, /WARNING: no nonce/);
    }
    const sha256 = await x.openssl(
      'ocsp',
      '-sha256',
      '-issuer',
      'issuing.pem',
      '-cert',
      'plc.pem',
      '-CAfile',
      'root.pem',
      '-url',
      `${x.served.origin}/pki/ocsp`,
    );
    assert.match(sha256.said, /plc.pem: good/);
  });

  test('finds where lists and answers are in the certificate itself', async () => {
    const { said } = await x.openssl('x509', '-in', 'plc.pem', '-noout', '-ocsp_uri', '-text');
    assert.match(said, new RegExp(`^${x.served.origin}/pki/ocsp$`, 'm'));
    const list = /URI:(\S+\.crl)/.exec(said)?.[1] ?? '';
    assert.ok(list.startsWith(`${x.served.origin}/pki/crl/`));
    await x.fetched(new URL(list).pathname);
  });

  test('learns of a revocation by the next list and the next answer', async () => {
    const { store, authority } = x.served.house;
    const before_ = await x.fetched('/pki/issuing.crl');
    x.served.clock.advance(1000);
    const done = await store.write((tx) => authority.revoke(tx, serial, 'key-compromise', CLI));
    assert.ok(done.ok);
    await lists();
    const said = await verify('plc.pem');
    assert.ok(!said.ok && /certificate revoked/.test(said.said), said.said);
    assert.ok((await verify('other.pem')).ok, 'the other one stays good');
    for (const nonce of ['-nonce', '-no_nonce']) {
      const told = await ask('plc.pem', nonce);
      assert.match(told.said, /plc.pem: revoked[\s\S]*Reason: keyCompromise/);
    }
    assert.match((await ask('other.pem')).said, /other.pem: good/);
    const number = async (name: string, der: Uint8Array) => {
      x.keep(name, der, 'X509 CRL');
      const text = await x.openssl('crl', '-in', name, '-noout', '-crlnumber', '-nextupdate');
      return BigInt(
        /crlNumber=0x([0-9A-F]+)/.exec(text.said)?.[1]
          ? `0x${/crlNumber=0x([0-9A-F]+)/.exec(text.said)?.[1]}`
          : -1,
      );
    };
    const numbers = [
      await number('a.crl', before_),
      await number('b.crl', await x.fetched('/pki/issuing.crl')),
    ];
    assert.ok(numbers[0]! < numbers[1]!, 'the number of a list goes up (RFC 5280 §5.2.3)');
  });

  test('is told nothing of certificates of others', async () => {
    await x.openssl(
      'req',
      '-x509',
      '-nodes',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-keyout',
      'f.key',
      '-out',
      'foreign.pem',
      '-subj',
      '/CN=Sallyport Issuing CA',
      '-days',
      '2',
    );
    const { said } = await x.openssl(
      'ocsp',
      '-issuer',
      'foreign.pem',
      '-cert',
      'foreign.pem',
      '-url',
      `${x.served.origin}/pki/ocsp`,
    );
    assert.match(said, /unauthorized \(6\)/);
  });

  test('sees that an old answer is old, and one for another nonce is not its own', async () => {
    const asked = await ask(
      'other.pem',
      '-no_nonce',
      '-respout',
      'old.der',
      '-reqout',
      'asked.der',
    );
    assert.ok(asked.ok, asked.said);
    const old = (...more: string[]) =>
      x.openssl(...asking('other.pem'), '-respin', 'old.der', ...more);
    assert.match((await old()).said, /other.pem: good/);
    // The house signs an hour ahead at the most: read two hours after, the same answer says nothing.
    const text = (await x.openssl('ocsp', '-respin', 'old.der', '-noverify', '-resp_text')).said;
    const at = (name: string) => Date.parse(new RegExp(`${name}: (.*)`).exec(text)?.[1] ?? '');
    assert.ok(at('Next Update') - at('This Update') <= 3_600_000, text);
    assert.doesNotMatch(text, /\d\.\d+ GMT/, 'no fractions of a second');
    const nonced = await x.openssl(
      ...asking('other.pem'),
      '-nonce',
      '-reqout',
      'n1.der',
      '-url',
      `${x.served.origin}/pki/ocsp`,
      '-respout',
      'n1r.der',
    );
    assert.ok(nonced.ok, nonced.said);
    const other = await x.openssl(...asking('other.pem'), '-nonce', '-respin', 'n1r.der');
    assert.match(other.said, /Nonce Verify error/i);
  });
});

describe('OpenSSL, given an answer of two hours ago that says good', () => {
  let x: X509House;
  before(async () => {
    x = await openX509House({}, 2 * 3_600_000);
  });
  after(() => x.close());

  test('says that it is over, and would not take it from a server that staples it', async () => {
    const csr = await x.request('old', '-subj', '/CN=plc-9');
    const issued = await x.good({ profile: 'device', csr, subject: x.device('plc-9') });
    x.keep('old.pem', issued.certificate);
    x.keep('issuing.pem', await x.fetched('/pki/ca.cer'));
    x.keep('root.pem', await x.fetched('/pki/root.cer'));
    const ask = () =>
      x.openssl(
        ...['ocsp', '-issuer', 'issuing.pem', '-cert', 'old.pem', '-CAfile', 'root.pem'],
        ...['-verify_other', 'issuing.pem', '-no_nonce', '-url', `${x.served.origin}/pki/ocsp`],
      );
    assert.match((await ask()).said, /Status times invalid[\s\S]*status expired/);
    x.served.clock.advance(2 * 3_600_000 - 30_000);
    const fresh = await ask();
    assert.match(fresh.said, /old.pem: good/);
    assert.doesNotMatch(fresh.said, /Status times invalid/);
  });
});

describe('each profile', () => {
  let x: X509House;
  before(async () => {
    x = await openX509House();
  });
  after(() => x.close());

  test('gives its uses and its own names, and what is asked of it alone', async () => {
    const { ids, authority, store } = x.served.house;
    const device = x.device('edge-1');
    const process = { kind: 'process', id: ids.next<'process'>(), name: 'edge-1' } as const;
    const server = { kind: 'server', id: 'edge-1', name: 'edge-1' } as const;
    const spiffe = 'spiffe://plant.example/line/1';
    const wanted: readonly (readonly [Omit<IssueRequest, 'csr'>, RegExp, RegExp])[] = [
      [
        { profile: 'device', subject: device },
        /TLS Web Client Authentication\n/,
        /URI:urn:sallyport:device:/,
      ],
      [
        { profile: 'process', subject: process },
        /TLS Web Client Authentication\n/,
        /URI:urn:sallyport:process:/,
      ],
      [
        { profile: 'server', subject: server, names: { dns: ['edge-1'], ip: ['192.0.2.7'] } },
        /TLS Web Server Authentication\n/,
        /DNS:edge-1, IP Address:192.0.2.7\n/,
      ],
      [
        { profile: 'radius-server', subject: server, names: { dns: ['edge-1'] } },
        /Server Authentication, TLS Web Client Authentication, 1\.3\.6\.1\.5\.5\.7\.3\.14\n/,
        /DNS:edge-1\n/,
      ],
      [
        { profile: 'modbus-role', subject: device, role: 'Operator' },
        /1\.3\.6\.1\.4\.1\.50316\.802\.1: \n\s+\.\.Operator\n/,
        /URI:urn:sallyport:device:/,
      ],
      [
        { profile: 'svid', subject: process, names: { uri: [spiffe] } },
        /Client Authentication, TLS Web Server Authentication\n/,
        /URI:spiffe:\/\/plant\.example\/line\/1\n/,
      ],
    ];
    for (const [request, use, name] of wanted) {
      const csr = await x.request('edge', '-subj', '/CN=edge-1');
      const issued = await x.good({ ...request, csr });
      x.keep('edge.pem', issued.certificate);
      const { said } = await x.openssl('x509', '-in', 'edge.pem', '-noout', '-text');
      assert.match(said, use, request.profile);
      assert.match(said, name, request.profile);
      assert.match(said, /Basic Constraints: critical\n\s+CA:FALSE\n/);
      assert.equal(/CRL Distribution Points/.test(said), request.profile !== 'svid');
      const side = /server/.test(request.profile) ? 'server' : 'client';
      const judged = await store.read((q) => authority.judge(q, [issued.certificate], side));
      assert.ok(judged.ok, JSON.stringify(judged));
      assert.equal(judged.role, request.role);
      assert.equal(judged.profile, request.profile);
    }
    for (const uri of [
      'spiffe://plant.example/../root',
      'spiffe://Plant/x',
      'spiffe://a//b',
      'https://a/b',
      'spiffe://a/b?c',
      'urn:sallyport:process:other',
    ]) {
      const csr = await x.request('edge', '-subj', '/CN=edge-1');
      const answer = await x.issue({
        profile: 'svid',
        csr,
        subject: process,
        names: { uri: [uri] },
      });
      assert.ok(!answer.ok && answer.error.code === 'name-not-allowed', uri);
    }
    const two = { uri: [spiffe, 'spiffe://plant.example/line/2'] };
    const csr = await x.request('edge', '-subj', '/CN=edge-1');
    const answer = await x.issue({ profile: 'svid', csr, subject: process, names: two });
    assert.ok(!answer.ok && answer.error.code === 'name-not-allowed');
  });
});
