/**
 * An address of keys that leads elsewhere: to this machine, to somebody's own network, to the cloud's metadata, by a name that
 * answers otherwise the second time, by a redirect; or to something huge or slow (SSRF: CWE-918, T1552.005, CVE-2020-26945-like
 * `jwks_uri` in RFC 7591 registrations; OpenID Connect Core §10.1).
 */
import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { after, before, beforeEach, describe, it } from 'node:test';
import { outOfReach } from '../../server/http/outside-address.ts';
import {
  createSafeFetch,
  LARGEST_ANSWER,
  LONGEST_FETCH,
  type SafeFetchDeps,
} from '../../server/http/safe-fetch.ts';
import { checkedNetworks } from '../../server/kernel/networks.ts';
import type { Notice } from '../../server/kernel/notice.ts';
import { manualClock } from '../support/clock.ts';
import { handTimers, type KeyServer, LOOPBACK, startKeyServer } from '../support/key-server.ts';

describe('fetching keys', () => {
  let server: KeyServer;
  before(async () => {
    server = await startKeyServer();
  });
  after(() => server.close());
  beforeEach(() => server.anew());

  const clock = manualClock();
  const make = (more: Partial<SafeFetchDeps> = {}) => {
    const timers = handTimers();
    return { fetch: createSafeFetch({ clock, later: timers.later, ...more }), ...timers };
  };
  const here = () => server.address;

  async function why(fetching: ReturnType<ReturnType<typeof make>['fetch']>): Promise<string> {
    const got = await fetching;
    assert.ok(!got.ok, 'it was fetched');
    return got.error.why;
  }

  const NOT_PUBLIC = [
    '127.0.0.1',
    '127.1',
    '0x7f000001',
    '2130706433',
    '017700000001',
    '0.0.0.0',
    '10.0.0.1',
    '100.100.100.200',
    '168.63.129.16',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.192',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '[::]',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:a9fe:a9fe]',
    '[::127.0.0.1]',
    '[64:ff9b::7f00:1]',
    '[64:ff9b:1::a00:1]',
    '[2002:7f00:1::]',
    '[2001::7f00:1]',
    '[2001:db8::1]',
    '[fc00::1]',
    '[fd00:ec2::254]',
    '[fe80::1]',
    '[fec0::1]',
    '[ff02::1]',
  ];
  for (const host of NOT_PUBLIC) {
    it(`goes to no ${host}`, async () => {
      const { fetch } = make();
      assert.equal(await why(fetch(`https://${host}/jwks`)), 'it is not on the public internet');
    });
  }

  it('is promised to nobody who writes such an address down, in any spelling', () => {
    const tell = outOfReach({});
    for (const host of [...NOT_PUBLIC, 'localhost', 'keys.localhost', 'LOCALHOST.', '127.0.0.1.']) {
      for (const url of [`https://${host}/jwks`, `https://${host}:8443/`, `http://${host}/crl`]) {
        assert.match(tell(url) ?? '', / is not on the public internet, .*fetch\.networks/, url);
      }
    }
    const names = ['keys.example.com', '10.0.0.1.nip.io', 'localhost.example.com'];
    for (const host of [...names, '93.184.215.14', '[2606:2800:21f:cb07:6820:80da:af6b:8b2c]']) {
      assert.equal(tell(`https://${host}/jwks`), undefined, host);
    }
    const allowed = checkedNetworks(['10.0.0.0/8', 'fd00::/8', '127.0.0.1']);
    const house = outOfReach({ allowed });
    for (const host of ['10.0.0.1', '0x0a000001', '[fd00::7]', 'localhost']) {
      assert.equal(house(`https://${host}/`), undefined, host);
    }
    assert.ok(house('https://192.168.0.1/') !== undefined);
  });

  it('goes to no name that leads to one of these, be it beside a public address', async () => {
    for (const answers of [
      ['127.0.0.1'],
      ['93.184.215.14', '10.0.0.1'],
      ['::ffff:10.0.0.1'],
      ['2606:2800:21f:cb07:6820:80da:af6b:8b2c', '::1'],
      ['fe80::1%eth0'],
      ['no address'],
    ]) {
      const { fetch } = make({
        lookup: async () => answers.map((address) => ({ address, family: 4 })),
      });
      assert.equal(
        await why(fetch('https://keys.example.com/jwks')),
        'it is not on the public internet',
      );
    }
    const { fetch } = make({ lookup: async () => [] });
    assert.equal(await why(fetch('https://keys.example.com/')), 'its name is not known');
  });

  it('connects where it looked, though the name leads elsewhere by then', async () => {
    const asked: string[] = [];
    const { fetch } = make({
      ...LOOPBACK,
      lookup: async (name) => {
        asked.push(name);
        // Rebinding: the first answer is looked at, and no second one is asked for.
        return [{ address: asked.length === 1 ? '127.0.0.1' : '10.0.0.1', family: 4 }];
      },
    });
    const there = new URL(server.address);
    there.hostname = 'rebound.example.com';
    const got = await fetch(there.href);
    assert.deepEqual(got, { ok: true, value: '{"keys":[]}' });
    assert.deepEqual(asked, ['rebound.example.com']);
    assert.deepEqual(server.requests, [`${there.host}/jwks`]);
  });

  it('wants https, and no name, password or nonsense in the address', async () => {
    const { fetch } = make();
    for (const url of [
      'http://keys.example.com/',
      'file:///etc/passwd',
      'ftp://keys.example.com/',
      'gopher://keys.example.com/',
      'data:application/json,{"keys":[]}',
      'https://user:word@keys.example.com/',
      'https://user@keys.example.com/',
      'keys.example.com',
      '',
      `https://keys.example.com/${'x'.repeat(3000)}`,
    ]) {
      assert.match(await why(fetch(url)), /^it (is not https|has a name|is no address)/, url);
    }
  });

  it('follows no redirect', async () => {
    server.answer = (request, response) => {
      if (request.url === '/jwks') response.writeHead(302, { location: '/other' });
      response.end('{"keys":[]}');
    };
    const { fetch } = make(LOOPBACK);
    assert.equal(await why(fetch(here())), 'it answered with 302');
    assert.equal(server.requests.length, 1);
  });

  it('takes no answer but one of 200, unpacked, whole and in UTF-8', async () => {
    const bad: [RequestListener, RegExp][] = [
      [(_request, response) => void response.writeHead(404).end('{}'), /answered with 404/],
      [(_request, response) => void response.writeHead(201).end('{}'), /answered with 201/],
      [
        (_request, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(),
        /packed/,
      ],
      [
        (_request, response) => {
          response.writeHead(200, { 'content-length': '100' });
          response.write('{"keys":');
          response.socket?.destroySoon();
        },
        /broke off/,
      ],
      [(_request, response) => void response.end(Buffer.of(0xff, 0xfe)), /not UTF-8/],
    ];
    for (const [listener, words] of bad) {
      server.answer = listener;
      const { fetch } = make(LOOPBACK);
      assert.match(await why(fetch(here())), words);
    }
  });

  it('stops at what is too large, said or not', async () => {
    server.answer = (_request, response) => {
      response.writeHead(200, { 'content-length': String(LARGEST_ANSWER + 1) });
      response.flushHeaders();
    };
    assert.equal(await why(make(LOOPBACK).fetch(here())), 'it is too large');
    server.answer = (_request, response) => {
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(16_384)));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    };
    assert.equal(await why(make(LOOPBACK).fetch(here())), 'it is too large');
  });

  it('waits so long and no longer, for the name, the first byte and the last', async () => {
    for (const slow of ['name', 'answer', 'body'] as const) {
      server.answer = (_request, response) => {
        if (slow === 'body') response.write('{');
        arrived();
      };
      let arrived = () => {};
      const reached = new Promise<void>((resolve) => {
        arrived = resolve;
      });
      const { fetch, ring } = make({
        ...LOOPBACK,
        ...(slow === 'name'
          ? {
              lookup: () => {
                arrived();
                return new Promise(() => {});
              },
            }
          : { lookup: async () => [{ address: '127.0.0.1', family: 4 }] }),
      });
      const fetching = fetch(`http://slow.example.com:${new URL(server.address).port}/`);
      await reached;
      ring();
      assert.equal(await why(fetching), 'it took too long', slow);
    }
    assert.ok(LONGEST_FETCH <= 10_000);
  });

  it('asks once for a hundred that want the same, and not again while it is fresh or has just failed', async () => {
    const { fetch } = make(LOOPBACK);
    const all = await Promise.all(Array.from({ length: 100 }, () => fetch(here())));
    assert.ok(all.every(({ ok }) => ok));
    assert.equal(server.requests.length, 1);
    // Newer ones are asked for by whoever comes with a key that is not among them: strangers, too.
    for (let i = 0; i < 50; i++) await fetch(here(), { newer: true });
    assert.equal(server.requests.length, 1);
    clock.advance(31_000);
    for (let i = 0; i < 50; i++) await fetch(here(), { newer: true });
    assert.equal(server.requests.length, 2);

    server.answer = (_request, response) => void response.writeHead(500).end();
    const other = `${here()}/failing`;
    for (let i = 0; i < 50; i++) assert.ok(!(await fetch(other)).ok);
    assert.equal(server.requests.length, 3);
    clock.advance(31_000);
    assert.ok(!(await fetch(other)).ok);
    assert.equal(server.requests.length, 4);
  });

  it('uses what it got for an hour when there is nothing newer, and then no more', async () => {
    const { fetch } = make(LOOPBACK);
    assert.ok((await fetch(here())).ok);
    server.answer = (_request, response) => void response.writeHead(500).end();
    clock.advance(11 * 60_000);
    assert.ok((await fetch(here())).ok);
    clock.advance(50 * 60_000);
    assert.ok(!(await fetch(here())).ok);
  });

  it('tells whoever runs the server which address it was and why, once in ten minutes', async () => {
    const told: string[] = [];
    const notice: Notice = (_level, message) => told.push(message);
    const { fetch } = make({ notice, allowed: checkedNetworks([]) });
    for (let minute = 0; minute < 9; minute++) {
      for (let i = 0; i < 5; i++) await fetch('https://10.0.0.1/jwks');
      clock.advance(60_000);
    }
    assert.deepEqual(told, [
      'What is published at https://10.0.0.1/jwks can’t be had: it is not on the public internet.',
    ]);
    clock.advance(2 * 60_000);
    await fetch('https://10.0.0.1/jwks');
    assert.equal(told.length, 2);
    const lately: string[] = [];
    const other = make({ ...LOOPBACK, notice: (_level, message) => lately.push(message) });
    server.answer = (_request, response) => void response.writeHead(500).end();
    await other.fetch(here());
    clock.advance(31_000);
    server.answer = (_request, response) => void response.writeHead(404).end();
    await other.fetch(here());
    clock.advance(31_000);
    server.answer = (_request, response) => response.end('{"keys":[]}');
    assert.ok((await other.fetch(here())).ok);
    assert.deepEqual(
      lately.map((message) => message.split(': ').at(-1)),
      ['it answered with 500.', 'it answered with 404.'],
    );
  });

  it('runs no more than a few at once', async () => {
    server.answer = () => {};
    const { fetch, ring } = make(LOOPBACK);
    const fetching = Array.from({ length: 40 }, (_, i) => fetch(`${here()}/${i}`));
    const early = await Promise.all(fetching.slice(16).map(why));
    assert.ok(early.every((words) => words === 'too many are being fetched'));
    ring();
    for (const words of await Promise.all(fetching.slice(0, 16).map(why))) {
      assert.equal(words, 'it took too long');
    }
  });
});
