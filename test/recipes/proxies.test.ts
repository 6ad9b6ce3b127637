/** docs/proxy.md in real proxies: people with Chromium, scripts with tokens and certificates. */
import assert from 'node:assert/strict';
import type https from 'node:https';
import { after, before, describe, it } from 'node:test';
import { SiteDetail } from '@sallyport/contract/resources.ts';
import type { Page } from 'playwright-core';
import { readSitePath } from '../../server/subjects/site-path.ts';
import { readSiteRules } from '../../server/subjects/site-rules.ts';
import { addSite, RULES } from '../proxy/proxy-house.ts';
import { chromiumPath, openPage } from '../support/browser.ts';
import { signInOnPage } from '../support/browser-sign-in.ts';
import { makeCertificate } from '../support/certificates.ts';
import { count, events, eventsOf } from '../support/events.ts';
import { freePort } from '../support/free-port.ts';
import { enrolledPerson, type TestPerson } from '../support/people.ts';
import { addProcess, addProof } from '../support/processes.ts';
import { openServedHouse, type ServedHouse } from '../support/served-house.ts';
import { curlShowing, request, said, trusting } from './asking.ts';
import {
  type Application,
  findProxy,
  type ProxyKind,
  type RunningProxy,
  recipe,
  startApplication,
  startProxy,
} from './proxies.ts';

for (const kind of ['nginx', 'caddy', 'haproxy'] as const satisfies readonly ProxyKind[]) {
  const missing = findProxy(kind) === undefined ? `no ${kind} on this machine` : false;

  describe(`the recipe for ${kind}`, { skip: missing }, () => {
    let served: ServedHouse;
    let application: Application;
    let proxy: RunningProxy;
    let port: number;
    let ada: TestPerson;
    let robot: ReturnType<typeof makeCertificate>;

    before(async () => {
      application = await startApplication();
      port = await freePort();
      served = await openServedHouse({
        listener: {
          host: '127.0.0.1',
          origin: `https://id.localhost:${port}`,
          trustedProxies: ['127.0.0.1'],
        },
        proxy: {
          trusted: ['127.0.0.1'],
          certificate: { header: 'X-Client-Certificate', from: ['127.0.0.1'] },
        },
      });
      await served.house.signing.ready();
      const site = await addSite(served, 'wiki', [`wiki.localhost:${port}`], RULES);
      const open = [{ path: '/*', function: 'look', public: true }];
      await addSite(served, 'blog', [`blog.localhost:${port}`], open);
      ada = await enrolledPerson(served, 'ada');
      const entries = [{ resource: site.id, scopes: [] }];
      const process = await addProcess(served, 'robot', entries);
      robot = makeCertificate({ subject: { CN: 'robot' }, authority: false });
      await addProof(served, process, 'certificate', { certificate: robot.pem });
      const places = { port, sallyport: served.port, application: application.port };
      proxy = await startProxy(kind, places, kind === 'nginx' ? withCertificates : undefined);
    });
    after(async () => {
      await proxy?.close();
      await application?.close();
      await served?.close();
    });

    const call = (path: string, options: https.RequestOptions = {}) =>
      request(port, 'wiki.localhost', path, options);

    it('lets nobody in without a proof, and anyone where the rules say so', async () => {
      const api = await call('/pages');
      assert.equal(api.status, 401);
      const challenge = String(api.headers['www-authenticate']);
      assert.match(challenge, /^Bearer/);
      assert.equal(challenge.match(/Bearer/g)?.length, 1, challenge);
      const page = await call('/pages', { headers: { accept: 'text/html' } });
      assert.equal(page.status, 303);
      assert.match(
        String(page.headers.location),
        new RegExp(`^https://id\\.localhost:${port}/gate/begin\\?`),
      );
      assert.equal((await call('/public/x')).status, 200);
    });

    it('hands on in a word why somebody is refused, and nothing to who gets in', async () => {
      const refused = await call('/public/x', { headers: { 'X-HTTP-Method-Override': 'DELETE' } });
      assert.equal(refused.status, 403);
      assert.match(String(refused.headers['x-sallyport-refused']), /^[a-z-]+$/);
      assert.equal((await call('/public/x')).headers['x-sallyport-refused'], undefined);
    });

    it('lets no client say who it is, and no path be taken for another', async () => {
      for (const headers of [{ 'X-Sallyport-Subject': 'root' }, { 'x-sallyport-name': 'root' }]) {
        const sent = await call('/public/x', { headers });
        assert.ok(sent.status === 403 || !sent.text.includes('root'), sent.text);
      }
      for (const path of [
        '/public/..;/admin',
        '/public%2f..%2fadmin',
        '/public/%2e%2e/admin',
        '/ADMIN',
        '//admin',
        '/public/../admin',
      ]) {
        const { status } = await call(path);
        assert.ok([400, 401, 403, 404].includes(status), `${status} ${path}`);
      }
      const forwarded = {
        'X-Forwarded-Uri': '/public/x',
        'X-Forwarded-Host': 'x',
        'X-Forwarded-Method': 'GET',
      };
      assert.ok([401, 403].includes((await call('/pages', { headers: forwarded })).status));
      const front = await request(port, 'id.localhost', '/gate/check', {});
      assert.ok([403, 404].includes(front.status));
      for (const host of [`id.localhost.:${port}`, `ID.localhost:${port}`]) {
        const spelled = await request(port, 'id.localhost', '/gate/check', { headers: { host } });
        assert.ok([400, 403, 404].includes(spelled.status) || spelled.text === '', host);
        assert.equal(spelled.headers['x-sallyport-subject'], undefined);
      }
      const asIs = await request(port, 'id.localhost', '/gate/check/as-is/public/x', {});
      assert.ok([403, 404].includes(asIs.status));
    });

    it('lets no client have one site judged and another served', async () => {
      const blog = `blog.localhost:${port}`;
      const asking = (target: string, host: string) =>
        said(port, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      const whole = `https://wiki.localhost:${port}`;
      // What is open at one is closed at the other; nothing of the one that is closed is served.
      const attack = await asking(`${whole}/pages`, blog);
      assert.match(attack, /^HTTP\/1\.1 (?:4\d\d|303) /);
      assert.doesNotMatch(attack, /<title>App/);
      assert.match(
        await asking(`${whole}/public/x`, `wiki.localhost:${port}`),
        /^HTTP\/1\.1 200 [\s\S]*<title>App/,
      );
      assert.match(await asking('/public/x', `wiki.localhost:${port}`), /^HTTP\/1\.1 200 /);
    });

    /** A token for the site, as a script has it. */
    async function bearer(): Promise<string> {
      const process = await served.house.store.read((q) => served.house.processes.find(q, 'robot'));
      assert.ok(process);
      const { shownOnce = [] } = await addProof(served, process, 'secret', {});
      const body = new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: 'robot',
        client_secret: shownOnce[0] ?? '',
        resource: `https://wiki.localhost:${port}`,
      }).toString();
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const options = { method: 'POST', headers };
      const given = await request(port, 'id.localhost', '/oidc/token', options, body);
      assert.equal(given.status, 200, given.text);
      return `Bearer ${JSON.parse(given.text).access_token}`;
    }

    it('lets a script in with a token', async () => {
      const authorization = await bearer();
      const passed = await call('/api/things', { headers: { authorization } });
      assert.equal(passed.status, 200, passed.text);
      assert.match(passed.text, /"x-sallyport-name":"robot"/);
      assert.equal(
        (await call('/api', { headers: { authorization: `${authorization}x` } })).status,
        401,
      );

      // CWE-444: no client takes away who the application is told is there.
      for (const connection of [
        'close, X-Sallyport-Name, X-Sallyport-Scopes, X-Sallyport-Assertion',
        'keep-alive\r\nConnection: X-Sallyport-Name',
        'upgrade, X-Sallyport-Name',
      ]) {
        const lines = `GET /api/things HTTP/1.1\r\nHost: wiki.localhost:${port}\r\nAuthorization: ${authorization}\r\nConnection: ${connection}\r\n\r\n`;
        const answer = await said(port, lines);
        assert.match(answer, /^HTTP\/1\.1 (?:4|200 [\s\S]*"x-sallyport-name":"robot")/);
        assert.doesNotMatch(answer, /"connection":"[^"]*sallyport/i);
      }
    });

    it('passes preflights of other pages where the rules say so, and nobody with them', {
      skip: chromiumPath() === undefined && 'no Chromium',
    }, async () => {
      const browser = await trusting(proxy.pem);
      try {
        const page = await openPage(browser);
        await page.goto(`http://127.0.0.1:${application.port}/`);
        const calls = (path: string, authorization: string) =>
          page.evaluate<string>(`fetch('https://wiki.localhost:${port}${path}', {
            headers: { authorization: '${authorization}' },
          }).then((answer) => answer.text(), () => 'blocked')`);
        const authorization = await bearer();
        assert.match(await calls('/api/things', authorization), /"x-sallyport-name":"robot"/);
        assert.equal(await calls('/pages', authorization), 'blocked', 'no rule for OPTIONS');
        assert.equal(await calls('/api/things', `${authorization}x`), 'blocked');
      } finally {
        await browser.close();
      }
    });

    const asksForCertificates = kind === 'nginx' ? it : () => {};
    asksForCertificates('lets a process in that comes with curl and its certificate', async () => {
      const site = `https://wiki.localhost:${port}/pages`;
      const shows = (one: typeof robot) => curlShowing(one, site);
      const other = makeCertificate({ subject: { CN: 'robot' }, authority: false });
      const seen = await eventsOf(served, async () => {
        const passed = await shows(robot);
        assert.equal(passed.status, 200, served.notices.join('\n'));
        assert.match(passed.text, /"x-sallyport-name":"robot"/);
        assert.equal((await shows(other)).status, 401);
        const header = { 'X-Client-Certificate': encodeURIComponent(robot.pem) };
        assert.equal((await call('/pages', { headers: header })).status, 401);
      });
      assert.equal(count(seen, 'entry.granted'), 1);
      const refused = seen.filter(({ type }) => type === 'entry.refused');
      assert.deepEqual(
        refused.map(({ reason }) => reason),
        ['wrong'],
      );
    });

    it('brings a person in, up and back again', {
      skip: chromiumPath() === undefined && 'no Chromium',
    }, async () => {
      const browser = await trusting(proxy.pem);
      try {
        const page = await openPage(browser);
        await page.goto(`https://wiki.localhost:${port}/pages/1?x=y`);
        await signInOn(page, ada, served);
        await page.getByRole('heading', { name: 'GET /pages/1?x=y' }).waitFor();
        assert.match(await page.textContent('pre').then(String), /"x-sallyport-name":"ada"/);
        const cookies = await page.context().cookies(`https://wiki.localhost:${port}`);
        const site = cookies.find(({ name }) => name === '__Host-sallyport-site');
        assert.ok(site?.httpOnly && site.secure);

        served.clock.advance(10 * 60_000);
        await page.goto(`https://wiki.localhost:${port}/admin/users`);
        await page.getByLabel('Password').fill(ada.password);
        await page
          .getByRole('button', { name: 'Continue' })
          .or(page.getByRole('button', { name: 'Confirm' }))
          .first()
          .click();
        await page.getByRole('heading', { name: 'GET /admin/users' }).waitFor();

        const told = await page.evaluate<string>(`new Promise((resolve) => {
          const socket = new WebSocket('wss://wiki.localhost:${port}/socket');
          socket.onmessage = ({ data }) => resolve(data);
          socket.onerror = () => resolve('closed');
        })`);
        assert.equal(told, 'ada');

        await renews(page, served, port);
        await waits(page, served, application, ada, port);

        await page.goto(`https://wiki.localhost:${port}/.sallyport/leave`);
        await page.waitForURL(/\/signed-out$/);
        await page.goto(`https://wiki.localhost:${port}/pages/1`);
        await page.getByLabel('Name or email').waitFor();
      } finally {
        await browser.close();
      }
    });

    function withCertificates(text: string, folder: string): string {
      assert.ok(folder);
      const [ask, pass] = recipe('nginx', 1).split('# in location = /.sallyport-check');
      const checked =
        '    proxy_set_header X-Forwarded-For $remote_addr;\n  }\n\n  location / {\n    auth_request';
      assert.ok(text.includes(checked) && ask && pass);
      return text.replace(
        checked,
        checked.replace('  }\n\n  location /', `${pass}\n  }\n${ask}\n  location /`),
      );
    }
  });
}

/** The cookie of a site is for half an hour: pages see to another ahead of time, unseen; what is open stays open. */
async function renews(page: Page, served: ServedHouse, port: number): Promise<void> {
  const { clock } = served;
  assert.equal(count(await events(served), 'session.bound'), 1);
  const site = `https://wiki.localhost:${port}`;
  const context = page.context();
  const cookie = async () =>
    (await context.cookies(site)).find(({ name }) => name === '__Host-sallyport-site')?.value;
  const ask = (path: string) =>
    page.evaluate<{ status: number; to: string | null }>(
      `fetch('${path}').then(({ status, headers }) => ({ status, to: headers.get('x-sallyport-step-up') }))`,
    );
  await page.evaluate(`new Promise((resolve) => {
    window.socket = new WebSocket('wss://wiki.localhost:${port}/socket');
    window.socket.onopen = resolve;
  })`);
  const first = await cookie();
  clock.advance(20 * 60_000);
  assert.equal((await ask('/pages/2')).status, 200);
  assert.equal(await cookie(), first, 'nothing in the background is led elsewhere');
  assert.equal(await page.evaluate('window.socket.readyState'), 1);
  // By our own page, which shows the key anew: that of before is past its five minutes.
  await page.goto(`${site}/pages/3?a=b`);
  await page.getByRole('heading', { name: 'GET /pages/3?a=b' }).waitFor();
  assert.notEqual(await cookie(), first);

  const stolen = async (value: string | undefined) => {
    const headers = { cookie: `__Host-sallyport-site=${value}` };
    return (await request(port, 'wiki.localhost', '/pages/4', { headers })).status;
  };
  assert.equal(await stolen(await cookie()), 200);
  clock.advance(60_000);
  assert.equal(await stolen(first), 401, 'a copy of the one before');

  clock.advance(30 * 60_000);
  const { status, to } = await ask('/pages/5');
  assert.equal(status, 401);
  await page.goto(to ?? '');
  await page.getByRole('heading', { name: 'GET /pages/5' }).waitFor();
  assert.equal((await ask('/pages/5')).status, 200);
}

/** A form that is sent when a fresher proof is wanted, or when the cookie's time is over: it waits, and arrives once. */
async function waits(
  page: Page,
  { clock }: ServedHouse,
  application: Application,
  person: TestPerson,
  port: number,
): Promise<void> {
  const site = `https://wiki.localhost:${port}`;
  const before = application.forms.length;
  const text = 'a & b\r\nlast line';
  for (const late of [10 * 60_000, 45 * 60_000]) {
    await page.goto(`${site}/pages/6`);
    await page.getByLabel('Text').fill(text);
    clock.advance(late);
    await page.getByRole('button', { name: 'Import' }).click();
    await page.getByRole('heading', { name: 'Your form was not sent' }).waitFor();
    assert.equal(page.url(), `${site}/keys/import`);
    assert.equal(application.forms.length, before + (late === 10 * 60_000 ? 0 : 1));

    const [tab] = await Promise.all([
      page.context().waitForEvent('page'),
      page.getByRole('link', { name: 'Show that it is you' }).click(),
    ]);
    await tab.getByLabel('Password').fill(person.password);
    await tab
      .getByRole('button', { name: 'Continue' })
      .or(tab.getByRole('button', { name: 'Confirm' }))
      .first()
      .click();
    await tab.getByRole('heading', { name: 'You are signed in' }).waitFor();
    await tab.close();

    await page.getByRole('button', { name: 'Send it now' }).click();
    await page.getByRole('heading', { name: 'POST /keys/import' }).waitFor();
  }
  const arrived = application.forms.slice(before);
  assert.equal(arrived.length, 2, 'each once');
  for (const one of arrived) assert.equal(new URLSearchParams(one).get('text'), text);
}

describe('the site of the guide', () => {
  it('is one, and its rules answer as the guide says', () => {
    const { rules } = SiteDetail.parse(JSON.parse(recipe('json')));
    const at = (target: string, method = 'GET', address = '192.0.2.1') => {
      const path = readSitePath(target);
      const found = path.ok
        ? readSiteRules(rules).find({ method, address, path: path.value })
        : path;
      return found.ok ? found.value.function : found.error;
    };
    assert.equal(at('/pages'), 'read');
    assert.equal(at('/admin'), 'administer');
    assert.equal(at('/keys/import', 'POST'), 'import-keys');
    assert.equal(at('/office/x', 'GET', '10.1.1.1'), 'office');
    assert.equal(at('/public/x'), 'look');
    assert.equal(at('/api/x', 'OPTIONS'), 'ask-leave');
  });
});

async function signInOn(page: Page, person: TestPerson, served: ServedHouse): Promise<void> {
  await signInOnPage(page, person);
  served.clock.advance(30_000);
}
