/**
 * Finding out who has an account (CWE-204, CWE-208; ASVS 6.3.8; T1589.003): by words, statuses, headers, lengths, cookies, by how
 * many requests it takes, and by time. Time is counted, not measured: what costs the same hashes, transactions and statements
 * can’t be told apart by a clock, and a count is the same on a busy machine.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { eventsOf } from '../support/events.ts';
import { addPerson, enrolledPerson, issuePass, type TestPerson } from '../support/people.ts';
import { type Answer, openServedHouse, type ServedHouse } from '../support/served-house.ts';
import { passkeyPerson } from '../support/served-people.ts';
import type { WebAnswer } from '../support/web-client.ts';
import { type Work, workOf } from '../support/work.ts';

/** Of one length, so that what repeats the name is of one length too. */
const NAMES = [
  'is-known',
  'passkeys',
  'disabled',
  'is-erase',
  'enrollin',
  'a-nobody',
  '-nobody-',
  'no body!',
] as const;

describe('whether a name is somebody’s', () => {
  let served: ServedHouse;
  let known: TestPerson;
  before(async () => {
    served = await openServedHouse();
    const { store, acts } = served.house;
    const by = { door: 'cli' };
    known = await enrolledPerson(served, 'is-known');
    await passkeyPerson(served, 'passkeys');
    const disabled = await enrolledPerson(served, 'disabled');
    await store.write((tx) => acts.disable(tx, disabled.id, by));
    const erased = await enrolledPerson(served, 'is-erase');
    await store.write((tx) => acts.erase(tx, erased.id, by));
    await addPerson(served, 'enrollin');
  });
  after(() => served.close());

  /** Every other answer follows from the name’s answers alone: each begins where the counts of the one before are forgotten. */
  const later = () => served.clock.advance(2 * 3_600_000);

  function allAlike<T>(seen: readonly T[], what: string): void {
    NAMES.forEach((name, i) => {
      assert.deepEqual(seen[i], seen[0], `${what}: ${name} differs from ${NAMES[0]}`);
    });
  }

  /** What an observer sees, but for what is random in every answer. */
  function visible({
    status,
    headers,
    text,
  }: Pick<WebAnswer | Answer, 'status' | 'headers' | 'text'>) {
    const kept = [...headers]
      .filter(([name]) => !['date', 'x-request-id', 'set-cookie'].includes(name))
      .map(([name, value]) => [name, value.replace(/tab=[\w-]{8}$/, '(tab)')]);
    const cookies = headers.getSetCookie().map((line) => {
      const [pair = '', ...flags] = line.split(';');
      return [pair.split('=')[0], pair.length, ...flags];
    });
    return {
      status,
      headers: kept,
      cookies,
      length: text.length,
      text: NAMES.reduce((all, name) => all.replaceAll(name, '(name)'), text)
        .replaceAll(/name="csrf" value="[^"]*"/g, '')
        .replaceAll(/name="tab" value="[^"]*"/g, '')
        .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '(id)')
        .replaceAll(/spa_[\w-]+/g, '(token)')
        .replaceAll(/tab=[\w-]{8}/g, '(tab)')
        .replaceAll(/"expiresAt":"[^"]*"/g, '(time)')
        .replaceAll(/"challenge":"[^"]*"|&quot;challenge&quot;:&quot;[^&]*&quot;/g, '(challenge)'),
    };
  }

  it('is not told by the pages: not in words, lengths, headers or cookies, nor by how many there are', async () => {
    const seen = [];
    for (const identifier of NAMES) {
      const browser = served.browser();
      const answers = [await browser.get('/signin')];
      const walk = async (answer: Promise<WebAnswer>) => {
        let at = await answer;
        answers.push(at);
        while (at.leads !== undefined) {
          at = await browser.get(at.leads);
          answers.push(at);
        }
      };
      await walk(browser.post('/signin', { identifier }));
      for (let i = 0; i < 7; i++) {
        await walk(browser.post('/signin/step', { kind: 'password', password: `wrong ${i}` }));
      }
      for (const kind of ['totp', 'recovery', 'webauthn', 'pass']) {
        await walk(browser.post('/signin', { identifier }));
        await walk(browser.post('/signin/step', { kind, code: '000000', credential: '{}' }));
      }
      seen.push(
        answers.map(({ location, leads: _named, ...answer }) => ({ location, ...visible(answer) })),
      );
      later();
    }
    allAlike(seen, 'pages');
  });

  it('is not told by the API, for any kind of proof and any of its forms', async () => {
    const seen = [];
    for (const identifier of NAMES) {
      const answers: Answer[] = [];
      for (const proof of [
        { kind: 'password', data: { password: 'wrong' } },
        { kind: 'password', data: {} },
        { kind: 'password', data: { password: '' } },
        { kind: 'password', data: { password: 'x'.repeat(2000) } },
        { kind: 'totp', data: { code: '000000' } },
        { kind: 'recovery', data: { code: 'AAAA-BBBB-CCCC' } },
        { kind: 'pass', data: { code: 'AAAA-BBBB-CCCC-DDDD' } },
        { kind: 'webauthn', data: { id: 'AAAA' } },
      ]) {
        answers.push(
          await served.api('beginAttempt', { body: { to: 'signIn', identifier, proof } }),
        );
      }
      for (let i = 0; i < 3; i++) {
        const body = { to: 'signIn', identifier };
        const begun = await served.api('beginAttempt', { body });
        answers.push(begun);
        const { id, token } = begun.json.attempt;
        const proof = { kind: 'password', data: { password: `wrong ${i}` } };
        const offer = { params: { id }, body: { attempt: token, proof } };
        answers.push(await served.api('offerProof', offer));
      }
      seen.push(answers.map(visible));
      later();
    }
    allAlike(seen, 'API');
  });

  it('is not told to whoever has no pass, by name or by the id in a link', async () => {
    const ids = [known.id, '01900000-0000-7000-8000-000000000001'];
    await issuePass(served, known.id);
    const byName = [];
    for (const identifier of NAMES) {
      const proof = { kind: 'pass', data: { code: 'AAAA-BBBB-CCCC-DDDD' } };
      const browser = served.browser();
      await browser.get('/enrol');
      const posted = await browser.post('/enrol', { identifier, pass: 'AAAA-BBBB-CCCC-DDDD' });
      byName.push([
        visible(await served.api('beginAttempt', { body: { to: 'enrol', identifier, proof } })),
        visible(posted),
        visible(await browser.get('/enrol')),
      ]);
      later();
    }
    allAlike(byName, 'pass');
    const byLink = [];
    for (const id of ids) {
      const browser = served.browser();
      const opened = await browser.get(`/enrol/${id}.AAAA-BBBB-CCCC-DDDD`);
      const welcome = await browser.get('/enrol');
      const begun = await browser.post('/enrol/begin', {});
      byLink.push([opened, welcome, begun, await browser.get('/enrol')].map(visible));
      later();
    }
    assert.deepEqual(byLink[0], byLink[1]);
  });

  it('costs the house the same: hashes, transactions, statements, events', async () => {
    const device = `spd_${'A'.repeat(65)}`;
    for (const headers of [{}, { cookie: `sallyport-device=${device}` }]) {
      const costs: { asked: Work; proved: Work; events: string[] }[] = [];
      for (const identifier of NAMES) {
        let begun: Answer | undefined;
        let proved: Work | undefined;
        let asked: Work | undefined;
        const events = await eventsOf(served, async () => {
          asked = await workOf(served, async () => {
            begun = await served.api('beginAttempt', {
              body: { to: 'signIn', identifier },
              headers,
            });
          });
          const { id, token } = begun?.json.attempt ?? {};
          const proof = { kind: 'password', data: { password: 'wrong' } };
          const offer = { params: { id }, body: { attempt: token, proof }, headers };
          proved = await workOf(served, () => served.api('offerProof', offer));
        });
        assert.ok(asked && proved);
        assert.equal(proved.hashes, 1, identifier);
        assert.equal(asked.hashes, 0, identifier);
        costs.push({
          asked,
          proved,
          events: events.map(({ type, outcome }) => `${type} ${outcome}`),
        });
        later();
      }
      allAlike(costs, 'work');
    }
  });

  it('costs the house the same for a pass', async () => {
    const costs: Work[] = [];
    for (const identifier of NAMES) {
      const proof = { kind: 'pass', data: { code: 'AAAA-BBBB-CCCC-DDDD' } };
      const body = { to: 'enrol', identifier, proof };
      costs.push(await workOf(served, () => served.api('beginAttempt', { body })));
      later();
    }
    allAlike(costs, 'work');
  });

  it('is told to its owner, and to the record, which knows them apart', async () => {
    const reasons: Record<string, unknown> = {};
    for (const identifier of NAMES) {
      const proof = { kind: 'password', data: { password: 'wrong' } };
      const body = { to: 'signIn', identifier, proof };
      const seen = await eventsOf(served, () => served.api('beginAttempt', { body }));
      reasons[identifier] = seen.find(({ type }) => type === 'proof.refused')?.reason;
      later();
    }
    assert.deepEqual(reasons, {
      'is-known': 'wrong',
      passkeys: 'wrong',
      disabled: 'disabled',
      'is-erase': 'unknown-subject',
      enrollin: 'not-held',
      'a-nobody': 'unknown-subject',
      '-nobody-': 'unknown-subject',
      'no body!': 'unknown-subject',
    });
    const proof = { kind: 'password', data: { password: known.password } };
    const body = { to: 'signIn', identifier: 'is-known', proof };
    const right = await served.api('beginAttempt', { body });
    assert.deepEqual(
      right.json.attempt.challenges.map(({ kind }: { kind: string }) => kind),
      ['totp', 'recovery'],
    );
  });
});
