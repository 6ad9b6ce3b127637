/** CAs of others: what they issued is let in by a path to what was imported, and by nothing else. RFC 5280 §6; P8, D4. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { computed } from '../support/computed.ts';
import { type CasOfOthers, casOfOthers } from './cas-of-others.ts';
import { CLI, openX509House, type X509House } from './x509-house.ts';

describe('a CA of others', () => {
  let x: X509House;
  let others: CasOfOthers;
  before(async () => {
    x = await openX509House();
    others = casOfOthers(x.folder);
    // What OpenSSL makes is good from the second on in which it was made.
    x.served.clock.advance(120_000);
  });
  after(() => x.close());

  const der = (name: string) => others.der(name);
  const ca: CasOfOthers['ca'] = (...words) => others.ca(...words);
  const leaf: CasOfOthers['leaf'] = (...words) => others.leaf(...words);
  const judge = (...names: readonly string[]) =>
    x.served.house.store.read((q) => x.served.house.authority.judge(q, names.map(der), 'client'));
  const trust = (name: string, ...certificates: readonly string[]) =>
    x.served.house.store.write((tx) =>
      x.served.house.authority.trusted.add(
        tx,
        { name, trustedFor: ['device'], certificates: certificates.map(der) },
        CLI,
      ),
    );

  test('is unknown until it is trusted, and lets in what it issued, by way of what was sent', async () => {
    ca('corp');
    ca('plant', 'corp');
    leaf('plc', 'plant');
    assert.deepEqual(await judge('plc', 'plant', 'corp'), {
      ok: false,
      reason: 'unknown-authority',
    });
    assert.ok((await trust('Corp', 'corp')).ok);
    const good = await judge('plc', 'plant');
    assert.ok(good.ok, JSON.stringify(good));
    assert.deepEqual(
      [good.issuer, good.trustedFor, good.subjectName, good.subject],
      ['Corp', ['device'], 'plc', undefined],
    );
    assert.deepEqual(await judge('plc'), { ok: false, reason: 'unknown-authority' });
    assert.deepEqual(await judge('plc', 'corp'), { ok: false, reason: 'unknown-authority' });
  });

  test('of the same name and another key is another', async () => {
    others.make('false', { commonName: 'corp', extensions: ['basicConstraints=critical,CA:TRUE'] });
    leaf('intruder', 'false');
    assert.deepEqual(await judge('intruder', 'false'), { ok: false, reason: 'unknown-authority' });
    assert.deepEqual(await judge('intruder', 'false', 'corp'), {
      ok: false,
      reason: 'unknown-authority',
    });
  });

  test('passes on no more than it was given: no CA of a leaf, no depth beyond its own, no names that it may not give', async () => {
    leaf('stepping', 'corp');
    leaf('under-leaf', 'stepping');
    assert.deepEqual(await judge('under-leaf', 'stepping'), {
      ok: false,
      reason: 'unknown-authority',
    });
    others.make('short', {
      by: 'corp',
      extensions: ['basicConstraints=critical,CA:TRUE,pathlen:0', 'keyUsage=critical,keyCertSign'],
    });
    ca('below-short', 'short');
    leaf('deep', 'below-short');
    assert.deepEqual(await judge('deep', 'below-short', 'short'), {
      ok: false,
      reason: 'unknown-authority',
    });
    leaf('at-short', 'short');
    assert.ok((await judge('at-short', 'short')).ok);
    ca('bounded', 'corp', ['nameConstraints=critical,permitted;DNS:example.com']);
    leaf('beyond', 'bounded', ['extendedKeyUsage=clientAuth', 'subjectAltName=DNS:example.org']);
    assert.deepEqual(await judge('beyond', 'bounded'), { ok: false, reason: 'not-for-this' });
    const noCa = await trust('Leaf', 'stepping');
    assert.ok(!noCa.ok && noCa.error.code === 'not-a-ca');
  });

  test('issues for servers, for signing alone, with weak keys, and what is not understood: refused', async () => {
    leaf('server', 'corp', ['extendedKeyUsage=serverAuth']);
    assert.deepEqual(await judge('server'), { ok: false, reason: 'not-for-this' });
    leaf('no-signing', 'corp', ['keyUsage=critical,keyEncipherment']);
    assert.deepEqual(await judge('no-signing'), { ok: false, reason: 'not-for-this' });
    leaf('strange', 'corp', ['1.2.3.4=critical,DER:0500']);
    assert.deepEqual(await judge('strange'), { ok: false, reason: 'not-for-this' });
    const weak = { by: 'corp', extensions: ['basicConstraints=critical,CA:FALSE'] };
    others.make('weak', { ...weak, key: ['-newkey', 'rsa:1024'] });
    assert.deepEqual(await judge('weak'), { ok: false, reason: 'weak' });
    const none = await x.served.house.store.read((q) =>
      x.served.house.authority.judge(q, [new Uint8Array(300)], 'client'),
    );
    assert.deepEqual(none, { ok: false, reason: 'malformed' });
    assert.ok((await judge('at-short', 'short')).ok);
  });

  test('can’t be looked for without end: certificates that sign one another in circles', async () => {
    ca('ring');
    const rings = ['ring'];
    const key = ['-key', 'ring.key', '-subj', '/CN=ring', '-days', '30'];
    const extensions = [
      '-addext',
      'basicConstraints=critical,CA:TRUE',
      '-addext',
      'subjectKeyIdentifier=none',
    ];
    for (let i = 0; i < 7; i++) {
      others.run(
        'req',
        '-x509',
        ...key,
        '-out',
        `ring${i}.pem`,
        ...extensions,
        '-addext',
        'authorityKeyIdentifier=none',
      );
      rings.push(`ring${i}`);
    }
    leaf('in-ring', 'ring');
    const { store, authority } = x.served.house;
    const chain = ['in-ring', ...rings.slice(1)].map(der);
    const before = computed();
    const judged = await store.read((q) => authority.judge(q, chain, 'client'));
    assert.deepEqual(judged, { ok: false, reason: 'unknown-authority' });
    assert.ok(computed() - before < 500, 'some forty signatures, and not thousands');
  });

  test('says by its list what it revoked, and nothing of it is let in on a list that is too old', async () => {
    const { store, authority } = x.served.house;
    ca('mill');
    leaf('saw', 'mill');
    leaf('drill', 'mill');
    assert.ok((await trust('Mill', 'mill')).ok);
    assert.ok((await judge('saw')).ok);
    const momentsAhead = (by: number) =>
      new Date(Date.now() + by).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
    const hourAgo = momentsAhead(-3_600_000);
    const imported = (crl: Uint8Array) =>
      store.write((tx) => authority.trusted.importList(tx, 'Mill', crl, CLI));
    const empty = others.list('mill', ['-crl_lastupdate', hourAgo]);
    others.revoke('saw', 'mill');
    const full = others.list('mill');
    x.served.clock.advance(60_000);
    assert.ok((await imported(full)).ok);
    assert.deepEqual(await judge('saw'), { ok: false, reason: 'revoked' });
    assert.ok((await judge('drill')).ok);
    const older = await imported(empty);
    assert.ok(!older.ok && older.error.code === 'old-list', 'an older list gives nothing back');
    const ahead = others.list('mill', ['-crl_lastupdate', momentsAhead(2 * 3_600_000)]);
    const early = await imported(ahead);
    assert.ok(!early.ok && early.error.code === 'early-list', 'it would keep those before it out');
    const foreign = await imported(others.list('corp'));
    assert.ok(!foreign.ok && foreign.error.code === 'foreign-list');
    const spoilt = Uint8Array.from(full);
    spoilt[60] = (spoilt[60] ?? 0) ^ 1;
    assert.ok(!(await imported(spoilt)).ok);
    x.served.clock.advance(2 * 3_600_000);
    assert.ok((await imported(ahead)).ok, 'once its time has come');
    assert.ok((await judge('drill')).ok);
    x.served.clock.advance(8 * 86_400_000);
    assert.deepEqual(await judge('drill'), { ok: false, reason: 'revocation-unknown' });
    assert.ok(await store.write((tx) => authority.trusted.remove(tx, 'Mill', CLI)));
    assert.deepEqual(await judge('drill'), { ok: false, reason: 'unknown-authority' });
  });
});
