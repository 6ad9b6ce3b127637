import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { count, eventsOf } from '../support/events.ts';
import type { TestPerson } from '../support/people.ts';
import { command, type TacacsClient } from '../support/tacacs-client.ts';
import { openTacacsHouse, type TacacsHouse } from '../support/tacacs-house.ts';

const STATUS = { pass: 1, fail: 2, data: 3, user: 4, password: 5, error: 7 };
const PASS_ADD = 0x01;
const FAIL = 0x10;

describe('logging in at a switch by TACACS+', () => {
  let house: TacacsHouse;
  let ada: TestPerson;
  let eve: TestPerson;
  before(async () => {
    house = await openTacacsHouse();
    ada = await house.person('ada');
    eve = await house.person('eve', []);
  });
  after(() => house.close());

  const later = (seconds = 30) => house.test.clock.advance(seconds * 1000);

  async function logIn(who: TestPerson, more: object = {}) {
    const client = await house.connect();
    const code = () => who.totp.code();
    const replies = await client.logIn({ user: who.identifier, ...more }, [who.password, code()]);
    later();
    return { client, replies, last: replies.at(-1) };
  }

  it('asks for the name, the password and the code in the dialogue of the device', async () => {
    const client = await house.connect();
    const left = await eventsOf(house.test, async () => {
      const replies = await client.logIn({}, ['ada', ada.password, ada.totp.code()]);
      assert.deepEqual(
        replies.map(({ status, message }) => [status, message]),
        [
          [STATUS.user, 'Username: '],
          [STATUS.password, 'Password: '],
          [STATUS.data, 'Code, or recovery code: '],
          [STATUS.pass, ''],
        ],
      );
      // What is typed is not shown, the code included.
      assert.deepEqual(
        replies.map(({ flags }) => flags),
        [0, 1, 1, 0],
      );
    });
    assert.equal(count(left, 'login.granted', 'granted'), 1);
    assert.equal(left.find(({ type }) => type === 'login.granted')?.door, 'tacacs');
    await client.close();
    later();
  });

  it('takes a password with the code right behind it from a device that asks once (PAP)', async () => {
    const client = await house.connect();
    const pap = (text: string) =>
      client.logIn({ type: 2, user: 'ada', data: Buffer.from(text) }, []);
    const [without] = await pap(ada.password);
    assert.equal(without?.status, STATUS.fail);
    assert.match(without?.message ?? '', /right behind the password/);
    const [whole] = await pap(ada.password + ada.totp.code());
    assert.equal(whole?.status, STATUS.pass, whole?.message);
    later();
    const [wrong] = await pap(`${ada.password}000000`);
    assert.equal(wrong?.status, STATUS.fail);
    await client.close();
    later(600);
  });

  it('refuses a wrong password, and lets a code be typed again', async () => {
    const client = await house.connect();
    const wrong = await client.logIn({ user: 'ada' }, ['wrong']);
    assert.deepEqual(
      wrong.map(({ status, message }) => [status, message]),
      [
        [STATUS.password, 'Password: '],
        [STATUS.fail, 'That did not match.'],
      ],
    );
    const nobody = await client.logIn({ user: 'nobody' }, ['wrong']);
    assert.deepEqual(nobody, wrong);
    later(600);
    const again = await client.logIn({ user: 'ada' }, [ada.password, '000000', ada.totp.code()]);
    assert.match(again[2]?.message ?? '', /^That did not match\. Code/);
    assert.equal(again.at(-1)?.status, STATUS.pass);
    await client.close();
    later(600);
  });

  it('refuses whom no policy lets in there', async () => {
    const { client, last } = await logIn(eve);
    assert.equal(last?.status, STATUS.fail);
    await client.close();
  });

  it('tells the device the level that policy replies, for a shell, and after `enable`', async () => {
    const { client, last } = await logIn(ada);
    assert.equal(last?.status, STATUS.pass, last?.message);
    const shell = await client.authorise('ada', ['service=shell', 'cmd=']);
    assert.equal(shell?.status, PASS_ADD);
    assert.deepEqual(shell?.args, ['priv-lvl=15', 'timeout=719']);
    const enabled = await client.logIn({ user: 'ada', service: 2, privilege: 15 }, [
      ada.password,
      ada.totp.code(),
    ]);
    assert.equal(enabled.at(-1)?.status, STATUS.pass);
    later();
    await client.close();
  });

  it('does not speak what needs a password that can be read back', async () => {
    const client = await house.connect();
    for (const type of [3, 5, 6]) {
      const [reply] = await client.logIn({ type, user: 'ada', data: Buffer.alloc(33) }, []);
      assert.equal(reply?.status, STATUS.fail, `${type}`);
    }
    const [change] = await client.logIn({ action: 2, user: 'ada' }, []);
    assert.match(change?.message ?? '', /portal/);
    const [send] = await client.logIn({ action: 4, user: 'ada' }, []);
    assert.equal(send?.status, STATUS.error);
    await client.close();
  });

  it('permits commands one by one, sensitive ones only with fresh proofs', async () => {
    const { client } = await logIn(ada);
    const run = (line: string) => client.authorise('ada', command(line));
    const left = await eventsOf(house.test, async () => {
      assert.equal((await run('show version'))?.status, PASS_ADD);
      assert.equal((await run('reload in 5'))?.status, PASS_ADD);
      later(600);
      assert.equal((await run('show version'))?.status, PASS_ADD);
      const stale = await run('reload in 5');
      assert.equal(stale?.status, FAIL);
      assert.match(stale?.message ?? '', /shown a moment ago\. Type enable, and then this again\./);
    });
    assert.equal(count(left, 'command.granted'), 3);
    const [refused] = left.filter(({ type }) => type === 'command.refused');
    assert.equal(refused?.reason, 'stale');
    assert.equal(refused?.subject, ada.id);
    assert.equal(refused?.data.sensitive, true);
    const enabled = await client.logIn({ user: 'ada', service: 2, privilege: 15 }, [
      ada.password,
      ada.totp.code(),
    ]);
    assert.equal(enabled.at(-1)?.status, STATUS.pass);
    assert.equal((await run('reload in 5'))?.status, PASS_ADD);
    later();
    await client.close();
  });

  it('refuses commands of whoever has not logged in, or was disabled since', async () => {
    const mona = await house.person('mona');
    const client = await house.connect();
    const run = () => client.authorise('mona', command('show version'));
    assert.match((await run())?.message ?? '', /Log in/);
    await client.logIn({ user: 'mona' }, [mona.password, mona.totp.code()]);
    assert.equal((await run())?.status, PASS_ADD);
    const { store, people } = house.test.house;
    await store.write((tx) => people.setStatus(tx, mona.id, 'disabled', { door: 'cli' }));
    assert.equal((await run())?.status, FAIL);
    assert.equal((await client.authorise('mona', ['service=shell', 'cmd=']))?.status, FAIL);
    await client.close();
    later();
  });

  it('puts on record what the device reports, each command included', async () => {
    const { client } = await logIn(ada);
    const left = await eventsOf(house.test, async () => {
      const start = await client.account('ada', 2, ['task_id=7', 'service=shell']);
      assert.equal(start?.status, 1);
      await client.account('ada', 4, ['task_id=8', ...command('show version')]);
      await client.account('ada', 4, ['task_id=7', 'service=shell', 'elapsed_time=61']);
    });
    assert.deepEqual(
      left.filter(({ type }) => type === 'network.accounted').map(({ data }) => data.kind),
      ['start', 'command', 'stop'],
    );
    assert.equal(count(left, 'login.ended'), 1);
    await client.close();
  });

  it('ends at another node the login whose stop is reported, and not a newer one of the same person', async () => {
    const first = await logIn(ada, { port: 'tty1' });
    await first.client.account('ada', 2, ['task_id=21', 'service=shell'], { port: 'tty1' });
    await first.client.account('ada', 4, ['task_id=22', ...command('show version')], {
      port: 'tty1',
    });
    const second = await logIn(ada, { port: 'tty2' });
    await second.client.account('ada', 2, ['task_id=23', 'service=shell'], { port: 'tty2' });
    const there = await house.connect({ port: await house.beside() });
    const stopped = async (task: string, port: string) => {
      const left = await eventsOf(house.test, () =>
        there.account('ada', 4, [`task_id=${task}`, 'service=shell'], { port }),
      );
      return left.filter(({ type }) => type === 'login.ended').map(({ data }) => data.login);
    };
    const ended = [...(await stopped('21', 'tty1')), ...(await stopped('23', 'tty2'))];
    assert.equal(ended.length, 2);
    assert.deepEqual(ended, ended.toSorted(), 'the older one first');
    for (const { client } of [first, second]) await client.close();
    await there.close();
  });

  it('ends no other login of the same person by a stop that is reported again, or of one that nobody here knows', async () => {
    const bob = await house.person('bob');
    const first = await logIn(bob, { port: 'tty1' });
    const second = await logIn(bob, { port: 'tty2' });
    const there = await house.connect({ port: await house.beside() });
    await first.client.account('bob', 2, ['task_id=31', 'service=shell'], { port: 'tty1' });
    await second.client.account('bob', 2, ['task_id=32', 'service=shell'], { port: 'tty2' });
    const stopped = async (task: string, by: TacacsClient, port: string) => {
      const left = await eventsOf(house.test, async () => {
        const reply = await by.account('bob', 4, [`task_id=${task}`, 'service=shell'], { port });
        assert.equal(reply?.status, 1);
      });
      return left.filter(({ type }) => type === 'login.ended').length;
    };
    const { client } = first;
    assert.equal(await stopped('31', client, 'tty1'), 1);
    // Its answer was lost, so it is sent again: here, and to the next node.
    assert.equal(await stopped('31', client, 'tty1'), 0);
    assert.equal(await stopped('31', there, 'tty1'), 0);
    assert.equal(await stopped('39', there, 'tty9'), 0);
    assert.equal(await stopped('32', there, 'tty2'), 1);
    for (const one of [client, second.client, there]) await one.close();
  });

  it('knows a login again on another line, and at another node, but no attributes of it', async () => {
    const { client } = await logIn(ada);
    const shell = ['service=shell', 'cmd='];
    assert.equal((await client.authorise('ada', shell))?.args.length, 2);
    const other = await client.authorise('ada', command('show version'), { port: 'tty9' });
    assert.equal(other?.status, PASS_ADD);
    await client.close();
    const there = await house.connect({ port: await house.beside() });
    const again = await there.authorise('ada', command('show version'));
    assert.equal(again?.status, PASS_ADD);
    assert.deepEqual((await there.authorise('ada', shell))?.args, []);
    await there.close();
    assert.deepEqual(house.faults, []);
    assert.deepEqual(house.test.notices, []);
  });
});
