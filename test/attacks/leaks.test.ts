/**
 * Secrets where others read along (CWE-598 in addresses, CWE-532 in logs, CWE-200, CWE-209; ASVS 14.2.1, 16.2.5): in addresses, which
 * histories, proxies and Referer headers keep; in lines of the log; in errors, which repeat what was sent.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { OperationName } from '@sallyport/contract/api/operations.ts';
import { count, eventsOf } from '../support/events.ts';
import { addPerson, issuePass, PASSWORD } from '../support/people.ts';
import { bodySamples } from '../support/route-samples.ts';
import { openServedHouse, type ServedHouse } from '../support/served-house.ts';
import { type PasskeyPerson, passkeyPerson, passkeySignIn } from '../support/served-people.ts';
import { createTotpApp } from '../support/totp-app.ts';
import type { WebAnswer } from '../support/web-client.ts';

const PLANTED = 'hunter2-hunter2-hunter2';

describe('a secret', () => {
  let served: ServedHouse;
  let root: PasskeyPerson;
  let token: string;
  before(async () => {
    served = await openServedHouse();
    root = await passkeyPerson(served, 'root', ['administrator']);
    token = (await passkeySignIn(served, root)).session.token;
  });
  after(() => served.close());

  it('is in no address, from the link of a newcomer to the end of their first session', async () => {
    const id = await addPerson(served, 'newcomer');
    const code = await issuePass(served, id);
    const browser = served.browser();
    const secrets = new Set<string>([code, code.replaceAll('-', ''), PASSWORD]);
    const addresses: string[] = [];
    const note = (answer: WebAnswer): WebAnswer => {
      addresses.push(answer.location ?? '');
      for (const [, address = ''] of answer.text.matchAll(/(?:href|src|action)="([^"]*)"/g)) {
        if (!address.startsWith('otpauth:')) addresses.push(address);
      }
      for (const [, csrf = ''] of answer.text.matchAll(/name="csrf" value="([^"]+)"/g))
        secrets.add(csrf);
      for (const value of browser.cookies.values()) if (value.length > 16) secrets.add(value);
      return answer;
    };
    const link = note(await browser.get(`/enrol/${id}.${code}`));
    assert.equal(link.headers.get('referrer-policy'), 'no-referrer');
    note(await browser.get('/enrol'));
    note(await browser.post('/enrol/begin', {}));
    note(await browser.get('/enrol/add/password'));
    note(await browser.post('/enrol/add/password', { password: PASSWORD, again: PASSWORD }));
    const page = note(await browser.get('/enrol/add/totp'));
    const uri = /href="(otpauth:[^"]+)"/.exec(page.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
    secrets.add(new URL(uri).searchParams.get('secret') ?? '');
    const app = createTotpApp(uri, served.clock);
    note(await browser.post('/enrol/add/totp', { code: app.code() }));
    note(await browser.get('/enrol/add/recovery'));
    note(await browser.post('/enrol/add/recovery', {}));
    const codes = note(await browser.get('/enrol/codes'));
    const recovery = [...codes.text.matchAll(/<li>(?:<code>)?([A-Z0-9-]{9,})/g)].map(
      ([, each = '']) => each,
    );
    assert.equal(recovery.length, 10);
    for (const each of recovery) secrets.add(each);
    note(await browser.post('/enrol/codes', { kept: 'yes' }));
    note(await browser.get('/enrol/proofs'));
    note(await browser.post('/enrol/finish', {}));
    served.clock.advance(30_000);
    note(await browser.get('/signin'));
    note(await browser.post('/signin', { identifier: 'newcomer' }));
    note(await browser.get('/signin/step'));
    note(await browser.post('/signin/step', { kind: 'password', password: PASSWORD }));
    note(await browser.get('/signin/step?with=totp'));
    note(await browser.post('/signin/step', { kind: 'totp', code: app.code() }));
    note(await browser.get('/me'));
    note(await browser.get('/me/activity'));
    note(await browser.post('/signout', {}));

    assert.ok(secrets.size > 20);
    const everywhere = addresses.join('\n');
    const log = served.logged.join('\n');
    for (const secret of secrets) {
      assert.ok(secret.length >= 8);
      assert.ok(!everywhere.includes(secret), `in an address: ${secret}`);
      assert.ok(!log.includes(secret), `in the log: ${secret}`);
    }
    assert.doesNotMatch(log, /newcomer/);
  });

  it('is in no address and no log by the API, and in no answer twice', async () => {
    const params = { id: await addPerson(served, 'temporary') };
    const pass = (await served.api('issuePass', { token, params, body: {} })).json;
    const issued = (
      await served.api('issueToken', { token, body: { owner: root.id, scope: ['person.read'] } })
    ).json;
    const shown = [
      await served.api('showPerson', { token, params }),
      await served.api('listPeople', { token }),
      await served.api('listSessions', { token }),
      await served.api('searchEvents', { token }),
      await served.api('listMySessions', { token }),
      await served.api('listMyProofs', { token }),
    ];
    const text = shown
      .map((answer) => answer.text + JSON.stringify([...answer.headers]))
      .join('\n');
    for (const secret of [token, issued.token, pass.code, pass.link, root.recovery[0] ?? '']) {
      assert.ok(!text.includes(secret));
      assert.ok(!served.logged.join('').includes(secret));
    }
  });

  it('sent to the wrong place is not repeated by the answer, nor written into the log', async () => {
    const mine = `sallyport-session=${token}`;
    const answers = [
      await served.send({ path: `/api/v1/people?password=${PLANTED}` }),
      await served.send({ path: `/api/v1/people/${PLANTED}`, headers: { cookie: mine } }),
      await served.send({ path: `/me/proofs/${PLANTED}/rename`, headers: { cookie: mine } }),
      await served.send({ path: `/${PLANTED}` }),
      await served.send({ path: `/enrol/${PLANTED}` }),
      await served.send({ path: `/signin?password=${PLANTED}` }),
      await served.send({ path: '/me', headers: { authorization: `Basic ${PLANTED}` } }),
      await served.send({ path: '/api/v1/me', headers: { authorization: `Bearer ${PLANTED}` } }),
      await served.send({
        path: '/api/v1/me',
        headers: { cookie: `sallyport-session=${PLANTED}` },
      }),
      await served.send({
        path: '/api/v1/me',
        headers: { 'x-csrf-token': PLANTED, referer: PLANTED },
      }),
      await served.api('addPerson', {
        token,
        body: { identifier: 'x', displayName: 'X' },
        headers: { 'idempotency-key': `${PLANTED}!` },
      }),
    ];
    for (const name of Object.keys(bodySamples) as OperationName[]) {
      const sample = bodySamples[name] ?? {};
      for (const key of [...Object.keys(sample), 'more']) {
        if (name === 'issueToken' && key === 'scope') continue; // Which one is unknown is told.
        const params = { id: PLANTED };
        const body = { ...sample, [key]: [PLANTED] };
        answers.push(await served.api(name, { token, params, body }));
      }
    }
    for (const { status, headers, text } of answers) {
      assert.ok(status >= 300 && status < 500, text);
      assert.ok(!text.includes(PLANTED), text);
      assert.ok(!JSON.stringify([...headers]).includes(PLANTED));
    }
    assert.ok(!served.logged.join('').includes(PLANTED));
  });

  it('is not told by a fault: outside it is one word, inside the log has the request’s number', async () => {
    const { store } = served.house;
    const { read } = store;
    try {
      const seen = await eventsOf(served, async () => {
        for (const [path, status] of [
          ['/api/v1/me', 503],
          ['/me', 500],
        ] as const) {
          const headers =
            path === '/me'
              ? { cookie: `sallyport-session=${token}` }
              : { authorization: `Bearer ${token}` };
          store.read = () => Promise.reject(new Error(`the database said ${PLANTED}`));
          const answer = await served.send({ path, headers });
          assert.equal(answer.status, status, path);
          assert.ok(!answer.text.includes(PLANTED), path);
          assert.doesNotMatch(answer.text, /database|Error|at .*\.ts/);
          const number = answer.headers.get('x-request-id') ?? '-';
          assert.ok(answer.text.includes(number), path);
          store.read = read;
        }
      });
      assert.equal(count(seen, 'fault.refused', 'refused'), 2);
    } finally {
      store.read = read;
    }
    assert.equal((await served.api('showMe', { token })).status, 200);
  });
});
