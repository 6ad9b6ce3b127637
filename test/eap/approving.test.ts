/** People inside EAP-TTLS who finish their log-in with a passkey in the browser, against a supplicant of ours and one of others. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { EAP_TYPE, readEap, writeEap } from '../../server/wire/eap/eap-packet.ts';
import { AVP_CODE, readAvps, writeAvps } from '../../server/wire/eap/ttls-avp.ts';
import { type ApprovalHouse, openApprovalHouse } from '../support/approvals.ts';
import { count, eventsOf } from '../support/events.ts';
import { without } from '../support/radius-tools.ts';
import type { PasskeyPerson } from '../support/served-people.ts';
import { startUdpRelay } from '../support/udp-relay.ts';
import { until } from '../support/until.ts';
import { type EapHouse, eapIn } from './eap-house.ts';
import { runEapolTest, whichProgram } from './eapol-test.ts';

const EAPOL_TEST = whichProgram('eapol_test');

const avp = (code: number, value: string | Uint8Array) => ({
  code,
  vendor: 0,
  mandatory: true,
  value: typeof value === 'string' ? Buffer.from(value) : value,
});
const pap = (name: string, password: string) =>
  writeAvps([avp(AVP_CODE.userName, name), avp(AVP_CODE.userPassword, password)]);
const numberIn = (question: string) => Number(/type (\d\d) there/.exec(question)?.[1]);

/** What somebody types at each question that they are shown. */
type Typing = (question: string, times: number) => string | Promise<string>;

/** A supplicant that shows what it is asked by PAP (RFC 5281 §11.2.5). */
function showing(name: string, password: string, typing: Typing) {
  let times = 0;
  return async (heard: Uint8Array | undefined) => {
    if (heard === undefined) return pap(name, password);
    const read = readAvps(heard);
    const asked = read.ok
      ? read.value.find(({ code }) => code === AVP_CODE.replyMessage)
      : undefined;
    return pap(name, await typing(Buffer.from(asked?.value ?? '').toString(), times++));
  };
}

/** One that shows the questions of EAP-GTC. */
function gtc(name: string, password: string, typing: Typing) {
  let times = -1;
  return async (heard: Uint8Array | undefined) => {
    const read = heard === undefined ? undefined : readAvps(heard);
    const asked = read?.ok ? readEap(read.value[0]!.value) : undefined; // A question is one.
    if (!asked?.ok || !('type' in asked.value)) {
      const data = Buffer.from(name);
      return inside({ code: 'response', identifier: 0, type: EAP_TYPE.identity, data });
    }
    const { identifier, data: question } = asked.value;
    times += 1;
    const typed =
      times === 0 ? password : await typing(Buffer.from(question).toString(), times - 1);
    const data = Buffer.from(typed);
    return inside({ code: 'response', identifier, type: EAP_TYPE.gtc, data });
  };
}
const inside = (packet: Parameters<typeof writeEap>[0]) =>
  writeAvps([avp(AVP_CODE.eapMessage, writeEap(packet) ?? new Uint8Array())]);

describe('a log-in inside EAP-TTLS that waits for a passkey', () => {
  let house: ApprovalHouse;
  let root: PasskeyPerson;
  let ada: PasskeyPerson;
  before(async () => {
    house = await openApprovalHouse();
    house.clock.advance(Date.now() - house.clock.now());
    // Made now, while the house's clock is the machine's.
    await house.house.authority.serverCredentials('radius-server');
    root = await house.operator('root', ['administrator']);
    ada = await house.operator('ada');
  });
  after(() => house.close());
  beforeEach(() => house.clock.advance(3_600_000));

  const opening = (approve: Record<string, unknown> = {}) =>
    eapIn(house, house.client, { methods: ['ttls'] }, approve);
  const meet = (opened: EapHouse, within: Parameters<EapHouse['meet']>[0]['inside']) =>
    opened.meet({
      identity: 'anonymous@plant.example',
      type: EAP_TYPE.ttls,
      tls: { ca: opened.root },
      ...(within === undefined ? {} : { inside: within }),
    });
  const approving =
    (said: string[], wrong = false): Typing =>
    async (question, times) => {
      said.push(question);
      if (times === 0) return 'too early';
      const { session, id } = await house.onceWaiting(root);
      const number = numberIn(question);
      const answered = await house.answer(session, id, wrong ? (number === 10 ? 11 : 10) : number);
      assert.equal(answered, wrong ? 'mismatched' : 'approved');
      return '';
    };

  for (const [how, supplicant, approve] of [
    ['EAP-GTC', gtc, {}],
    ['PAP, where supplicants show what they are asked', showing, { shownInTunnel: ['hall'] }],
  ] as const) {
    it(`shows a number by ${how}, says so again until it is approved, and lets in`, async (t) => {
      const opened = await opening(approve);
      t.after(() => opened.eap.stop());
      const said: string[] = [];
      const left = await eventsOf(house, async () => {
        const met = await meet(opened, supplicant('root', root.password, approving(said)));
        assert.equal(met.state, 'accept');
        assert.deepEqual(
          Buffer.from(met.keys!.recv), // Accepted.
          met.supplicant.keys().subarray(0, 32),
        );
      });
      assert.match(said[0] ?? '', /^Open https:\S+\/me and type \d\d there\. /);
      assert.match(said[1] ?? '', /^It is not approved yet\. Open /);
      assert.equal(numberIn(said[0] ?? ''), numberIn(said[1] ?? ''));
      assert.equal(count(left, 'login.granted', 'granted'), 1);
      assert.equal(left.find(({ type }) => type === 'login.held')?.data.numbered, true);
    });

    it(`refuses after a wrong number by ${how}`, async (t) => {
      const opened = await opening(approve);
      t.after(() => opened.eap.stop());
      const met = await meet(opened, supplicant('root', root.password, approving([], true)));
      assert.deepEqual([met.state, met.keys], ['reject', undefined]);
    });

    it(`takes it off the page when a supplicant by ${how} goes away`, async (t) => {
      const opened = await opening(approve);
      t.after(() => opened.eap.stop());
      const left = await eventsOf(house, async () => {
        let asked = () => {};
        const shown = new Promise<void>((resolve) => {
          asked = resolve;
        });
        // Whoever is asked never answers.
        const never = new Promise<string>(() => {});
        const typing = () => {
          asked();
          return never;
        };
        void meet(opened, supplicant('root', root.password, typing));
        await shown;
        const { session } = await house.onceWaiting(root);
        house.clock.advance(118_000);
        opened.runLater();
        assert.equal(opened.eap.inFlight, 1);
        house.clock.advance(2000);
        opened.runLater();
        assert.equal(opened.eap.inFlight, 0);
        await house.onceGone(session);
      });
      assert.equal(count(left, 'login.granted'), 0);
    });
  }

  it('takes a code by PAP where supplicants show what they are asked, behind the password or at the question', async (t) => {
    const opened = await opening({ shownInTunnel: ['hall'] });
    t.after(() => opened.eap.stop());
    const behind = await meet(opened, pap('ada', ada.password + ada.totp.code()));
    assert.equal(behind.state, 'accept');
    house.clock.advance(30_000);
    const asked = await meet(
      opened,
      showing('ada', ada.password, (question) => {
        assert.match(question, /^Type the code/);
        return ada.totp.code();
      }),
    );
    assert.equal(asked.state, 'accept');
  });

  it('goes on for nobody by another name, nor by another method inside', async (t) => {
    const opened = await opening({ shownInTunnel: ['hall'] });
    t.after(() => opened.eap.stop());
    const renamed = await meet(opened, (heard) =>
      heard === undefined ? pap('ada', ada.password) : pap('root', ada.totp.code()),
    );
    assert.equal(renamed.state, 'reject');
    const data = Buffer.from(ada.totp.code());
    const changed = await meet(opened, (heard) =>
      heard === undefined
        ? pap('ada', ada.password)
        : inside({ code: 'response', identifier: 1, type: EAP_TYPE.gtc, data }),
    );
    assert.equal(changed.state, 'reject');
  });

  it('is refused by PAP where nothing is shown, unless the network device may wait without a number', async (t) => {
    const opened = await opening();
    t.after(() => opened.eap.stop());
    assert.equal((await meet(opened, pap('root', root.password))).state, 'reject');
    assert.deepEqual(await house.waiting(await house.signedIn(root)), []);
    const waits = await opening({ withoutNumber: ['hall'], wait: '60s' });
    t.after(() => waits.eap.stop());
    const left = await eventsOf(house, async () => {
      const met = meet(waits, pap('root', root.password));
      const { session, id } = await house.onceWaiting(root);
      // Longer than a program may be silent.
      house.clock.advance(50_000);
      waits.runLater();
      assert.equal(await house.answer(session, id), 'approved');
      assert.equal((await met).state, 'accept');
    });
    assert.equal(count(left, 'login.granted', 'granted'), 1);
  });

  it('is waited for by eapol_test, which asks again and again meanwhile', {
    skip: without(EAPOL_TEST ?? '', 'eapoltest'),
  }, async (t) => {
    const opened = await opening({ withoutNumber: ['hall'] });
    t.after(() => opened.eap.stop());
    const { port, close } = await opened.openDoor();
    t.after(close);
    const relay = await startUdpRelay(port);
    t.after(relay.close);
    const left = await eventsOf(house, async () => {
      const done = runEapolTest(EAPOL_TEST ?? '', {
        network: {
          eap: 'TTLS',
          identity: 'root',
          anonymous_identity: 'anonymous@plant.example',
          ca_cert: opened.root,
          phase2: 'auth=PAP',
          password: root.password,
        },
        port: relay.port,
        secret: Buffer.from(house.client.secret ?? '').toString(),
      });
      const { session, id } = await house.onceWaiting(root);
      const before = relay.sent();
      await until('it asks a second time', () => relay.sent() > before);
      assert.equal((await house.waiting(session)).length, 1);
      assert.equal(await house.answer(session, id), 'approved');
      const { success, keys, otherKeys, log } = await done;
      assert.ok(success, log.slice(-2000));
      assert.deepEqual([keys, otherKeys], [1, 0]);
      assert.match(log, /Resending RADIUS message/);
    });
    assert.equal(count(left, 'login.held', 'challenged'), 1);
    assert.equal(count(left, 'login.granted', 'granted'), 1);
  });
});
