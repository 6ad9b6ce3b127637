/** What a login at a switch leaves on record as open: nothing that nobody sits in. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Connection, createConnection } from '../../server/doors/tacacs/connection.ts';
import { createDialogue } from '../../server/doors/tacacs/dialogue.ts';
import { createSeats } from '../../server/doors/tacacs/seats.ts';
import { createSpentSessions } from '../../server/doors/tacacs/spent-sessions.ts';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import { writeStart } from '../../server/wire/tacacs/authentication.ts';
import { FLAG, HEADER, TYPE, versionOf, writeHeader } from '../../server/wire/tacacs/header.ts';
import { createObfuscation } from '../../server/wire/tacacs/obfuscation.ts';
import { count, eventsOf, type TestEvent } from '../support/events.ts';
import { networkArrival } from '../support/network.ts';
import { activateForNetwork } from '../support/network-policies.ts';
import type { TestPerson } from '../support/people.ts';
import { admin, command, newSession, type TacacsClient } from '../support/tacacs-client.ts';
import { openTacacsHouse, type TacacsHouse } from '../support/tacacs-house.ts';

/** Which policy gives whoever may log in. */
const LEVEL = 7;
const PASS = 1;
const FAILED = 2;
const PASS_ADD = 0x01;
const [START, STOP] = [2, 4];
const SHELL = ['task_id=7', 'service=shell'];
const OUTWARD = ['task_id=9', 'service=connection', 'protocol=telnet', 'addr=192.0.2.99'];

describe('logins at a switch that nobody sits in any more', () => {
  let house: TacacsHouse;
  let ada: TestPerson;
  let client: TacacsClient;
  before(async () => {
    house = await openTacacsHouse();
    const shipped = shippedPolicies()['network.cedar'] ?? '';
    await activateForNetwork(
      house.test,
      shipped.replace('@reply("privilege=15")', `@reply("privilege=${LEVEL}")`),
    );
    ada = await house.person('ada');
    client = await house.connect();
  });
  after(async () => {
    await client.close();
    await house.close();
  });

  async function logIn(more: object = {}): Promise<number | undefined> {
    const replies = await client.logIn({ user: 'ada', ...more }, [ada.password, ada.totp.code()]);
    house.test.clock.advance(30_000);
    return replies.at(-1)?.status;
  }
  const enable = (privilege: number) => logIn({ service: 2, privilege });
  const open = async () => {
    const { store, gate } = house.test.house;
    const all = await store.read((q) => gate.networkSessions.list(q, { limit: 100 }));
    return all.map(({ service }) => service);
  };
  const ended = (left: readonly TestEvent[]) =>
    left.filter(({ type }) => type === 'login.ended').map(({ data }) => data.why);
  const runs = async () => (await client.authorise('ada', command('show version')))?.status;

  it('end with the shell, and with them what was enabled there', async () => {
    assert.equal(await logIn(), PASS);
    assert.equal(await enable(LEVEL), PASS);
    assert.deepEqual(await open(), ['enable', 'admin']);
    const left = await eventsOf(house.test, () => client.account('ada', STOP, SHELL));
    assert.deepEqual(ended(left), ['reported', 'reported']);
    assert.deepEqual(await open(), []);
  });

  it('are none where more was wanted by `enable` than policy gives, and the one before goes on', async () => {
    assert.equal(await logIn(), PASS);
    const left = await eventsOf(house.test, async () => {
      assert.equal(await enable(LEVEL + 1), FAILED);
    });
    assert.deepEqual(ended(left), ['ended']);
    assert.deepEqual(await open(), ['admin']);
    assert.equal(await runs(), PASS_ADD);
    await client.account('ada', STOP, SHELL);
    assert.deepEqual(await open(), []);
  });

  it('are not those from which a connection elsewhere was opened and closed', async () => {
    assert.equal(await logIn(), PASS);
    const left = await eventsOf(house.test, async () => {
      await client.account('ada', START, SHELL);
      await client.account('ada', START, OUTWARD);
      await client.account('ada', STOP, OUTWARD);
      assert.deepEqual(await open(), ['admin']);
      assert.equal(await runs(), PASS_ADD);
      await client.account('ada', STOP, SHELL);
    });
    assert.deepEqual(ended(left), ['reported']);
    assert.equal(count(left, 'network.accounted'), 4);
    assert.deepEqual(await open(), []);
  });

  it('are those whose answer reached nobody, since the device had gone', async () => {
    const { gate } = house.test.house;
    const { clock } = house.test;
    const known = await gate.network.client('tacacs', '127.0.0.1');
    assert.ok(known);
    let connection: Connection | undefined;
    const sent: Uint8Array[] = [];
    const faults: unknown[] = [];
    const seats = createSeats(clock);
    let told = () => {};
    const done = new Promise<void>((resolve) => {
      told = resolve;
    });
    const network: typeof gate.network = {
      ...gate.network,
      async prove(...proof) {
        const outcome = await gate.network.prove(...proof);
        assert.equal(outcome.state, 'granted');
        connection?.closed();
        return outcome;
      },
      unused: (...of) => gate.network.unused(...of).finally(told),
    };
    const not = async () => assert.fail();
    connection = createConnection(
      {
        network,
        begin: createDialogue({
          network,
          seats,
          clock,
          codePrompt: 'data',
          approve: { enabled: false, withoutNumber: [] },
          keptWaiting: { wait: not },
          origin: () => '',
        }),
        authorise: not,
        account: not,
        obfuscate: createObfuscation(),
        spent: createSpentSessions(),
        clock,
        later: () => () => {},
        report: (fault) => faults.push(fault),
        limits: { largest: 4096, login: 60_000 },
      },
      {
        client: known,
        secret: undefined,
        arrival: () => networkArrival(house.test, known, { door: 'tacacs' }),
        again: async () => known,
        send: (packet) => sent.push(packet),
        close() {},
        listen() {},
      },
    );
    const data = Buffer.from(ada.password + ada.totp.code());
    const { port, remoteAddress } = admin;
    const start = { action: 1, privilege: 1, type: 2, service: 1, user: 'ada', port };
    const body = writeStart({ ...start, remoteAddress, data });
    const header = { version: versionOf(1), sequence: 1, flags: FLAG.unencrypted };
    const packet = writeHeader({
      ...header,
      type: TYPE.authentication,
      session: newSession(),
      length: body.length,
    });
    packet.set(body, HEADER);
    const left = await eventsOf(house.test, async () => {
      connection?.received(packet);
      await done;
    });
    assert.deepEqual([sent, faults], [[], []]);
    assert.equal(count(left, 'login.granted'), 1);
    assert.deepEqual(ended(left), ['ended']);
    assert.deepEqual(await open(), []);
    assert.equal(seats.find(known, { user: 'ada', port, remoteAddress }), undefined);
  });
});
