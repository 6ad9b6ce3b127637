/** Two `sallyport serve` on one PostgreSQL work as one: what one of them grants, ends, counts or activates, the other knows. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import { databaseSource } from '../../server/record/database-source.ts';
import { recordHead } from '../../server/record/head.ts';
import { verifyRecord } from '../../server/record/verify.ts';
import { tables } from '../../server/store/statement.ts';
import { addPerson, comeWithPass, enrol, issuePass, PASSWORD } from '../support/people.ts';
import { type ApiAnswer, callApi, type ServedProcess } from '../support/served.ts';
import {
  type SoftwareAuthenticator,
  softwareAuthenticator,
} from '../support/software-authenticator.ts';
import { isPostgres } from '../support/store.ts';
import { createTotpApp } from '../support/totp-app.ts';
import { until } from '../support/until.ts';
import { ORIGIN, openTwoNodes, type TwoNodes } from './two-nodes.ts';

const t = tables<{
  lease: { name: string; holder: string; token: number };
  record_log: { log: number };
  subject: { id: string; roles: string };
  vault_ring_key: { version: number };
}>();
const leaseOfRecord = t.statement((db) =>
  db.selectFrom('lease').selectAll().where('name', '=', 'record'),
);
const logs = t.statement((db) => db.selectFrom('record_log').select('log'));
const subjects = t.statement((db) => db.selectFrom('subject').select(['id', 'roles']));
const ringKeys = t.statement((db) => db.selectFrom('vault_ring_key').select('version'));

/** Wrong guesses at one account that cost no wait; more than any test here makes by the way. */
const FREE = 120;
const SETTINGS = `gate: { throttles: { account: { free: ${FREE} }, source: { free: 100000 } } }`;

describe('two nodes on one database', { skip: !isPostgres() && 'runs with STORE=postgres' }, () => {
  let two: TwoNodes;
  let one: ServedProcess;
  let other: ServedProcess;
  let people = 0;

  before(async () => {
    two = await openTwoNodes(SETTINGS);
    [one, other] = two.nodes;
  });
  after(() => two?.close());

  interface Somebody {
    readonly identifier: string;
    readonly codes: string[];
    readonly uri: string;
  }

  async function somebody(): Promise<Somebody> {
    people += 1;
    const identifier = `person-${people}`;
    const { visited } = two;
    const id = await addPerson(visited, identifier);
    const token = await comeWithPass(visited, identifier, await issuePass(visited, id));
    let uri = '';
    await enrol(visited, token, 'password', () => ({ password: PASSWORD }));
    await enrol(visited, token, 'totp', (offer) => {
      uri = String(offer.uri);
      return { code: createTotpApp(uri, visited.clock).code() };
    });
    const codes = await enrol(visited, token, 'recovery', () => ({}));
    const completed = await visited.house.enrolments.complete(token, visited.arrival());
    assert.equal(completed.state, 'done', JSON.stringify(completed));
    return { identifier, codes: [...codes], uri };
  }

  /** The administrator that the first start made, with a passkey. */
  async function administrator(): Promise<SoftwareAuthenticator> {
    const { visited } = two;
    const { house } = visited;
    const [admin] = await house.store.read((q) =>
      house.people.list(q, { role: 'administrator', limit: 2 }),
    );
    assert.ok(admin);
    const token = await comeWithPass(visited, 'admin', await issuePass(visited, admin.id));
    const passkey = softwareAuthenticator();
    await enrol(visited, token, 'webauthn', (offer) => passkey.create(offer, ORIGIN));
    await enrol(visited, token, 'webauthn', (offer) =>
      softwareAuthenticator().create(offer, ORIGIN),
    );
    await enrol(visited, token, 'recovery', () => ({}));
    const completed = await house.enrolments.complete(token, visited.arrival());
    assert.equal(completed.state, 'done', JSON.stringify(completed));
    return passkey;
  }

  async function attemptOf(node: ServedProcess, { identifier }: Pick<Somebody, 'identifier'>) {
    const asked = await callApi(node, 'POST /attempts', { body: { to: 'signIn', identifier } });
    assert.equal(asked.status, 200, JSON.stringify(asked));
    return asked.body.attempt as { id: string; token: string };
  }

  function offer(
    node: ServedProcess,
    attempt: { id: string; token: string },
    kind: string,
    data: object,
  ): Promise<ApiAnswer> {
    const body = { attempt: attempt.token, proof: { kind, data } };
    return callApi(node, `POST /attempts/${attempt.id}/proofs`, { body });
  }

  /** The first proof on one node, the second on another. */
  async function signIn(first: ServedProcess, second: ServedProcess, who: Somebody) {
    const attempt = await attemptOf(first, who);
    const half = await offer(first, attempt, 'password', { password: PASSWORD });
    assert.equal(half.body.state, 'challenged', JSON.stringify(half));
    const code = who.codes.pop();
    const whole = await offer(second, attempt, 'recovery', { code });
    assert.equal(whole.body.state, 'granted', JSON.stringify(whole));
    return whole.body.session as { id: string; token: string };
  }

  /** As many as either node takes on a slow machine without saying that it is too much at once. */
  async function fewAtOnce<T>(count: number, work: (at: number) => Promise<T>): Promise<T[]> {
    const done: T[] = [];
    while (done.length < count) {
      const some = Array.from({ length: Math.min(8, count - done.length) }, (_, i) => i);
      const from = done.length;
      done.push(...(await Promise.all(some.map((i) => work(from + i)))));
    }
    return done;
  }

  const status = async (node: ServedProcess, token: string) =>
    (await callApi(node, 'GET /me', { token })).status;

  it('come up together on a database without a table', async () => {
    for (const node of two.nodes) {
      assert.equal((await fetch(`${node.address}/readyz`)).status, 200);
    }
    const { store } = two.own.house;
    assert.equal((await store.read((q) => q.all(ringKeys, {}))).length, 1);
    assert.equal((await store.read((q) => q.all(logs, {}))).length, 1);
    // One administrator is waited for, not two; and a link that was given leads to them.
    const found = await store.read((q) => q.all(subjects, {}));
    assert.deepEqual(
      found.map(({ roles }) => roles),
      ['["administrator"]'],
    );
    assert.ok(two.nodes.some(({ firstLink }) => firstLink?.includes(found[0]?.id ?? '-')));
  });

  it('go on with a sign-in that the other began, and take each other’s sessions', async () => {
    const ada = await somebody();
    const { token } = await signIn(one, other, ada);
    assert.equal(await status(one, token), 200);
    assert.equal(await status(other, token), 200);
  });

  it('see at once that the other ended a session', async () => {
    const ada = await somebody();
    for (const [here, there] of [
      [one, other],
      [other, one],
    ] as const) {
      const mine = await signIn(here, here, ada);
      const lost = await signIn(there, there, ada);
      // Each node has used both, and so remembers all that it ever does.
      for (const node of two.nodes) {
        assert.equal(await status(node, mine.token), 200);
        assert.equal(await status(node, lost.token), 200);
      }
      const ended = await callApi(here, `DELETE /me/sessions/${lost.id}`, { token: mine.token });
      assert.equal(ended.status, 204, JSON.stringify(ended));
      assert.equal(await status(there, lost.token), 401);
      const out = await callApi(here, 'POST /me/sign-out', { token: mine.token });
      assert.equal(out.status, 204, JSON.stringify(out));
      assert.equal(await status(there, mine.token), 401);
    }
  });

  it('let one of a hundred uses of a code through, whichever node they come to', async () => {
    const ada = await somebody();
    const code = ada.codes[0];
    const attempts = await fewAtOnce(100, async (at) => {
      const node = at % 2 === 0 ? one : other;
      const attempt = await attemptOf(node, ada);
      const half = await offer(node, attempt, 'password', { password: PASSWORD });
      assert.equal(half.body.state, 'challenged', JSON.stringify(half));
      return { node, attempt };
    });
    const answers = await Promise.all(
      attempts.map(({ node, attempt }) => offer(node, attempt, 'recovery', { code })),
    );
    const tally = new Map<string, number>();
    for (const { body } of answers) {
      const word = body.state ?? body.type ?? body.code;
      tally.set(word, (tally.get(word) ?? 0) + 1);
    }
    assert.equal(tally.get('granted'), 1, JSON.stringify([...tally]));
  });

  it('take a code of the app once, at either', async () => {
    const ada = await somebody();
    // The one after that of the enrolment: good at once, and for as long as this takes.
    const code = createTotpApp(ada.uri, two.visited.clock).code(1);
    const answers: ApiAnswer[] = [];
    for (const node of two.nodes) {
      const attempt = await attemptOf(node, ada);
      await offer(node, attempt, 'password', { password: PASSWORD });
      answers.push(await offer(node, attempt, 'totp', { code }));
    }
    assert.equal(answers[0]?.body.state, 'granted', JSON.stringify(answers));
    assert.equal(answers[1]?.status, 403, JSON.stringify(answers));
  });

  it('count guesses together', async () => {
    const ada = await somebody();
    const guess = async (node: ServedProcess) => {
      const attempt = await attemptOf(node, ada);
      return offer(node, attempt, 'password', { password: 'not the one that it is' });
    };
    // Half of what is free at each: neither would slow anyone down by itself.
    for (const node of two.nodes) {
      for (const { status } of await fewAtOnce(FREE / 2, () => guess(node))) {
        assert.equal(status, 403);
      }
    }
    // Nor would it with some more, which there are where a slow machine forgets the first of them, and outlives the first wait.
    let waits: ApiAnswer[] = [];
    for (let more = 0; more < FREE / 8 && waits.length === 0; more++) {
      const answers = await Promise.all([guess(one), guess(other), guess(other)]);
      waits = answers.filter(({ status }) => status === 429);
    }
    assert.ok(waits.length > 0);
    for (const { body } of waits) assert.ok(body.retryAfter >= 1);
  });

  it('judge by the policies that the other activated, from its commit on', async () => {
    const passkey = await administrator();
    const ada = await somebody();
    const asked = await callApi(one, 'POST /attempts', { body: { to: 'signIn' } });
    const { attempt } = asked.body;
    const assertion = passkey.get(attempt.challenges[0].data, ORIGIN);
    const granted = await offer(one, attempt, 'webauthn', assertion);
    assert.equal(granted.body.state, 'granted', JSON.stringify(granted));
    const { token } = granted.body.session;
    await signIn(other, other, ada);
    const closed = `@id("closed")\n@because("Only administrators come in today.")
forbid (principal is Person, action == Action::"signIn", resource)
unless { principal in Role::"administrator" };\n`;
    const activate = async (files: object) => {
      const activated = await callApi(one, 'POST /policies', { token, body: { files } });
      assert.equal(activated.status, 201, JSON.stringify(activated));
    };
    await activate({ ...shippedPolicies(), 'closed.cedar': closed });
    const begun = await attemptOf(other, ada);
    const refused = await offer(other, begun, 'password', { password: PASSWORD });
    assert.equal(refused.status, 403, JSON.stringify(refused));
    await activate(shippedPolicies());
    await signIn(other, other, ada);
  });

  it('sequence the record one at a time; the other takes over from one that was killed', async () => {
    const { store } = two.own.house;
    const lease = async () => {
      const row = await store.read((q) => q.one(leaseOfRecord, {}));
      assert.ok(row);
      return { pid: Number(row.holder.split('/').at(-1)), token: row.token };
    };
    const ada = await somebody();
    await Promise.all([signIn(one, other, ada), signIn(other, one, ada)]);
    // Whose it is now: a machine that stood still for five seconds may have handed it over.
    const before = await lease();
    assert.ok([one.pid, other.pid].includes(before.pid));
    const [dying, heir] = before.pid === one.pid ? [one, other] : [other, one];
    await dying.kill('SIGKILL');
    await signIn(heir, heir, ada);
    await until(
      'the record is sequenced',
      async () => (await store.read(recordHead))?.unsequenced === 0,
    );
    const now = await lease();
    assert.equal(now.pid, heir.pid);
    assert.equal(now.token, before.token + 1);
    const verified = await verifyRecord(databaseSource(store));
    assert.equal(verified.state, 'sound', JSON.stringify(verified));
    if (verified.state === 'sound')
      assert.deepEqual([verified.logs.length, verified.remarks], [1, []]);
    // And a third comes to help.
    const third = await two.start();
    assert.equal((await signIn(third, heir, ada)).token.length > 0, true);
  });
});
