/**
 * Guessing through a network device that tells nobody's address (T1110.001, .003), as VPN gateways may: all who come by it share
 * that of the device. One who guesses there must not keep the others out; nor may many names be tried there without end.
 */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { type Attribute, CODE } from '../../server/wire/radius/packet.ts';
import { count, eventsOf, type TestEvent } from '../support/events.ts';
import { signIn } from '../support/people.ts';
import { att, openRadiusClient, stateOf } from '../support/radius-client.ts';
import { openRadiusHouse } from '../support/radius-house.ts';
import { cheapSettings } from '../support/settings.ts';

/** Of one source; of all behind a network device ten times as many. */
const FREE = 5;

describe('guesses through a network device that tells no addresses', () => {
  async function opened(t: TestContext, spray = 1000) {
    const gate = { throttles: { source: { free: FREE }, spray: { free: spray } } };
    const settings = cheapSettings({ gate });
    const house = await openRadiusHouse({ tls: false }, {}, settings);
    t.after(house.close);
    const device = await openRadiusClient(house.secret);
    t.after(device.close);
    const port = house.door.ports().authentication;
    const { test, ada } = house;
    async function guess(name: string, more: readonly Attribute[] = []) {
      const { code } = await device.ask(device.pap(name, 'Spring2026!', more), port);
      assert.equal(code, CODE.accessReject);
    }
    return {
      house,
      test,
      guess,
      /** One after the other, each at another name. */
      async guesses(many: number, more: readonly Attribute[] = []) {
        for (let i = 0; i < many; i++) await guess(`somebody${i}`, more);
      },
      async adaLogsIn(more: readonly Attribute[] = []) {
        const first = await device.ask(device.pap('ada', ada.password, more), port);
        if (first.code !== CODE.accessChallenge) return first.code;
        const state = stateOf(first);
        const code = device.pap('ada', ada.totp.code(), [state, ...more]);
        const second = await device.ask(code, port);
        test.clock.advance(30_000);
        return second.code;
      },
    };
  }
  const slowed = (left: readonly TestEvent[]) =>
    left.filter(({ type }) => type === 'throttle.engaged').map(({ data }) => data.scope);

  it('keep whoever guesses waiting, and nobody else who comes by it', async (t) => {
    const { test, guess, guesses, adaLogsIn } = await opened(t);
    const left = await eventsOf(test, async () => {
      for (let i = 0; i < 2 * FREE; i++) await guess('mallory');
      await guesses(2 * FREE);
      assert.equal(await adaLogsIn(), CODE.accessAccept);
    });
    assert.ok(slowed(left).length > 0);
    assert.ok(left.some(({ type, reason }) => type === 'proof.refused' && reason === 'throttled'));
    assert.equal(count(left, 'login.granted'), 1);
  });

  it('at ever other names are slowed down for all who come by it, and not for good', async (t) => {
    const { test, guesses, adaLogsIn } = await opened(t);
    const left = await eventsOf(test, async () => {
      await guesses(11 * FREE);
      assert.equal(await adaLogsIn(), CODE.accessReject, 'all of them wait now');
      test.clock.advance(15 * 60_000);
      assert.equal(await adaLogsIn(), CODE.accessAccept);
    });
    const wrong = ({ type, reason }: TestEvent) =>
      type === 'proof.refused' && reason === 'unknown-subject';
    assert.equal(left.filter(wrong).length, 10 * FREE, 'no more than so many were looked at');
    assert.ok(slowed(left).includes('source'));
    assert.equal(count(left, 'login.granted'), 1);
  });

  it('at ever other names, for an hour, keep nobody waiting for long once they end', async (t) => {
    const { test, guess, adaLogsIn } = await opened(t);
    const forgotten = 60 * 60_000;
    /** Each wait is as long as two before it, until one is forgotten meanwhile: then they grow no longer. */
    const one = forgotten / (10 * FREE);
    let names = 0;
    const left = await eventsOf(test, async () => {
      for (let at = 0; at < forgotten; at += one / 4) {
        await guess(`somebody${names++}`);
        test.clock.advance(one / 4);
      }
      test.clock.advance(2 * one);
      assert.equal(await adaLogsIn(), CODE.accessAccept, 'as soon as it is over');
    });
    const looked = left.filter(
      ({ type, reason }) => type === 'proof.refused' && reason === 'unknown-subject',
    );
    assert.ok(looked.length < names, 'they were kept waiting');
    assert.ok(looked.length <= 21 * FREE, `${looked.length} in an hour are no more than before`);
    assert.equal(count(left, 'login.granted'), 1);
  });

  it('that are kept waiting fill no record, whatever their names are', async (t) => {
    const { test, guesses, adaLogsIn } = await opened(t);
    await guesses(10 * FREE);
    const left = await eventsOf(test, async () => {
      await guesses(20 * FREE);
      test.clock.advance(15 * 60_000);
      assert.equal(await adaLogsIn(), CODE.accessAccept);
    });
    assert.equal(left.filter(({ reason }) => reason === 'throttled').length, 1);
    assert.equal(count(left, 'login.granted'), 1);
  });

  it('sent at once are no more than one after the other', async (t) => {
    const { test, guess } = await opened(t);
    const left = await eventsOf(test, async () => {
      await Promise.all(Array.from({ length: 15 * FREE }, (_, i) => guess(`somebody${i}`)));
    });
    const looked = left.filter(
      ({ type, reason }) => type === 'proof.refused' && reason !== 'throttled',
    );
    assert.ok(looked.length <= 10 * FREE, `${looked.length} were looked at`);
  });

  it('slow down strangers elsewhere no more than those of any other source', async (t) => {
    const { house, test, guesses } = await opened(t, 3 * FREE);
    const left = await eventsOf(test, async () => {
      await guesses(8 * FREE);
      await signIn(test, house.ada, test.arrival({ address: '198.51.100.9' }));
    });
    assert.deepEqual(slowed(left), []);
    assert.equal(count(left, 'signin.granted'), 1);
  });

  it('are those of an address where it tells one', async (t) => {
    const { test, guesses, adaLogsIn } = await opened(t);
    const from = (address: string) => [att('Calling-Station-Id', address)];
    const left = await eventsOf(test, async () => {
      await guesses(2 * FREE, from('198.51.100.20'));
      assert.equal(await adaLogsIn(from('198.51.100.20')), CODE.accessReject);
      assert.equal(await adaLogsIn(from('198.51.100.21')), CODE.accessAccept);
    });
    assert.ok(slowed(left).includes('source'));
    assert.equal(count(left, 'login.granted'), 1);
  });
});
