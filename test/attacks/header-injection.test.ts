/**
 * Line ends and odd bytes in whatever reaches a header or a log (CWE-113 response splitting, CWE-93, CWE-117 log forging), and
 * requests that two readers would cut in different places (CWE-444; RFC 9112 §11.1 and §11.2).
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { readTables } from '../store/fill-tables.ts';
import { events } from '../support/events.ts';
import { rawExchange } from '../support/http-listener.ts';
import { enrolledPerson, signIn, type TestPerson } from '../support/people.ts';
import { openServedHouse, type ServedHouse } from '../support/served-house.ts';

const MARK = 'planted';

/** Each would begin a header of its own, or end the head, in some reader. The two from U+56xx do once they are cut to bytes. */
const BREAKS = [
  '%0d%0a',
  '%0D%0A%20',
  '%0a',
  '%0d',
  '%00',
  '%E5%98%8D%E5%98%8A',
  '%C4%8D%C4%8A',
  '%u000d%u000a',
  '%250d%250a',
  '%c2%85',
  '%e2%80%a8',
  '\u00e5\u0098\u008a',
  '\u0085',
  '\\r\\n',
];

describe('a line end where none belongs', () => {
  let served: ServedHouse;
  let ada: TestPerson;
  let session: string;
  before(async () => {
    served = await openServedHouse();
    ada = await enrolledPerson(served, 'ada');
    session = (await signIn(served, ada)).session.token;
  });
  after(() => served.close());

  function clean(headers: Headers, what: string): void {
    for (const [name, value] of headers) {
      assert.notEqual(name, MARK, what);
      if (name === 'set-cookie') assert.match(value, /^sallyport-\w+=[\w-]*; Path=\/;/, what);
    }
  }

  it('in an address splits no answer, on any route', async () => {
    const cookie = `sallyport-session=${session}`;
    const paths = new Set(served.routes.filter((r) => r.method === 'GET').map(({ path }) => path));
    for (const path of paths) {
      for (const bad of BREAKS) {
        const planted = `${bad}${MARK}:1${bad}Set-Cookie:x=1`;
        const filled = path.replace(/:\w+/, planted);
        // Under another name of ours, the target is repeated in the address that it moves to.
        for (const host of [`localhost:${served.port}`, `127.0.0.1:${served.port}`]) {
          const target = `${filled}?to=/me${planted}`;
          const answer = await served.send({ path: target, headers: { cookie, host } });
          assert.ok(answer.status < 500, `${answer.status} ${target}`);
          clean(answer.headers, target);
        }
      }
    }
  });

  it('in a place to return to is not followed', async () => {
    for (const bad of BREAKS) {
      const browser = served.browser();
      await browser.get(`/signin?to=/me${bad}${MARK}:1`);
      await browser.onTo('/signin');
      await browser.post('/signin', { identifier: 'ada' });
      await browser.post('/signin/step', { kind: 'password', password: ada.password });
      const done = await browser.post('/signin/step', { kind: 'totp', code: ada.totp.code() });
      served.clock.advance(30_000);
      assert.equal(done.status, 303);
      clean(done.headers, bad);
      assert.match(done.location ?? '', /^\/me[A-Za-z0-9:%\\]*$/, bad);
    }
  });

  it('in a form, a name or a word is no header of the answer', async () => {
    for (const bad of ['\r\n', '\n', '\r', '\u560d\u560a', '\u2028', '\u0085']) {
      const planted = `x${bad}${MARK}: 1${bad}Set-Cookie: x=1`;
      const browser = served.browser();
      await browser.get('/signin');
      clean((await browser.post('/signin', { identifier: planted })).headers, planted);
      clean((await browser.get('/signin/step')).headers, planted);
      clean(
        (await browser.post('/enrol', { identifier: planted, pass: planted })).headers,
        planted,
      );
      for (const body of [
        { to: 'signIn', identifier: planted },
        { to: 'stepUp', action: planted },
        { to: 'enrol', person: planted },
      ]) {
        clean((await served.api('beginAttempt', { body })).headers, planted);
      }
    }
  });

  it('in a header ends the request, and nothing behind it is another', async () => {
    const before = await readTables(served.test.store);
    const head = `host: localhost:${served.port}\r\n`;
    const smuggled = `GET /healthz HTTP/1.1\r\nhost: localhost:${served.port}\r\nx: `;
    const requests = {
      'a bare line feed in a value': `GET /signin HTTP/1.1\r\n${head}x: a\n${MARK}: b\r\n\r\n`,
      'a bare carriage return in a value': `GET /signin HTTP/1.1\r\n${head}x: a\r${MARK}: b\r\n\r\n`,
      'a NUL in a value': `GET /signin HTTP/1.1\r\n${head}x: a\0b\r\n\r\n`,
      'a folded line': `GET /signin HTTP/1.1\r\n${head}x: a\r\n ${MARK}: b\r\n\r\n`,
      'a blank before the colon': `GET /signin HTTP/1.1\r\n${head}x : a\r\n\r\n`,
      'no name': `GET /signin HTTP/1.1\r\n${head}: a\r\n\r\n`,
      'a line feed in the target': `GET /signin\n?x HTTP/1.1\r\n${head}\r\n`,
      'a blank in the target': `GET /signin ${MARK} HTTP/1.1\r\n${head}\r\n`,
      'another version': `GET /signin HTTP/9.9\r\n${head}\r\n`,
      'two lengths': `POST /signin HTTP/1.1\r\n${head}content-length: 0\r\ncontent-length: ${smuggled.length}\r\n\r\n${smuggled}`,
      'a list of lengths': `POST /signin HTTP/1.1\r\n${head}content-length: 0, ${smuggled.length}\r\n\r\n${smuggled}`,
      'a length with a sign': `POST /signin HTTP/1.1\r\n${head}content-length: +4\r\n\r\nabcd`,
      'a length and chunks': `POST /signin HTTP/1.1\r\n${head}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
      'chunks, in other words': `POST /signin HTTP/1.1\r\n${head}transfer-encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`,
      'chunks that are not the last coding': `POST /signin HTTP/1.1\r\n${head}transfer-encoding: chunked, gzip\r\n\r\n0\r\n\r\n${smuggled}`,
      'a chunk with a length that is none': `POST /signin HTTP/1.1\r\n${head}transfer-encoding: chunked\r\n\r\n0x4\r\nabcd\r\n0\r\n\r\n`,
    };
    for (const [what, bytes] of Object.entries(requests)) {
      const answer = await rawExchange(served.port, bytes);
      assert.match(answer, /^HTTP\/1\.1 4\d\d /, what);
      assert.doesNotMatch(answer, /^HTTP\/1\.1 [^4]/m, what);
      assert.doesNotMatch(answer, new RegExp(`${MARK}|^alive$`, 'm'), what);
    }
    assert.deepEqual(await readTables(served.test.store), before);
  });

  it('leaves every line of the log one line, with nothing in it that was sent', async () => {
    const agent = `curl\u00ff\t{"level":60,"msg":"${MARK}"}`;
    await served.send({
      path: `/nowhere/${MARK}%0a{"level":60}`,
      headers: { 'user-agent': agent, 'x-request-id': MARK, traceparent: MARK },
    });
    for (const bad of BREAKS) await served.send({ path: `/${bad}${MARK}` });
    assert.ok(served.logged.length > 100);
    for (const line of served.logged) {
      assert.equal(line.trimEnd().split('\n').length, 1);
      assert.equal(typeof JSON.parse(line).request, 'string');
      assert.doesNotMatch(line, new RegExp(MARK));
    }
  });

  it('in what a browser calls itself is kept as it came, sealed, and shown in quotation marks', async () => {
    const agent = `Odd\u0085browser\t"<b>${MARK}</b>"`;
    const browser = served.browser();
    const headers = { 'user-agent': agent };
    await browser.get('/signin', headers);
    await browser.post('/signin', { identifier: 'ada' }, headers);
    await browser.post('/signin/step', { kind: 'password', password: ada.password }, headers);
    await browser.post('/signin/step', { kind: 'totp', code: ada.totp.code() }, headers);
    const page = await browser.get('/me');
    assert.equal(page.status, 200);
    assert.doesNotMatch(page.text, new RegExp(`<b>${MARK}`));
    const token = browser.cookies.get('sallyport-session') ?? '';
    const { json } = await served.api('listMySessions', { token });
    assert.ok(
      json.items.some((each: { from: { userAgent: string } }) => each.from.userAgent === agent),
    );
    const leaves = (await events(served)).map((event) => JSON.stringify(event));
    assert.ok(leaves.length > 0);
    for (const leaf of leaves) assert.doesNotMatch(leaf, new RegExp(MARK));
  });
});
