/** Logins by TACACS+ that are finished with a passkey in the browser: the number stands at the device's own prompt. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { tacacsConfig } from '../../server/doors/tacacs/tacacs-config.ts';
import { createTacacsDoor } from '../../server/doors/tacacs/tacacs-door.ts';
import { systemLater } from '../../server/kernel/later.ts';
import { type ApprovalHouse, openApprovalHouse } from '../support/approvals.ts';
import { count, eventsOf } from '../support/events.ts';
import { addDevice, giveSecret } from '../support/network.ts';
import type { PasskeyPerson } from '../support/served-people.ts';
import { openTacacsClient } from '../support/tacacs-client.ts';

const STATUS = { pass: 1, fail: 2, data: 3 };
const FROM = '127.0.0.2';

describe('a login by TACACS+ that waits for a passkey', () => {
  let house: ApprovalHouse;
  let root: PasskeyPerson;
  let secret: string;
  before(async () => {
    house = await openApprovalHouse();
    root = await house.operator('root', ['administrator']);
    const core = await addDevice(house, 'core', { addresses: [FROM] });
    secret = await giveSecret(house, core, 'tacacs');
  });
  after(() => house.close());

  async function connect(config: Record<string, unknown> = {}) {
    const door = createTacacsDoor(
      {
        ...house.house,
        network: house.house.gate.network,
        credentials: async () => ({ cert: '', key: '' }),
        trustedNetwork: () => false,
        origin: () => house.origin,
        later: systemLater(),
        notice: () => {},
      },
      tacacsConfig.parse({ host: '127.0.0.1', port: 0, tls: false, ...config }),
    );
    const port = Number((await door.start())[0]?.split(':').at(-1));
    const client = await openTacacsClient({ port, secret, from: FROM });
    return {
      client,
      /** Another connection to the same door; what comes of it, when it is closed. */
      async again() {
        const other = await openTacacsClient({ port, secret, from: FROM });
        const data = Buffer.from(root.password);
        await other.logIn({ type: 2, user: 'root', data }, []).catch(() => []);
        await other.close();
      },
      async close() {
        await client.close();
        await door.stop();
      },
    };
  }
  /** What stands at the prompt is done in the browser. */
  async function answer(message: string): Promise<string> {
    const session = await house.signedIn(root);
    const [id = ''] = await house.waiting(session);
    return house.answer(session, id, Number(/type (\d\d) there/.exec(message)?.[1]));
  }

  it('shows administrators a number at the prompt, again until it is approved, and lets them in', async (t) => {
    const { client, close } = await connect();
    t.after(close);
    const left = await eventsOf(house, async () => {
      const replies = await client.logIn({}, [
        'root',
        root.password,
        'too early',
        async ({ message }) => {
          assert.equal(await answer(message), 'approved');
          return '';
        },
      ]);
      assert.match(
        replies[2]?.message ?? '',
        /^Open http:\S+\/me and type \d\d there\. Then press/,
      );
      assert.match(replies[3]?.message ?? '', /^It is not approved yet\. Open /);
      assert.deepEqual(
        replies.slice(2).map(({ status }) => status),
        [STATUS.data, STATUS.data, STATUS.pass],
      );
    });
    assert.equal(count(left, 'login.granted', 'granted'), 1);
    assert.equal(left.find(({ type }) => type === 'login.granted')?.door, 'tacacs');
  });

  it('fails after a wrong number', async (t) => {
    house.clock.advance(3_600_000);
    const { client, close } = await connect();
    t.after(close);
    const replies = await client.logIn({ user: 'root' }, [
      root.password,
      async () => {
        const session = await house.signedIn(root);
        const [id = ''] = await house.waiting(session);
        assert.equal(await house.answer(session, id, 0), 'mismatched');
        return '';
      },
    ]);
    assert.equal(replies.at(-1)?.status, STATUS.fail);
  });

  it('waits no longer than its connection', async (t) => {
    house.clock.advance(3_600_000);
    const { client, close } = await connect();
    t.after(close);
    await client.logIn({ user: 'root' }, [root.password]);
    const session = await house.signedIn(root);
    assert.equal((await house.waiting(session)).length, 1);
    const left = await eventsOf(house, async () => {
      await client.close();
      await house.onceGone(session);
    });
    assert.equal(count(left, 'login.lapsed', 'refused'), 1);
  });

  it('is not offered where it is turned off, nor to a device that asks once', async (t) => {
    house.clock.advance(3_600_000);
    const off = await connect({ approve: { enabled: false } });
    t.after(off.close);
    const refused = await off.client.logIn({ user: 'root' }, [root.password]);
    assert.equal(refused.at(-1)?.status, STATUS.fail);
    const on = await connect();
    t.after(on.close);
    const data = Buffer.from(root.password);
    const pap = await on.client.logIn({ type: 2, user: 'root', data }, []);
    assert.equal(pap.at(-1)?.status, STATUS.fail);
    assert.deepEqual(await house.waiting(await house.signedIn(root)), []);
  });

  describe('by PAP, at a device that is allowed to wait without a number', () => {
    const allowed = { approve: { withoutNumber: ['core'], wait: '30s' } };
    const pap = (typed: string) => ({ type: 2, user: 'root', data: Buffer.from(typed) });
    beforeEach(() => house.clock.advance(3_600_000));

    it('lets in whoever approves meanwhile, on record', async (t) => {
      const { client, close } = await connect(allowed);
      t.after(close);
      const left = await eventsOf(house, async () => {
        const replies = client.logIn(pap(root.password), []);
        const { session, id } = await house.onceWaiting(root);
        assert.equal(await house.answer(session, id), 'approved');
        assert.equal((await replies).at(-1)?.status, STATUS.pass);
      });
      assert.equal(count(left, 'login.held', 'challenged'), 1);
      assert.equal(left.find(({ type }) => type === 'login.held')?.data.numbered, false);
      assert.equal(count(left, 'login.granted', 'granted'), 1);
    });

    it('fails when they say that it was not them', async (t) => {
      const { client, close } = await connect(allowed);
      t.after(close);
      const replies = client.logIn(pap(root.password), []);
      const { session, id } = await house.onceWaiting(root);
      const done = await house.house.ownLogIns.disown(session, id, house.arrival());
      assert.equal(done.state, 'done');
      assert.equal((await replies).at(-1)?.status, STATUS.fail);
    });

    it('fails when time is over, and waits no longer than the connection or the door', async (t) => {
      const { client, close } = await connect(allowed);
      t.after(close);
      const left = await eventsOf(house, async () => {
        const replies = client.logIn(pap(root.password), []);
        await house.onceWaiting(root);
        house.clock.advance(30_000);
        assert.equal((await replies).at(-1)?.status, STATUS.fail);

        const cut = await connect(allowed);
        const lost = cut.client.logIn(pap(root.password), []).catch(() => []);
        const second = await house.onceWaiting(root);
        await cut.client.close();
        await house.onceGone(second.session);
        await lost;

        const unanswered = cut.again();
        const third = await house.onceWaiting(root);
        await cut.close();
        await unanswered;
        assert.deepEqual(await house.waiting(third.session), []);
      });
      assert.equal(count(left, 'login.lapsed', 'refused'), 3);
      assert.equal(count(left, 'login.granted'), 0);
    });

    it('shows nobody anything after a wrong password, nor before the code that is typed behind it', async (t) => {
      const { client, close } = await connect(allowed);
      t.after(close);
      const wrong = await client.logIn(pap('not this one'), []);
      assert.equal(wrong.at(-1)?.status, STATUS.fail);
      const typed = await client.logIn(pap(root.password + root.totp.code()), []);
      assert.equal(typed.at(-1)?.status, STATUS.fail);
      assert.deepEqual(await house.waiting(await house.signedIn(root)), []);
    });
  });
});
