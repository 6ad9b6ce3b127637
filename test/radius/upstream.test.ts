/** A company token at a network device: two RADIUS servers in a row, ours in between, closed while the other is down. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { attribute, CODE, type Packet, readPacket, TYPE } from '../../server/wire/radius/packet.ts';
import { createSharedSecret } from '../../server/wire/radius/shared-secret.ts';
import { textOf } from '../../server/wire/radius/values.ts';
import { count, eventsOf } from '../support/events.ts';
import { addPerson, comeWithPass, enrol, issuePass, PASSWORD } from '../support/people.ts';
import { openRadiusClient, type RadiusClient } from '../support/radius-client.ts';
import { openRadiusHouse, type RadiusHouse } from '../support/radius-house.ts';
import { cheapSettings } from '../support/settings.ts';

const KEY = 'what we share with the company';
const secret = createSharedSecret(new TextEncoder().encode(KEY));

describe('a company token', () => {
  let house: RadiusHouse;
  let device: RadiusClient;
  let says: 'honest' | 'silent' | 'forged' = 'honest';
  const company = createSocket('udp4');
  before(async () => {
    company.on('message', (bytes, { address, port }) => {
      const read = readPacket(new Uint8Array(bytes));
      assert.ok(read.ok);
      const answer = judge(read.value);
      if (answer !== undefined) company.send(answer, port, address);
    });
    company.bind(0, '127.0.0.1');
    await once(company, 'listening');
    const servers = [{ host: '127.0.0.1', port: company.address().port }];
    const settings = cheapSettings({
      proofs: { upstream: { servers, sharedSecret: KEY, timeout: '1s', tries: 1 } },
    });
    const proofs = { ...settings.proofs, upstreamSecret: KEY };
    house = await openRadiusHouse({ tls: false }, {}, { ...settings, proofs });
    device = await openRadiusClient(house.secret);
    const { test } = house;
    const id = await addPerson(test, 'bob');
    const token = await comeWithPass(test, 'bob', await issuePass(test, id));
    await enrol(test, token, 'password', () => ({ password: PASSWORD }));
    await enrol(test, token, 'upstream', () => ({ code: '755224' }));
    await enrol(test, token, 'recovery', () => ({}));
    const completed = await test.house.enrolments.complete(token, test.arrival());
    assert.equal(completed.state, 'done', JSON.stringify(completed));
    await test.house.store.write((tx) =>
      test.house.people.change(tx, id, { groups: ['network-operators'] }, { door: 'cli' }),
    );
  });
  after(async () => {
    await device.close();
    await house.close();
    company.close();
  });

  function judge(request: Packet): Uint8Array | undefined {
    const hidden = attribute(request, TYPE.userPassword);
    const shown = hidden && secret.showPassword(hidden, request.authenticator);
    const right = textOf(request, 1) === 'bob' && Buffer.from(shown ?? []).toString() === '755224';
    if (says === 'silent') return undefined;
    if (says === 'honest') {
      return secret.answer(request, right ? CODE.accessAccept : CODE.accessReject, []);
    }
    const other = createSharedSecret(new TextEncoder().encode('a guess'));
    return other.answer(request, CODE.accessAccept, []);
  }
  async function logIn(code: string): Promise<number> {
    const port = house.door.ports().authentication;
    const first = await device.ask(device.pap('bob', PASSWORD), port);
    assert.equal(first.code, CODE.accessChallenge);
    assert.match(textOf(first, 18) ?? '', /code of your company token/);
    const state = { type: TYPE.state, value: attribute(first, TYPE.state)! }; // Of a challenge.
    const answer = await device.ask(device.pap('bob', code, [state]), port);
    house.test.clock.advance(60_000);
    return answer.code;
  }

  const refusals = async (code: string) => {
    const left = await eventsOf(house.test, async () =>
      assert.notEqual(await logIn(code), CODE.accessAccept),
    );
    assert.equal(count(left, 'login.granted'), 0);
    return left.filter(({ type }) => type === 'proof.refused').map(({ reason }) => reason);
  };
  const letsIn = async () => {
    const left = await eventsOf(house.test, async () =>
      assert.equal(await logIn('755224'), CODE.accessAccept),
    );
    const granted = left.filter(({ type }) => type === 'login.granted');
    assert.match(JSON.stringify(granted.map(({ data }) => data.proofs)), /password.*upstream/);
  };

  it('lets in beside a password, when the company says yes', letsIn);

  it('lets nobody in with a wrong code, while the company is silent, or when its yes is forged', async () => {
    says = 'honest';
    assert.deepEqual(await refusals('755225'), ['wrong']);
    says = 'silent';
    assert.deepEqual(await refusals('755224'), ['busy']);
    says = 'forged';
    assert.deepEqual(await refusals('755224'), ['busy']);
    says = 'honest';
    await letsIn();
  });
});
