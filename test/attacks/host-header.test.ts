/**
 * Names that are not ours in Host and its many stand-ins (CWE-644, CWE-350; OWASP “Host header injection”, DNS rebinding): no
 * page is given under them, no address is made from them, and no passkey is bound to them.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { readTables } from '../store/fill-tables.ts';
import { count, eventsOf } from '../support/events.ts';
import { rawExchange } from '../support/http-listener.ts';
import { addPerson, issuePass } from '../support/people.ts';
import { openServedHouse, type ServedHouse } from '../support/served-house.ts';
import { type PasskeyPerson, passkeyPerson } from '../support/served-people.ts';

const EVIL = 'evil.example';
const ADDRESSES = ['127.0.0.1', '[::1]', '0.0.0.0'];

/** Headers by which some servers let a client say who they are. */
const STAND_INS: readonly Readonly<Record<string, string>>[] = [
  { 'x-forwarded-host': EVIL },
  { 'x-forwarded-server': EVIL },
  { 'x-host': EVIL },
  { 'x-http-host-override': EVIL },
  { 'x-original-host': EVIL },
  { 'x-original-url': `https://${EVIL}/signin` },
  { 'x-rewrite-url': '/api/v1/people' },
  { forwarded: `host=${EVIL};proto=https` },
  { 'x-forwarded-proto': 'https', 'x-forwarded-port': '443', 'x-forwarded-scheme': 'https' },
  { 'x-forwarded-prefix': `//${EVIL}` },
];

describe('a request under another name', () => {
  let served: ServedHouse;
  let ada: PasskeyPerson;
  before(async () => {
    served = await openServedHouse({ listener: { origin: 'https://signin.example.com' } });
    ada = await passkeyPerson(served, 'ada');
  });
  after(() => served.close());

  const own = 'signin.example.com';

  it('is sent away by every route, and changes nothing', async () => {
    const before = await readTables(served.test.store);
    for (const host of [
      EVIL,
      `${own}.${EVIL}`,
      `evil-${own}`,
      `${own}:8443`,
      `${own}.`,
      `${own}@${EVIL}`,
      `${EVIL}#${own}`,
      `${EVIL}/${own}`,
      'example.com',
      `localhost:${served.port + 1}`,
      '127.0.0.1.evil.example',
      '2130706433',
      ...ADDRESSES,
    ]) {
      for (const { method, path } of served.routes) {
        // What is public and the same for everyone is there for whoever asks by a name of old.
        if (method === 'HEAD' || method === 'OPTIONS' || path.startsWith('/pki/')) continue;
        // Whether it is well is told in a word to whatever watches over it, and counts to who comes by an address.
        if (path === '/healthz' || path === '/readyz') continue;
        if (path === '/metrics' && ADDRESSES.includes(host)) continue;
        const answer = await served.send({ method, path, headers: { host } });
        assert.equal(answer.status, 421, `${method} ${path} for ${host}`);
        assert.equal(answer.headers.get('location'), null);
        assert.deepEqual(answer.headers.getSetCookie(), []);
      }
    }
    assert.deepEqual(await readTables(served.test.store), before);
  });

  it('is refused when it says twice, or not at all, whom it is for', async () => {
    for (const head of [
      '',
      'host:\r\n',
      `host: ${own}\r\nhost: ${EVIL}\r\n`,
      `host: ${EVIL}\r\nhost: ${own}\r\n`,
      `host: ${own}, ${EVIL}\r\n`,
      `host: ${own} ${EVIL}\r\n`,
    ]) {
      const answer = await rawExchange(
        served.port,
        `GET /signin HTTP/1.1\r\n${head}connection: close\r\n\r\n`,
      );
      assert.match(answer, /^HTTP\/1\.1 4(?:00|21) /, head);
      assert.doesNotMatch(answer, /\r\n(?:set-cookie|location):/i);
    }
  });

  it('gains nothing by a target that names another server', async () => {
    for (const target of [
      `http://${EVIL}/me`,
      `https://${EVIL}/signin`,
      `//${EVIL}/signin`,
      `/\\${EVIL}`,
      `*.${EVIL}/`,
    ]) {
      for (const host of [own, `localhost:${served.port}`]) {
        const answer = await rawExchange(
          served.port,
          `GET ${target} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`,
        );
        assert.doesNotMatch(answer.split('\r\n\r\n')[0] ?? '', new RegExp(EVIL), target);
        const location = /\r\nlocation: ([^\r]*)/i.exec(answer)?.[1];
        if (location === undefined) continue;
        assert.equal(new URL(location, served.origin).host, own, `${target} leads to ${location}`);
      }
    }
  });

  it('is not believed by any stand-in for Host: addresses, cookies and pages stay ours', async () => {
    const plain = await served.send({ path: '/me' });
    for (const headers of STAND_INS) {
      const answer = await served.send({ path: '/me', headers });
      assert.equal(answer.status, plain.status);
      assert.match(answer.headers.get('location') ?? '', /^\/signin\?tab=[\w-]{8}$/);
      for (const cookie of answer.headers.getSetCookie()) {
        assert.match(cookie, /^__Host-sallyport-/);
        assert.doesNotMatch(cookie, /domain=/i);
      }
      const page = await served.send({ path: '/signin', headers });
      assert.equal(page.status, 200);
      assert.doesNotMatch(page.text, new RegExp(EVIL));
      const api = await served.send({ path: '/api/v1/me', headers });
      assert.equal(api.status, 401);
      assert.doesNotMatch(api.text + JSON.stringify([...api.headers]), new RegExp(EVIL));
    }
  });

  it('changes no method and no path: only the request line says what is asked for', async () => {
    const before = await readTables(served.test.store);
    for (const headers of [
      { 'x-http-method-override': 'DELETE' },
      { 'x-http-method': 'DELETE' },
      { 'x-method-override': 'DELETE' },
      { 'x-original-url': '/healthz' },
      { 'x-rewrite-url': '/healthz' },
    ]) {
      const answer = await served.send({ path: `/api/v1/people/${ada.id}`, headers });
      assert.equal(answer.status, 401);
    }
    const tunnelled = await served.send({
      method: 'POST',
      path: `/api/v1/people/${ada.id}?_method=DELETE`,
    });
    assert.equal(tunnelled.status, 405);
    assert.deepEqual(await readTables(served.test.store), before);
  });

  it('gets no enrolment link and no passkey challenge for its name, and ours does', async () => {
    const id = await addPerson(served, 'newcomer');
    const code = await issuePass(served, id);
    const stolen = await served.send({
      path: `/enrol/${id}.${code}`,
      headers: { 'x-forwarded-host': EVIL, forwarded: `host=${EVIL}` },
    });
    assert.equal(stolen.headers.get('location'), '/enrol');
    const body = { to: 'signIn' };
    const asked = await served.api('beginAttempt', { body, headers: { 'x-forwarded-host': EVIL } });
    const [challenge] = asked.json.attempt.challenges;
    assert.equal(challenge.data.rpId, own);
    const refused = await served.api('offerProof', {
      params: { id: asked.json.attempt.id },
      body: {
        attempt: asked.json.attempt.token,
        proof: { kind: 'webauthn', data: ada.passkey.get(challenge.data, `https://${EVIL}`) },
      },
    });
    assert.equal(refused.json.code, 'proof-wrong');
    const seen = await eventsOf(served, async () => {
      const again = await served.api('beginAttempt', { body });
      const { id, token, challenges } = again.json.attempt;
      const data = ada.passkey.get(challenges[0].data, served.origin);
      const proof = { kind: 'webauthn', data };
      const done = await served.api('offerProof', {
        params: { id },
        body: { attempt: token, proof },
      });
      assert.equal(done.json.state, 'granted');
    });
    assert.equal(count(seen, 'signin.granted', 'granted'), 1);
    assert.ok(served.logged.some((line) => line.includes('"status":421')));
  });
});
