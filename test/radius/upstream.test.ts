/** A company token at a network device: two RADIUS servers in a row, ours in between, closed while the other is down. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { listHeld, removeHeld } from '../../server/proofs/held-proofs.ts';
import { EAP_TYPE, readEap, writeEap } from '../../server/wire/eap/eap-packet.ts';
import { AVP_CODE, readAvps, writeAvps } from '../../server/wire/eap/ttls-avp.ts';
import { attribute, CODE, TYPE } from '../../server/wire/radius/packet.ts';
import { textOf } from '../../server/wire/radius/values.ts';
import { type EapHouse, openEapHouse } from '../eap/eap-house.ts';
import { count, eventsOf } from '../support/events.ts';
import { challenged, granted, PASSWORD } from '../support/people.ts';
import { openRadiusClient, type RadiusClient } from '../support/radius-client.ts';
import { openRadiusHouse, type RadiusHouse } from '../support/radius-house.ts';
import { openTacacsHouse, type TacacsHouse } from '../support/tacacs-house.ts';
import { addHolder, openCompany, RIGHT } from './company-token.ts';

describe('a company token', () => {
  let house: RadiusHouse;
  let device: RadiusClient;
  let bob: string;
  let company: Awaited<ReturnType<typeof openCompany>>;
  before(async () => {
    company = await openCompany();
    house = await openRadiusHouse({ tls: false }, {}, company.settings);
    device = await openRadiusClient(house.secret);
    bob = await addHolder(house.test);
  });
  after(async () => {
    await device.close();
    await house.close();
    company.close();
  });

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
    return left
      .filter(({ type }) => type === 'proof.refused')
      .map(({ outcome, subject, door, data, reason }) => {
        assert.deepEqual(
          [outcome, subject, door, data.kind],
          ['refused', bob, 'radius', 'upstream'],
        );
        return reason;
      });
  };
  const letsIn = async () => {
    const left = await eventsOf(house.test, async () =>
      assert.equal(await logIn('755224'), CODE.accessAccept),
    );
    const granted = left.filter(({ type }) => type === 'login.granted');
    assert.deepEqual(
      granted.map(({ subject, door, data }) => [subject, door, data.client]),
      [[bob, 'radius', house.client.device]],
    );
    assert.match(JSON.stringify(granted.map(({ data }) => data.proofs)), /password.*upstream/);
  };

  it('lets in beside a password, when the company says yes', letsIn);

  it('lets nobody in with a wrong code, while the company is silent, or when its yes is forged', async () => {
    company.says = 'honest';
    assert.deepEqual(await refusals('755225'), ['wrong']);
    company.says = 'silent';
    assert.deepEqual(await refusals('755224'), ['busy']);
    company.says = 'forged';
    assert.deepEqual(await refusals('755224'), ['busy']);
    company.says = 'honest';
    await letsIn();
  });

  it('that says nothing to wrong codes lets nobody guess for nothing, and counts nothing while it is down', async () => {
    company.says = 'silent';
    assert.deepEqual(await refusals('000000'), ['busy']);
    company.says = 'dropping';
    assert.deepEqual(await refusals('000001'), ['wrong']);
    assert.deepEqual(await refusals('000002'), ['wrong']);
    await letsIn();
    company.says = 'silent';
    assert.deepEqual(await refusals('755224'), ['busy']);
    company.says = 'honest';
    await letsIn();
  });
});

describe('a company token that an administrator assigned', () => {
  it('is asked about under its own name there; a new name takes its place, and what rested on it ends', async (t) => {
    const company = await openCompany('r.smith');
    const house = await openTacacsHouse(company.settings);
    t.after(async () => {
      await house.close();
      company.close();
    });
    const { test } = house;
    const ada = await house.person('ada');
    const { store, companyTokens } = test.house;
    const by = { door: 'cli' } as const;
    const assign = (account: string) =>
      store.write((tx) => companyTokens.assignIn(tx, ada.id, account, by));
    const logIn = async () => {
      test.clock.advance(60_000);
      const client = await house.connect();
      const pap = { type: 2, user: 'ada', data: Buffer.from(`${ada.password}${RIGHT}`) };
      const [reply] = await client.logIn(pap, []);
      await client.close();
      return reply?.status;
    };
    for (const bad of ['', 'two\nlines', 'x'.repeat(129)]) {
      const refused = await assign(bad);
      assert.equal(refused.ok ? '' : refused.error.code, 'malformed');
    }
    // Digits go to the app first: she is to hold nothing but the token beside her password.
    const [totp] = (await store.read((q) => listHeld(q, ada.id))).filter(
      ({ kind }) => kind === 'totp',
    );
    assert.ok(totp);
    await store.write((tx) => removeHeld(tx, ada.id, totp.id));
    const given = await eventsOf(test, async () => assert.ok((await assign('r.smith')).ok));
    assert.equal(count(given, 'proof.enrolled', 'done'), 1);
    assert.equal(await logIn(), 1);
    assert.deepEqual(new Set(company.asked), new Set(['r.smith']));
    // Whoever had the other token may have come in with it at our pages as well.
    const { gate, portal } = test.house;
    const { token: attempt } = challenged(
      await gate.ask({ to: 'signIn', identifier: 'ada' }, test.arrival()),
    );
    const password = { kind: 'password', data: { password: ada.password } } as const;
    challenged(await gate.prove(attempt, password, test.arrival()));
    const offer = { kind: 'upstream', data: { code: RIGHT } } as const;
    const { token } = granted(await gate.prove(attempt, offer, test.arrival())).session;
    assert.equal((await portal.me(token, test.arrival())).state, 'done');
    const moved = await eventsOf(test, async () => assert.ok((await assign('someone-else')).ok));
    assert.deepEqual(
      [count(moved, 'proof.removed'), count(moved, 'proof.enrolled'), count(moved, 'login.ended')],
      [1, 1, 1],
    );
    assert.equal((await portal.me(token, test.arrival())).state, 'refused');
    assert.notEqual(await logIn(), 1);
    assert.equal(company.asked.at(-1), 'someone-else');
    assert.ok((await assign('r.smith')).ok);
    assert.equal(await logIn(), 1);
  });
});

describe('a company token inside EAP-TTLS', () => {
  let opened: EapHouse;
  let company: Awaited<ReturnType<typeof openCompany>>;
  before(async () => {
    company = await openCompany();
    opened = await openEapHouse({ methods: ['ttls'] }, '127.0.0.1', company.settings);
    await addHolder(opened.test);
  });
  after(async () => {
    await opened.close();
    company.close();
  });
  const avp = (code: number, value: string | Uint8Array) => ({
    code,
    vendor: 0,
    mandatory: true,
    value: typeof value === 'string' ? Buffer.from(value) : value,
  });
  const pap = (typed: string) =>
    writeAvps([avp(AVP_CODE.userName, 'bob'), avp(AVP_CODE.userPassword, typed)]);
  /** Answers each question with the next of these; the first is for who it is. */
  function gtc(typed: readonly string[]) {
    const left = ['bob', ...typed];
    return (heard: Uint8Array | undefined) => {
      const avps = heard === undefined ? undefined : readAvps(heard);
      const asked =
        avps?.ok === true ? readEap(avps.value[0]?.value ?? Buffer.alloc(0)) : undefined;
      const identifier = asked?.ok === true ? asked.value.identifier : 0;
      const type = asked === undefined ? EAP_TYPE.identity : EAP_TYPE.gtc;
      const data = Buffer.from(left.shift() ?? '');
      const says = writeEap({ code: 'response', identifier, type, data });
      return writeAvps([avp(AVP_CODE.eapMessage, says ?? new Uint8Array())]);
    };
  }
  const meet = async (inside: Parameters<EapHouse['meet']>[0]['inside']) => {
    opened.test.clock.advance(60_000);
    const met = await opened.meet({
      identity: 'anonymous',
      type: EAP_TYPE.ttls,
      tls: { ca: opened.root },
      ...(inside === undefined ? {} : { inside }),
    });
    return met.state;
  };

  it('lets in behind a password (PAP), or as an answer of its own (GTC)', async () => {
    const left = await eventsOf(opened.test, async () => {
      assert.equal(await meet(pap(`${PASSWORD}755224`)), 'accept');
      assert.equal(await meet(gtc([PASSWORD, '755224'])), 'accept');
    });
    assert.equal(count(left, 'login.granted'), 2);
  });

  it('lets nobody in with a wrong code, or while the company is silent or forged', async () => {
    const left = await eventsOf(opened.test, async () => {
      assert.equal(await meet(pap(`${PASSWORD}755225`)), 'reject');
      for (const says of ['silent', 'forged'] as const) {
        company.says = says;
        assert.equal(await meet(pap(`${PASSWORD}755224`)), 'reject');
      }
    });
    company.says = 'honest';
    assert.equal(count(left, 'login.granted'), 0);
    assert.deepEqual(
      left.filter(({ type }) => type === 'proof.refused').map(({ reason }) => reason),
      ['wrong', 'busy', 'busy'],
    );
    assert.equal(await meet(pap(`${PASSWORD}755224`)), 'accept');
  });
});

describe('a company token in a login by TACACS+', () => {
  let house: TacacsHouse;
  let company: Awaited<ReturnType<typeof openCompany>>;
  before(async () => {
    company = await openCompany();
    house = await openTacacsHouse(company.settings);
    await addHolder(house.test);
  });
  after(async () => {
    await house.close();
    company.close();
  });
  async function logIn(code: string) {
    house.test.clock.advance(60_000);
    const client = await house.connect();
    const replies = await client.logIn({ user: 'bob' }, [PASSWORD, code]);
    await client.close();
    assert.match(replies[1]?.message ?? '', /Code of your company token, or recovery code/);
    return replies.at(-1)?.status;
  }
  const FAIL_OR_AGAIN = [2, 3, 7];

  it('lets in at a prompt of its own, and behind a password', async () => {
    const left = await eventsOf(house.test, async () => {
      assert.equal(await logIn('755224'), 1);
      house.test.clock.advance(60_000);
      const client = await house.connect();
      const pap = { type: 2, user: 'bob', data: Buffer.from(`${PASSWORD}755224`) };
      assert.equal((await client.logIn(pap, []))[0]?.status, 1);
      await client.close();
    });
    assert.equal(count(left, 'login.granted'), 2);
  });

  it('lets nobody in with a wrong code, or while the company is silent or forged', async () => {
    const left = await eventsOf(house.test, async () => {
      assert.ok(FAIL_OR_AGAIN.includes((await logIn('755225')) ?? 0));
      for (const says of ['silent', 'forged'] as const) {
        company.says = says;
        assert.notEqual(await logIn('755224'), 1);
      }
    });
    company.says = 'honest';
    assert.equal(count(left, 'login.granted'), 0);
    assert.deepEqual(
      left.filter(({ type }) => type === 'proof.refused').map(({ reason }) => reason),
      ['wrong', 'busy', 'busy'],
    );
    assert.equal(await logIn('755224'), 1);
  });
});
