/** What proxies tell of a request: read when it says one thing, refused when it could say two (CWE-444, CWE-290). */
import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createReadAsked, type Telling } from '../../server/doors/proxy/asked.ts';
import { checkedNetworks } from '../../server/kernel/networks.ts';

type Pairs = readonly (readonly [string, string])[];

const PLAIN: Pairs = [
  ['Host', '127.0.0.1:8080'],
  ['X-Forwarded-Method', 'GET'],
  ['X-Forwarded-Proto', 'https'],
  ['X-Forwarded-Host', 'wiki.example.com'],
  ['X-Forwarded-Uri', '/pages/1?x=y'],
  ['X-Forwarded-For', '192.0.2.7'],
];

const readAsked = createReadAsked({
  proxies: checkedNetworks(['10.0.0.0/8']),
  frontDoor: () => 'id.example.com',
  certificate: { header: 'X-Client-Certificate', from: checkedNetworks(['10.0.0.9']) },
});

const IN_HEADERS: Telling = { in: 'headers' };

function read(pairs: Pairs, options: { from?: string; telling?: Telling; method?: string } = {}) {
  const { from = '10.0.0.1', telling = IN_HEADERS, method = 'GET' } = options;
  const message = { socket: { remoteAddress: from }, rawHeaders: pairs.flat(), method };
  return readAsked(message as unknown as IncomingMessage, telling); // No more of it is read.
}

const without = (name: string) => PLAIN.filter(([each]) => each !== name);
const instead = (name: string, value: string): Pairs =>
  PLAIN.map(([each, was]) => [each, each === name ? value : was]);

describe('what a proxy tells of a request', () => {
  it('is read', () => {
    const asked = read([...PLAIN, ['Cookie', 'a=b'], ['Sec-Fetch-Mode', 'navigate']]);
    assert.ok(asked.ok);
    const { method, secure, host, path, query, source, cookie, page, preflight, upgrade } =
      asked.value;
    assert.deepEqual(
      { method, secure, host, path, query, source, cookie, page, preflight, upgrade },
      {
        method: 'GET',
        secure: true,
        host: 'wiki.example.com',
        path: '/pages/1',
        query: 'x=y',
        source: { address: '192.0.2.7', network: '192.0.2.7', byProxy: true },
        cookie: 'a=b',
        page: true,
        preflight: false,
        upgrade: false,
      },
    );
  });

  it('counts from trusted proxies alone', () => {
    for (const from of ['192.0.2.1', '::1', '127.0.0.1', '', '11.0.0.1']) {
      assert.deepEqual(read(PLAIN, { from }), { ok: false, error: 'not-a-proxy' }, from);
    }
    assert.ok(read(PLAIN, { from: '::ffff:10.0.0.1' }).ok);
  });

  for (const [name] of PLAIN.slice(1)) {
    it(`is refused without ${name}, and with two`, () => {
      assert.deepEqual(read(without(name)), { ok: false, error: 'missing' });
      const [, value = ''] = PLAIN.find(([each]) => each === name) ?? [];
      for (const again of [name, name.toLowerCase(), name.toUpperCase()]) {
        assert.deepEqual(read([...PLAIN, [again, value]]), { ok: false, error: 'doubled' }, again);
      }
      assert.equal(read(instead(name, '')).ok, false);
    });
  }

  for (const name of [
    'Cookie',
    'Authorization',
    'DPoP',
    'Origin',
    'X-Client-Certificate',
    'Upgrade',
    'Host',
  ]) {
    it(`is refused with two of ${name}`, () => {
      const twice: Pairs = [...PLAIN, [name, 'a'], [name.toLowerCase(), 'a']];
      assert.deepEqual(read(twice, { from: '10.0.0.9' }), { ok: false, error: 'doubled' });
    });
  }

  for (const [name, value] of [
    ['X-Forwarded-Method', 'get'],
    ['X-Forwarded-Method', 'GET, POST'],
    ['X-Forwarded-Method', 'GET\u00a0'],
    ['X-Forwarded-Proto', 'HTTPS'],
    ['X-Forwarded-Proto', 'https,http'],
    ['X-Forwarded-Proto', 'ftp'],
    ['X-Forwarded-Proto', 'constructor'],
    ['X-Forwarded-Host', 'wiki.example.com.'],
    ['X-Forwarded-Host', 'wiki.example.com, other.example.com'],
    ['X-Forwarded-Host', 'other.example.com@wiki.example.com'],
    ['X-Forwarded-Host', 'wiki.example.com/x'],
    ['X-Forwarded-Host', 'wiki.example.com:0443'],
    ['X-Forwarded-Host', 'wiki..example.com'],
    ['X-Forwarded-Host', 'wiki_x.example.com'],
    ['X-Forwarded-Host', 'wıki.example.com'],
    ['X-Forwarded-Host', '[::1]'],
    ['X-Forwarded-Uri', 'pages'],
    ['X-Forwarded-Uri', '*'],
    ['X-Forwarded-Uri', 'https://wiki.example.com/pages'],
    ['X-Forwarded-Uri', '/pages#x'],
    ['X-Forwarded-Uri', '/pa ges'],
    ['X-Forwarded-Uri', '/é'],
    ['X-Forwarded-Uri', `/${'a'.repeat(9000)}`],
    ['X-Forwarded-For', 'unknown'],
    ['X-Forwarded-For', '192.0.2.7:1234'],
    ['X-Forwarded-For', '192.0.2.7,'],
  ] as const) {
    it(`is refused with ${name}: ${value.slice(0, 40)}`, () => {
      assert.deepEqual(read(instead(name, value)), { ok: false, error: 'malformed' });
    });
  }

  it('takes the case of a host and its usual port for nothing', () => {
    for (const host of ['WIKI.example.com', 'wiki.example.com:443']) {
      const asked = read(instead('X-Forwarded-Host', host));
      assert.equal(asked.ok && asked.value.host, 'wiki.example.com');
    }
    const other = read(instead('X-Forwarded-Host', 'wiki.example.com:80'));
    assert.equal(other.ok && other.value.host, 'wiki.example.com:80');
  });

  it('may be said in nginx’s own words, and not in two ways at once', () => {
    const own: Pairs = [
      ['X-Original-Method', 'POST'],
      ['X-Original-URL', 'https://wiki.example.com/pages?x'],
      ['X-Forwarded-For', '192.0.2.7'],
    ];
    const asked = read(own);
    assert.ok(asked.ok);
    assert.equal(asked.value.method, 'POST');
    assert.equal(asked.value.path, '/pages');
    assert.ok(read([...PLAIN, ['X-Original-URL', 'https://wiki.example.com/pages/1?x=y']]).ok);
    for (const [name, value] of [
      ['X-Original-URL', 'https://wiki.example.com/admin'],
      ['X-Original-URL', 'https://other.example.com/pages/1?x=y'],
      ['X-Original-URL', 'http://wiki.example.com/pages/1?x=y'],
      ['X-Original-URL', '/admin'],
      ['X-Original-Method', 'POST'],
      ['X-Rewrite-URL', '/admin'],
    ] as const) {
      const two = read([...PLAIN, [name, value]]);
      assert.deepEqual(two, { ok: false, error: 'contradictory' }, `${name}: ${value}`);
    }
    assert.deepEqual(read([...PLAIN, ['X-Original-URL', 'admin']]), {
      ok: false,
      error: 'malformed',
    });
  });

  it('may be the request itself, as Envoy sends it', () => {
    const telling: Telling = { in: 'itself', target: '/pages?x' };
    const own: Pairs = [
      ['Host', 'wiki.example.com'],
      ['X-Forwarded-Proto', 'https'],
      ['X-Forwarded-For', '192.0.2.7'],
    ];
    const asked = read(own, { telling, method: 'PUT' });
    assert.ok(asked.ok);
    assert.equal(asked.value.method, 'PUT');
    assert.equal(asked.value.path, '/pages');
    const hidden: Pairs = [...own, ['X-Forwarded-Uri', '/admin']];
    assert.deepEqual(read(hidden, { telling }), { ok: false, error: 'contradictory' });
  });

  it('is refused under the name of our own pages, where clients are handed on', () => {
    const telling: Telling = { in: 'itself', target: '/pages' };
    for (const spelled of [
      'ID.example.com',
      'id.example.com.',
      'id.example.com:443',
      'id.example.com.:443',
      'id.example.com:0443',
      'id.example.com:',
      `id.example.com${'.'.repeat(10_000)}`,
    ]) {
      const front = instead('Host', spelled);
      assert.deepEqual(read(front), { ok: false, error: 'by-the-front-door' }, spelled);
      assert.deepEqual(
        read(front, { telling }),
        { ok: false, error: 'by-the-front-door' },
        spelled,
      );
    }
    for (const other of ['id.example.com:8443', 'xid.example.com', 'id.example.comx']) {
      assert.ok(read(instead('Host', other)).ok, other);
    }
  });

  it('is refused where the client has the next proxy take away headers', () => {
    for (const value of [
      'close, X-Sallyport-Scopes',
      'x-sallyport-assertion',
      'keep-alive,\tX-Sallyport-Groups',
      'upgrade, cookie',
      'close x',
      'close;x',
    ]) {
      assert.deepEqual(read([...PLAIN, ['Connection', value]]), { ok: false, error: 'hop-by-hop' });
      const two: Pairs = [...PLAIN, ['Connection', 'close'], ['connection', value]];
      assert.deepEqual(read(two), { ok: false, error: 'hop-by-hop' }, value);
    }
    for (const value of ['close', 'Keep-Alive, Upgrade', 'upgrade,TE', '', 'close,']) {
      assert.ok(read([...PLAIN, ['Connection', value]]).ok, value);
    }
  });

  it('is refused where the client sends names of our own', () => {
    for (const name of [
      'X-Sallyport-Subject',
      'x-sallyport-groups',
      'X_Sallyport_Subject',
      'X.Sallyport.Subject',
      "x~sallyport'subject",
      'X-SALLYPORT-Anything',
    ]) {
      assert.deepEqual(read([...PLAIN, [name, '']]), { ok: false, error: 'identity-sent' }, name);
    }
  });

  it('is refused where another method is hidden in a header', () => {
    for (const name of ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override']) {
      assert.deepEqual(read([...PLAIN, [name, 'DELETE']]), { ok: false, error: 'method-hidden' });
      assert.ok(read([...PLAIN, [name, 'GET']]).ok);
    }
  });

  it('has a certificate from the proxies alone that set one', () => {
    const sent: Pairs = [...PLAIN, ['X-Client-Certificate', 'abc']];
    assert.deepEqual(read(sent), { ok: false, error: 'contradictory' });
    const asked = read(sent, { from: '10.0.0.9' });
    assert.equal(asked.ok && asked.value.certificate, 'abc');
    const none = read([...PLAIN, ['X-Client-Certificate', '']]);
    assert.ok(none.ok);
    assert.equal(none.value.certificate, undefined);
  });

  it('never makes the reader throw, whatever it is', () => {
    const name = fc.constantFrom(
      ...PLAIN.map(([each]) => each),
      'Cookie',
      'X-Original-URL',
      'X-Original-Method',
      'Accept',
      'Upgrade',
      'Connection',
    );
    const value = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('GET', 'https', 'a.b', '/x', '192.0.2.1', 'https://a.b/x'),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 12 }), (pairs) => {
        const asked = read(pairs);
        if (asked.ok) assert.match(asked.value.path, /^\//);
      }),
      { numRuns: 1500 },
    );
  });
});
