/** EAP-TTLS (RFC 5281): people who log in inside a tunnel, by PAP and by EAP-GTC, against a supplicant of ours. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { EAP_TYPE, readEap, writeEap } from '../../server/wire/eap/eap-packet.ts';
import { AVP_CODE, readAvps, writeAvps } from '../../server/wire/eap/ttls-avp.ts';
import { count, eventsOf } from '../support/events.ts';
import { enrolledPerson, PASSWORD, type TestPerson } from '../support/people.ts';
import { type EapHouse, openEapHouse } from './eap-house.ts';

const avp = (code: number, value: string | Uint8Array, vendor = 0) => ({
  code,
  vendor,
  mandatory: true,
  value: typeof value === 'string' ? Buffer.from(value) : value,
});
const pap = (name: string, password: string) =>
  writeAvps([avp(AVP_CODE.userName, name), avp(AVP_CODE.userPassword, password)]);

describe('EAP-TTLS', () => {
  let opened: EapHouse;
  let ada: TestPerson;
  before(async () => {
    opened = await openEapHouse({ methods: ['ttls'] });
    const { test } = opened;
    ada = await enrolledPerson(test, 'ada');
    const groups = ['network-operators'];
    await test.house.store.write((tx) =>
      test.house.people.change(tx, ada.id, { groups }, { door: 'cli' }),
    );
  });
  after(() => opened.close());

  const code = () => {
    opened.test.clock.advance(30_000);
    return ada.totp.code();
  };
  const meet = (inside: Parameters<EapHouse['meet']>[0]['inside'], maxVersion = 'TLSv1.3') =>
    opened.meet({
      identity: 'anonymous@plant.example',
      type: EAP_TYPE.ttls,
      tls: { ca: opened.root, maxVersion: maxVersion as 'TLSv1.3' },
      ...(inside === undefined ? {} : { inside }),
    });

  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    it(`lets a person in by a password with a code behind it, with ${version}`, async () => {
      const left = await eventsOf(opened.test, async () => {
        const met = await meet(pap('ada', `${PASSWORD}${code()}`), version);
        assert.equal(met.state, 'accept');
        assert.equal(met.supplicant.version, version);
        assert.deepEqual(
          Buffer.from(met.keys!.recv), // Accepted.
          met.supplicant.keys().subarray(0, 32),
        );
      });
      assert.equal(count(left, 'login.granted', 'granted'), 1);
    });
  }

  it('refuses one proof where two are asked for, and a code that was used', async () => {
    assert.equal((await meet(pap('ada', PASSWORD))).state, 'reject');
    const both = `${PASSWORD}${code()}`;
    assert.equal((await meet(pap('ada', both))).state, 'accept');
    assert.equal((await meet(pap('ada', both))).state, 'reject');
  });

  it('refuses a wrong password, nobody, and an empty field, all alike', async () => {
    const left = await eventsOf(opened.test, async () => {
      for (const [name, password] of [
        ['ada', `wrong${code()}`],
        ['nobody', `${PASSWORD}123456`],
        ['ada', ''],
        ['', PASSWORD],
      ] as const) {
        const met = await meet(pap(name, password));
        assert.deepEqual([met.state, met.keys], ['reject', undefined]);
      }
    });
    assert.equal(count(left, 'login.granted'), 0);
  });

  it('asks for a password and then for a code, by EAP-GTC inside', async () => {
    const gtc = (secrets: readonly string[]) => {
      const left = [...secrets];
      return (heard: Uint8Array | undefined) => {
        const read = heard === undefined ? undefined : readAvps(heard);
        const asked = read?.ok ? readEap(read.value[0]!.value) : undefined; // A question is one.
        const identifier = asked?.ok ? asked.value.identifier : 0;
        const type = asked === undefined ? EAP_TYPE.identity : EAP_TYPE.gtc;
        const data = Buffer.from(asked === undefined ? 'ada' : (left.shift() ?? ''));
        const says = writeEap({ code: 'response', identifier, type, data });
        return writeAvps([avp(AVP_CODE.eapMessage, says ?? new Uint8Array())]);
      };
    };
    assert.equal((await meet(gtc([PASSWORD, code()]))).state, 'accept');
    assert.equal((await meet(gtc([PASSWORD, '000000']))).state, 'reject');
    assert.equal((await meet(gtc(['wrong', code()]))).state, 'reject');
    assert.equal((await meet(gtc([PASSWORD, '']))).state, 'reject');
  });

  it('refuses methods whose answers are made of a password that we would have to know', async () => {
    const challenge = avp(11, new Uint8Array(16), 311);
    const response = avp(25, new Uint8Array(50), 311);
    const chap = [avp(60, new Uint8Array(16)), avp(3, new Uint8Array(17))];
    const name = avp(AVP_CODE.userName, 'ada');
    const left = await eventsOf(opened.test, async () => {
      for (const inside of [
        [name, challenge, response],
        [name, ...chap],
      ]) {
        assert.equal((await meet(writeAvps(inside))).state, 'reject');
      }
    });
    const unjudged = left.filter(({ type }) => type === 'network.unjudged');
    assert.deepEqual(
      unjudged.map(({ reason, data }) => [reason, data.why]),
      [
        ['not-asked', 'ms-chap'],
        ['not-asked', 'chap'],
      ],
    );
  });

  it('refuses what can be read in two ways: two names, two passwords', async () => {
    const name = avp(AVP_CODE.userName, 'ada');
    const password = avp(AVP_CODE.userPassword, `${PASSWORD}${code()}`);
    assert.equal((await meet(writeAvps([name, name, password]))).state, 'reject');
    assert.equal((await meet(writeAvps([name, password, password]))).state, 'reject');
  });

  it('gives no session that could be taken up again without a proof', async () => {
    const first = await meet(pap('ada', `${PASSWORD}${code()}`));
    const { session } = first.supplicant;
    const met = await opened.meet({
      identity: 'anonymous',
      type: EAP_TYPE.ttls,
      tls: { ca: opened.root, ...(session === undefined ? {} : { session }) },
    });
    assert.deepEqual([met.state, met.supplicant.resumed], ['reject', false]);
  });
});
