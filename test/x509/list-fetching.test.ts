/**
 * Revocation lists of CAs of others, fetched where they are published (RFC 5280 §4.2.1.13, §8): taken in by their signatures
 * alone, kept until they end, and nothing of that CA is let in on one that is over. CWE-918 is in attacks/key-fetching.test.ts.
 */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { createFetchOutside } from '../../server/http/fetch-outside.ts';
import { DAY, HOUR, MINUTE } from '../../server/kernel/clock.ts';
import { systemLater } from '../../server/kernel/later.ts';
import { eventsOf } from '../support/events.ts';
import { type CasOfOthers, casOfOthers } from './cas-of-others.ts';
import { CLI, openX509House, type X509House } from './x509-house.ts';

const BOUNDS = { accept: 'application/pkix-crl', largest: 64 * 1024, longest: 2000 };

describe('the list of a CA of others', () => {
  let x: X509House;
  let others: CasOfOthers;
  let server: Server;
  let url: string;
  let published: Uint8Array | number = 404;
  let asked = 0;
  const fetchOutside = createFetchOutside(
    { later: systemLater(), allowed: (address) => address === '127.0.0.1' },
    BOUNDS,
  );

  before(async () => {
    server = createServer((_, response) => {
      asked += 1;
      if (typeof published === 'number') response.writeHead(published).end();
      else response.end(published);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ca.crl`;
    x = await openX509House({ parts: { fetchList: fetchOutside } });
    x.served.clock.advance(120_000);
    others = casOfOthers(x.folder);
    for (const name of ['mill', 'other']) others.ca(name);
    for (const name of ['saw', 'drill']) others.leaf(name, 'mill');
  });
  after(async () => {
    await x?.close();
    server.close();
  });

  /** From a minute ago, to so many days on. */
  function list(days: number, by = 'mill', form: 'DER' | 'PEM' = 'DER'): Buffer {
    const moment = (at: number) => new Date(at).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
    const now = x.served.clock.now();
    const until = ['-crl_nextupdate', moment(now + days * DAY)];
    return others.list(by, ['-crl_lastupdate', moment(now - MINUTE), ...until], form);
  }
  const judge = async (name: string) => {
    const { store, authority } = x.served.house;
    const judged = await store.read((q) => authority.judge(q, [others.der(name)], 'client'));
    return judged.ok ? 'good' : judged.reason;
  };
  async function trusted(name: string, listUrls: readonly string[]) {
    const { store, authority } = x.served.house;
    const trust = {
      name,
      trustedFor: ['device'] as const,
      certificates: [others.der('mill')],
      listUrls,
    };
    return store.write((tx) => authority.trusted.add(tx, trust, CLI));
  }
  const fetched = () => x.served.house.listFetching.fetchDue();
  const sources = () => x.served.house.store.read(x.served.house.listFetching.sources);

  it('is wanted from the beginning, fetched, and taken in', async () => {
    const added = await trusted('Mill', [url]);
    assert.ok(added.ok && added.value.wantsList);
    assert.equal(await judge('saw'), 'revocation-unknown');
    const told = await eventsOf(x.served, async () => {
      await fetched();
      x.served.clock.advance(6 * MINUTE);
      await fetched();
    });
    const missed = told.filter(({ type }) => type === 'authority.list-missed');
    assert.deepEqual(
      missed.map(({ data }) => [data.name, data.url, data.why]),
      [['Mill', url, 'it answered with 404']],
      'told once, and tried again',
    );
    assert.equal(await judge('saw'), 'revocation-unknown');
    assert.match((await sources())[0]?.failed ?? '', /404/);
    published = list(7);
    x.served.clock.advance(6 * MINUTE);
    const then = await eventsOf(x.served, fetched);
    assert.deepEqual(
      then.map(({ type }) => type),
      ['authority.list-imported'],
    );
    assert.equal(await judge('saw'), 'good');
    assert.equal((await sources())[0]?.failed, undefined);
  });

  it('is asked for again in time, by one of several nodes, and is no news where it is the same', async () => {
    const before = asked;
    await fetched();
    assert.equal(asked, before, 'it is not due');
    x.served.clock.advance(12 * HOUR);
    const told = await eventsOf(x.served, () => Promise.all([fetched(), fetched(), fetched()]));
    assert.equal(asked, before + 1);
    assert.deepEqual(told, []);
  });

  it('says what was revoked since, and an older one gives nothing back', async () => {
    const old = published;
    others.revoke('saw', 'mill');
    published = list(3, 'mill', 'PEM');
    x.served.clock.advance(12 * HOUR);
    await fetched();
    assert.equal(await judge('saw'), 'revoked');
    assert.equal(await judge('drill'), 'good');
    published = old;
    x.served.clock.advance(12 * HOUR);
    await fetched();
    assert.match((await sources())[0]?.failed ?? '', /old-list/);
    assert.equal(await judge('saw'), 'revoked');
  });

  it('is none where another signed it, it is spoilt, too long, or anything else', async () => {
    const good = list(3);
    const spoilt = Uint8Array.from(good);
    spoilt[60] = (spoilt[60] ?? 0) ^ 1;
    for (const wrong of [
      list(3, 'other'),
      spoilt,
      good.subarray(0, 100),
      Buffer.from('<html>'),
      Buffer.alloc(70_000),
      new Uint8Array(),
      302,
      500,
    ]) {
      published = wrong;
      x.served.clock.advance(6 * MINUTE);
      await fetched();
      assert.notEqual((await sources())[0]?.failed, undefined);
      assert.equal(await judge('saw'), 'revoked');
      assert.equal(await judge('drill'), 'good', 'the one that is here is not over');
    }
    published = list(5);
    x.served.clock.advance(6 * MINUTE);
    await fetched();
    assert.equal((await sources())[0]?.failed, undefined);
  });

  it('is no way around its end: then nothing of that CA is let in until the next is here', async () => {
    published = 500;
    x.served.clock.advance(5 * DAY + HOUR);
    await fetched();
    assert.equal(await judge('drill'), 'revocation-unknown');
    assert.equal(await judge('saw'), 'revoked');
    published = list(1);
    x.served.clock.advance(6 * MINUTE);
    await fetched();
    assert.equal(await judge('drill'), 'good');
  });

  it('is fetched by plain HTTP alone, and not where nobody allowed it', async () => {
    const { store, authority } = x.served.house;
    await store.write((tx) => authority.trusted.remove(tx, 'Mill', CLI));
    assert.deepEqual(await sources(), [], 'nothing is left of it');
    for (const wrong of [
      url.replace('http:', 'https:'),
      'ldap://127.0.0.1/cn=ca',
      'file:///etc/passwd',
      'http://a:b@127.0.0.1/',
      'x',
      `http://127.0.0.1/${'a'.repeat(2000)}`,
    ]) {
      const refused = await trusted('Mill', [wrong]);
      assert.ok(!refused.ok && refused.error.code === 'malformed', wrong);
    }
    const many = Array.from({ length: 9 }, (_, at) => `http://127.0.0.1/${at}`);
    assert.ok(!(await trusted('Mill', many)).ok);
    assert.ok((await trusted('Mill', [url.replace('127.0.0.1', '127.0.0.2')])).ok);
    const before = asked;
    await fetched();
    assert.match((await sources())[0]?.failed ?? '', /not on the public internet/);
    assert.equal(asked, before);
    assert.equal(await judge('drill'), 'revocation-unknown');
  });
});
