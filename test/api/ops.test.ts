import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { createMeters, type Meters } from '../../server/doors/ops/meters.ts';
import { createOpsDoor } from '../../server/doors/ops/ops-door.ts';
import { type ManualClock, manualClock } from '../support/clock.ts';
import { rawExchange, startListener, type TestListener } from '../support/http-listener.ts';

describe('health, readiness and metrics', () => {
  let server: TestListener;
  let clock: ManualClock;
  let meters: Meters;
  let waits: string[] = [];
  let looks = 0;
  let reader = '127.0.0.1';
  before(async () => {
    clock = manualClock();
    meters = createMeters();
    const door = createOpsDoor({
      clock,
      meters,
      gauges: async () => ({ record_unsequenced: { help: 'Waiting.', value: 3 } }),
      waitsFor: async () => {
        looks++;
        return waits;
      },
      mayRead: (address) => address === reader,
    });
    server = await startListener(() => [door], {}, { onAnswered: meters.answered });
  });
  after(() => server.listener.stop());
  beforeEach(() => {
    clock.advance(1000);
    waits = [];
    reader = '127.0.0.1';
  });

  const get = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(server.origin + path, { headers });
    return { status: response.status, text: await response.text() };
  };

  test('it is alive', async () => {
    assert.deepEqual(await get('/healthz'), { status: 200, text: 'alive\n' });
  });

  test('it is ready when nothing is waited for, and says to those who may know what is', async () => {
    assert.deepEqual(await get('/readyz'), { status: 200, text: 'ready\n' });
    waits = ['database'];
    clock.advance(1000);
    assert.deepEqual(await get('/readyz'), { status: 503, text: 'not ready: database\n' });
    reader = 'elsewhere';
    assert.deepEqual(await get('/readyz'), { status: 503, text: 'not ready\n' });
  });

  test('a node is asked by its own address, and whether it is well by any name and by none', async () => {
    const ask = async (path: string, host: string) => {
      const head = host === '' ? 'HTTP/1.0' : `HTTP/1.1\r\nhost: ${host}\r\nconnection: close`;
      const answer = await rawExchange(server.port, `GET ${path} ${head}\r\n\r\n`);
      return Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);
    };
    for (const host of [
      '10.0.0.5:8443',
      '[2001:db8::5]:8443',
      '10.0.0.5',
      'node-1.internal:8443',
      '',
    ]) {
      assert.deepEqual([await ask('/healthz', host), await ask('/readyz', host)], [200, 200], host);
      assert.equal(await ask('/metrics', host), /^[[1]/.test(host) ? 200 : 421, host);
    }
    assert.equal(await ask('/readyz/more', 'node-1.internal'), 421);
    reader = '192.0.2.1';
    assert.equal(await ask('/metrics', '10.0.0.5:8443'), 403);
  });

  test('many who ask within a second cost one look', async () => {
    const before = looks;
    await Promise.all(Array.from({ length: 50 }, () => get('/readyz')));
    assert.equal(looks, before + 1);
  });

  test('metrics are for the networks that the configuration names', async () => {
    assert.equal((await get('/metrics')).status, 200);
    reader = '192.0.2.1';
    assert.deepEqual(await get('/metrics'), { status: 403, text: '403 forbidden\n' });
  });

  test('metrics are not told through a proxy that nobody told us of', async () => {
    const forwarded = ['for', 'host', 'proto'].map((end) => `x-forwarded-${end}`);
    for (const header of [...forwarded, 'forwarded', 'via', 'x-real-ip']) {
      assert.equal((await get('/metrics', { [header]: '198.51.100.7' })).status, 403, header);
    }
  });

  test('what happened is counted, and written as Prometheus reads it', async () => {
    meters.committed(7);
    meters.committed(1);
    const door = 'web';
    meters.recorded({
      type: 'proof.refused',
      outcome: 'refused',
      reason: 'wrong',
      door,
      data: { kind: 'totp' },
    });
    meters.recorded({
      type: 'signin.granted',
      outcome: 'granted',
      data: { proofs: [], phishingResistant: true, knownDevice: false, policies: [] },
    });
    meters.recorded({
      type: 'throttle.engaged',
      outcome: 'refused',
      data: { scope: 'spray', failures: 9, until: 1 },
    });
    await get('/nowhere?secret=1');
    const { text } = await get('/metrics');
    for (const line of [
      'sallyport_commits_total 2',
      'sallyport_transactions_total 8',
      'sallyport_sign_ins_total{outcome="granted"} 1',
      'sallyport_proofs_refused_total{kind="totp",reason="wrong"} 1',
      'sallyport_throttles_engaged_total{scope="spray"} 1',
      'sallyport_events_total{type="proof.refused",outcome="refused"} 1',
      'sallyport_record_unsequenced 3',
      'sallyport_http_requests_total{method="GET",route="",status="404"} 1',
    ]) {
      assert.ok(text.split('\n').includes(line), `${line}\n${text}`);
    }
    assert.ok(!text.includes('secret'));
    // One HELP and one TYPE for each family, before its samples; every sample a name, labels and a number.
    const typed = new Set<string>();
    for (const line of text.trimEnd().split('\n')) {
      const [, name, kind] = /^# TYPE (\w+) (counter|gauge|histogram|summary)$/.exec(line) ?? [];
      if (name !== undefined) {
        assert.ok(!typed.has(name) && kind !== undefined);
        typed.add(name);
      } else if (!line.startsWith('# HELP ')) {
        const sample = /^(\w+)(?:\{(?:\w+="[^"\\\n]*",?)+\})? [0-9.e+-]+$/.exec(line);
        assert.ok(sample?.[1], line);
        const family = sample[1].replace(/_(?:bucket|sum|count)$/, '');
        assert.ok(typed.has(family) || typed.has(sample[1]), line);
      }
    }
  });
});
