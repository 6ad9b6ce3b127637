/**
 * Lying about where one comes from (CWE-290, CWE-348): X-Forwarded-For and its kin, with and without a proxy that we were told
 * of. Throttles, policy’s trusted networks, passes bound to networks, metrics and the record must all see the true source.
 */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { gateConfig } from '../../server/gate/gate-config.ts';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import { count, eventsOf } from '../support/events.ts';
import { addPerson, enrolledPerson, issuePass, type TestPerson } from '../support/people.ts';
import { openServedHouse, type ServedHouse, type ServedOptions } from '../support/served-house.ts';

type Headers = Readonly<Record<string, string>>;

const INSIDE = '10.1.2.3';
const OUTSIDE = '203.0.113.9';

/** From the inside only: what a plant’s policy may well say. */
const FROM_INSIDE = `
@id("from-inside") @because("Sign in from the plant’s own network.")
forbid (principal is Person, action == Action::"signIn", resource) unless { context.trustedNetwork };
`;

const PROXIED: ServedOptions = { listener: { trustedProxies: ['127.0.0.0/8', '::1'] } };

/** Ways to name another source that no proxy of ours writes. */
const OTHERS = [
  'x-real-ip',
  'x-client-ip',
  'true-client-ip',
  'cf-connecting-ip',
  'x-cluster-client-ip',
  'x-originating-ip',
  'x-remote-addr',
  'client-ip',
  'x-forwarded',
  'forwarded-for',
];

describe('a source that is made up', () => {
  let served: ServedHouse;
  afterEach(() => served.close());

  async function open(options: ServedOptions = {}): Promise<void> {
    served = await openServedHouse({
      listen: { trustedNetworks: ['10.0.0.0/8'] },
      settings: { gate: gateConfig.parse({ throttles: { source: { free: 5 } } }) },
      ...options,
    });
  }

  async function activate(more: string): Promise<void> {
    const { policies, store } = served.house;
    const prepared = await policies.prepare({ ...shippedPolicies(), 'plant.cedar': more });
    const by = { door: 'cli' };
    const done = await store.write((tx) =>
      policies.activate(tx, prepared, { by, administrators: [] }),
    );
    assert.equal(done.state, 'activated', JSON.stringify(done));
  }

  async function signIn(person: TestPerson, headers: Headers) {
    const proof = { kind: 'password', data: { password: person.password } };
    const body = { to: 'signIn', identifier: person.identifier, proof };
    const first = await served.api('beginAttempt', { body, headers });
    if (first.status !== 200) return first;
    const { id, token } = first.json.attempt;
    const code = { kind: 'totp', data: { code: person.totp.code() } };
    const done = await served.api('offerProof', {
      params: { id },
      body: { attempt: token, proof: code },
      headers,
    });
    served.clock.advance(30_000);
    return done;
  }

  /** Guesses at people of whom each is tried once, so that only the source is counted. */
  async function guesses(howMany: number, headersOf: (i: number) => Headers): Promise<string[]> {
    const codes: string[] = [];
    for (let i = 0; i < howMany; i++) {
      const proof = { kind: 'password', data: { password: 'Spring2026!' } };
      const body = { to: 'signIn', identifier: `someone-${i}`, proof };
      codes.push((await served.api('beginAttempt', { body, headers: headersOf(i) })).json.code);
    }
    return codes;
  }

  const wrong = (times: number) => new Array<string>(times).fill('proof-wrong');
  const throttled = (times: number) => new Array<string>(times).fill('throttled');

  it('by a client of ours moves no throttle to another address', async () => {
    await open();
    const seen = await eventsOf(served, async () => {
      const codes = await guesses(12, (i) => ({
        'x-forwarded-for': `198.51.100.${i}`,
        forwarded: `for=198.51.100.${i}`,
        [OTHERS[i % OTHERS.length] ?? '']: `198.51.100.${i}`,
      }));
      assert.deepEqual(codes.slice(0, 5), wrong(5));
      assert.ok(
        codes.slice(5).every((code) => code === 'throttled'),
        codes.join(),
      );
    });
    assert.ok(count(seen, 'throttle.engaged') > 0);
  });

  it('is neither inside for policy, nor where a pass is good, nor who may read metrics', async () => {
    await open();
    const ada = await enrolledPerson(served, 'ada');
    const id = await addPerson(served, 'bound');
    const code = await issuePass(served, id, { networks: ['10.0.0.0/8'], uses: 2 });
    await activate(FROM_INSIDE);
    const seen = await eventsOf(served, async () => {
      for (const name of ['x-forwarded-for', 'forwarded', ...OTHERS]) {
        const headers = { [name]: name === 'forwarded' ? `for=${INSIDE}` : INSIDE };
        const answer = await signIn(ada, headers);
        assert.equal(answer.json.code, 'not-permitted', name);
        served.clock.advance(3_600_000);
      }
      const body = { to: 'enrol', identifier: 'bound', proof: { kind: 'pass', data: { code } } };
      const headers = { 'x-forwarded-for': INSIDE };
      assert.equal((await served.api('beginAttempt', { body, headers })).json.code, 'proof-wrong');
    });
    assert.equal(count(seen, 'signin.granted'), 0);
    assert.ok(count(seen, 'signin.refused', 'refused') > 0);
    assert.equal(seen.filter(({ reason }) => reason === 'not-here').length, 1);
    // A proxy that nobody told us of stands between: who asks it is not known.
    const metrics = await served.send({
      path: '/metrics',
      headers: { 'x-forwarded-for': OUTSIDE },
    });
    assert.equal(metrics.status, 403);
    assert.equal((await served.send({ path: '/metrics' })).status, 200);
  });

  it('behind a proxy of ours is what the proxy says, and nothing to the left of it', async () => {
    await open(PROXIED);
    const ada = await enrolledPerson(served, 'ada');
    await activate(FROM_INSIDE);
    for (const [forwarded, state] of [
      [INSIDE, 'granted'],
      [`${OUTSIDE}, ${INSIDE}`, 'granted'],
      [`  ${INSIDE}  `, 'granted'],
      [`::ffff:${INSIDE}`, 'granted'],
      [`not an address, ${INSIDE}`, 'granted'],
      [`${INSIDE}, 127.0.0.2, ::1`, 'granted'],
      [OUTSIDE, 'not-permitted'],
      [`${INSIDE}, ${OUTSIDE}`, 'not-permitted'],
      [`${INSIDE}, ${INSIDE}, ${OUTSIDE}`, 'not-permitted'],
      [`${INSIDE}, ${OUTSIDE}, 127.0.0.2`, 'not-permitted'],
    ] as const) {
      const seen = await eventsOf(served, async () => {
        const { json } = await signIn(ada, { 'x-forwarded-for': forwarded });
        assert.equal(json.state ?? json.code, state, forwarded);
      });
      assert.equal(count(seen, 'signin.granted'), state === 'granted' ? 1 : 0);
      served.clock.advance(3_600_000);
    }
    // The proxy itself is not inside.
    assert.equal((await signIn(ada, {})).json.code, 'not-permitted');
  });

  it('behind a proxy of ours counts each source alone: one IPv4 address, one IPv6 /64', async () => {
    await open(PROXIED);
    const from = (address: string) => guesses(6, () => ({ 'x-forwarded-for': address }));
    assert.deepEqual(await from('198.51.100.1'), [...wrong(5), ...throttled(1)]);
    assert.deepEqual(await from('198.51.100.2'), [...wrong(5), ...throttled(1)]);
    assert.deepEqual(await from('::ffff:198.51.100.2'), throttled(6));
    const spread = await guesses(8, (i) => ({ 'x-forwarded-for': `2001:db8:0:1:${i}::${i}` }));
    assert.deepEqual(spread, [...wrong(5), ...throttled(3)]);
    assert.deepEqual(await from('2001:db8:0:2::1'), [...wrong(5), ...throttled(1)]);
    // What a client writes itself stands to the left of what the proxy adds.
    const rotated = await guesses(6, (i) => ({ 'x-forwarded-for': `192.0.2.${i}, 198.51.100.3` }));
    assert.deepEqual(rotated, [...wrong(5), ...throttled(1)]);
  });

  it('behind a proxy of ours that writes what is no address is refused, by every door', async () => {
    await open(PROXIED);
    for (const forwarded of [
      '',
      ',',
      'unknown',
      '_hidden',
      '10.1.2',
      '10.1.2.3.4',
      '010.1.2.3',
      '0x0a010203',
      '167838211',
      '10.1.2.3:4711',
      '[::1]',
      'for=10.1.2.3',
      '10.1.2.3;',
      '10.1.2.3 10.1.2.4',
      `${INSIDE},`,
      `${INSIDE}, ,127.0.0.1`,
      `\u00e510.1.2.3`,
      new Array(40).fill('127.0.0.1').join(','),
    ]) {
      for (const path of ['/signin', '/api/v1/me', '/healthz']) {
        const { status } = await served.send({ path, headers: { 'x-forwarded-for': forwarded } });
        assert.equal(status, 400, `${path} ${forwarded}`);
      }
    }
  });

  it('is not what the record says', async () => {
    await open(PROXIED);
    const ada = await enrolledPerson(served, 'ada');
    const claimed = { 'x-forwarded-for': `${INSIDE}, ${OUTSIDE}`, 'x-real-ip': INSIDE };
    const done = await signIn(ada, claimed);
    const { token } = done.json.session;
    const { json } = await served.api('listMyActivity', { token });
    const signed = json.items.find(({ type }: { type: string }) => type === 'signin.granted');
    assert.equal(signed.personal.address, OUTSIDE);
    const sessions = await served.api('listMySessions', { token });
    assert.equal(sessions.json.items[0].from.address, OUTSIDE);
    assert.doesNotMatch(served.logged.join(''), /203\.0\.113\.9|10\.1\.2\.3/);
  });
});
