/**
 * A device or a program that was shut out, since somebody has it in their hands, is let in again by what may shut out: a script's
 * token that leaked, or a session whose passkey was shown long ago (T1098, T1078.004). To shut out is for whoever notices; to let in
 * again gives a right, and is judged as one.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { count, eventsOf } from '../support/events.ts';
import { addDevice } from '../support/network.ts';
import { addProcess } from '../support/processes.ts';
import { openServedHouse, type ServedHouse } from '../support/served-house.ts';
import { type PasskeyPerson, passkeyPerson, passkeySignIn } from '../support/served-people.ts';

describe('what was shut out', () => {
  let house: ServedHouse;
  let root: PasskeyPerson;
  let script: string;
  before(async () => {
    house = await openServedHouse();
    root = await passkeyPerson(house, 'root', ['administrator']);
    const body = { owner: root.id, scope: ['device.disable', 'process.disable', 'administer'] };
    const issued = await house.api('issueToken', { token: await signedIn(), body });
    assert.equal(issued.status, 201, issued.text);
    script = issued.json.token;
  });
  after(() => house?.close());

  const signedIn = async () => (await passkeySignIn(house, root)).session.token;

  for (const [what, disables, enables, shows] of [
    ['a device', 'disableDevice', 'enableDevice', 'showDevice'],
    ['a program', 'disableProcess', 'enableProcess', 'showProcess'],
  ] as const) {
    it(`stays out, ${what}, until an administrator lets it in who has just shown a passkey`, async () => {
      house.clock.advance(60_000);
      const { id } =
        what === 'a device' ? await addDevice(house, 'pc-7') : await addProcess(house, 'robot');
      const params = { id };
      const status = async () =>
        (await house.api(shows, { token: await signedIn(), params })).json.status;
      const shut = await eventsOf(house, async () => {
        assert.equal((await house.api(disables, { token: script, params })).status, 200);
      });
      assert.equal(shut.filter(({ type }) => type.endsWith('.disabled')).length, 1);

      const late = await signedIn();
      house.clock.advance(20 * 60_000);
      const refused = await eventsOf(house, async () => {
        const byScript = await house.api(enables, { token: script, params });
        assert.equal(byScript.json.code, 'not-permitted', byScript.text);
        const byLate = await house.api(enables, { token: late, params });
        assert.equal(byLate.json.code, 'fresh-proof-needed', byLate.text);
      });
      assert.equal(count(refused, 'access.refused', 'refused'), 1);
      assert.ok(!refused.some(({ type }) => type.endsWith('.enabled')));
      assert.equal(await status(), 'disabled');
      // A session of that age shuts out all the same: who notices need not look for their passkey first.
      assert.equal((await house.api(disables, { token: late, params })).status, 200);

      const done = await eventsOf(house, async () => {
        const answer = await house.api(enables, { token: await signedIn(), params });
        assert.equal(answer.json.status, 'active', answer.text);
      });
      const [event] = done.filter(({ type }) => type.endsWith('.enabled'));
      assert.equal(event?.actor, root.id);
    });
  }
});
