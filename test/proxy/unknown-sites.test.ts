/** What the operator hears of a host that no site goes by. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { openProxyHouse, type ProxyHouse } from './proxy-house.ts';

describe('a host that no site goes by', () => {
  let proxied: ProxyHouse;
  afterEach(() => proxied.close());

  const told = () => proxied.notices.filter((line) => line.includes('no site goes by it'));

  it('is refused, and told to the log once a minute with how many more there were', async () => {
    proxied = await openProxyHouse();
    const ask = (host: string) => proxied.ask({ host });
    assert.notEqual((await proxied.ask()).headers.get('x-sallyport-refused'), 'no-such-site');
    assert.deepEqual(told(), []);
    const answer = await ask('wiki.example.com:8443');
    assert.equal(answer.status, 403);
    assert.equal(answer.headers.get('x-sallyport-refused'), 'no-such-site');
    assert.equal(told().length, 1);
    assert.match(told()[0] ?? '', /asked about wiki\.example\.com:8443.* name the port, too/);
    for (let i = 0; i < 3; i++) await ask('other.example.com');
    assert.equal(told().length, 1);
    proxied.clock.advance(60_001);
    await ask('other.example.com');
    assert.match(told()[1] ?? '', /other\.example\.com.* there were 3 more\./);
  });
});
