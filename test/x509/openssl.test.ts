/** The authority as OpenSSL sees it: chains, revocation lists and OCSP, each checked by software that is not ours. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
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
  const ask = (name: string, ...more: readonly string[]) =>
    x.openssl(
      'ocsp',
      '-issuer',
      'issuing.pem',
      '-cert',
      name,
      '-CAfile',
      'root.pem',
      '-verify_other',
      'issuing.pem',
      '-url',
      `${x.served.origin}/pki/ocsp`,
      ...more,
    );

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
      x.openssl(
        'ocsp',
        '-issuer',
        'issuing.pem',
        '-cert',
        'other.pem',
        '-CAfile',
        'root.pem',
        '-verify_other',
        'issuing.pem',
        '-respin',
        'old.der',
        ...more,
      );
    assert.match((await old()).said, /other.pem: good/);
    // The house signs an hour ahead at the most: read two hours after, the same answer says nothing.
    const text = (await x.openssl('ocsp', '-respin', 'old.der', '-noverify', '-resp_text')).said;
    const at = (name: string) => Date.parse(new RegExp(`${name}: (.*)`).exec(text)?.[1] ?? '');
    assert.ok(at('Next Update') - at('This Update') <= 3_600_000, text);
    assert.doesNotMatch(text, /\d\.\d+ GMT/, 'no fractions of a second');
    const nonced = await x.openssl(
      'ocsp',
      '-issuer',
      'issuing.pem',
      '-cert',
      'other.pem',
      '-CAfile',
      'root.pem',
      '-verify_other',
      'issuing.pem',
      '-nonce',
      '-reqout',
      'n1.der',
      '-url',
      `${x.served.origin}/pki/ocsp`,
      '-respout',
      'n1r.der',
    );
    assert.ok(nonced.ok, nonced.said);
    const other = await x.openssl(
      'ocsp',
      '-issuer',
      'issuing.pem',
      '-cert',
      'other.pem',
      '-CAfile',
      'root.pem',
      '-verify_other',
      'issuing.pem',
      '-nonce',
      '-respin',
      'n1r.der',
    );
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
