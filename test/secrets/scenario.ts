/** A day in the life of a server, in which every kind of secret there is comes up; each is noted to be looked for. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { parseToken, type TokenKind } from '../../server/gate/sessions/token.ts';
import type { PersonId } from '../../server/kernel/id.ts';
import { callApi, type ServedProcess } from '../support/served.ts';
import {
  type SoftwareAuthenticator,
  softwareAuthenticator,
} from '../support/software-authenticator.ts';
import { createTotpApp } from '../support/totp-app.ts';
import { createWebClient } from '../support/web-client.ts';
import type { Secret } from './byte-search.ts';

export interface Scenario {
  readonly secrets: readonly Secret[];
  /** The administrator, for more. */
  readonly token: string;
  /** Not secret, and stored as it is: what must be found where everything is searched. */
  readonly person: PersonId;
}

interface Someone {
  readonly identifier: string;
  readonly displayName: string;
  readonly email: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Nobody else's, in any run. */
const unique = (word: string) => `${word}-${randomBytes(6).toString('hex')}`;

export async function liveThrough(node: ServedProcess): Promise<Scenario> {
  const origin = node.address;
  const secrets: Secret[] = [];
  const keep = <T extends string | Uint8Array>(name: string, value: T): T => {
    secrets.push({ name, value });
    return value;
  };
  /** The whole token, and the secret in it by itself. */
  function keepToken(kind: TokenKind, text: string): string {
    const parsed = parseToken(kind, text) ?? assert.fail(`${text} is no ${kind}`);
    keep(`secret of a token (${kind})`, parsed.secret);
    return keep(`token (${kind})`, text);
  }
  let person = 0;
  function someone(): Someone {
    person += 1;
    const word = unique(`zq${person}`);
    return {
      identifier: keep('name', word),
      displayName: keep('display name', `Ottilie ${unique('Quarn')}`),
      email: keep('mail address', `${unique('mail')}@quarn.example`),
      headers: {
        'user-agent': keep('browser', `Brauser/${unique('ua')}`),
        'x-forwarded-for': keep('address', `203.0.113.${100 + person}`),
      },
    };
  }

  async function call(
    status: number,
    what: string,
    more: { token?: string; body?: unknown; headers?: Readonly<Record<string, string>> } = {},
  ) {
    const answer = await callApi(node, what, more);
    assert.equal(answer.status, status, `${what} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  async function ask(body: object, headers: Readonly<Record<string, string>>, token?: string) {
    const more = { body, headers, ...(token === undefined ? {} : { token }) };
    const { attempt } = await call(200, 'POST /attempts', more);
    keepToken('attempt', attempt.token);
    return attempt;
  }

  async function prove(
    attempt: { id: string; token: string },
    kind: string,
    data: object,
    headers: Readonly<Record<string, string>>,
    token?: string,
  ) {
    const body = { attempt: attempt.token, proof: { kind, data } };
    const more = { body, headers, ...(token === undefined ? {} : { token }) };
    const answer = await callApi(node, `POST /attempts/${attempt.id}/proofs`, more);
    if (answer.body.state === 'granted') {
      keepToken('session', answer.body.session.token);
      if (answer.body.device) keepToken('known-device', answer.body.device.token);
    }
    return answer.body;
  }

  async function enrol(
    token: string,
    headers: Readonly<Record<string, string>>,
    kind: string,
    answer: (offer: Record<string, unknown>) => object,
  ): Promise<string[]> {
    const begun = await call(201, 'POST /me/enrolments', { token, headers, body: { kind } });
    const body = { data: answer(begun.offer) };
    const what = `POST /me/enrolments/${begun.id}/finish`;
    const finished = await call(201, what, { token, headers, body });
    for (const code of finished.shownOnce) {
      keep('recovery code', code);
      keep('recovery code without its line', code.replace('-', ''));
    }
    return finished.shownOnce;
  }

  function keepPass(code: string): string {
    keep('code of a pass without its lines', code.replaceAll('-', ''));
    return keep('code of a pass', code);
  }

  // The administrator comes by the link that the first start printed.
  const office = {
    'user-agent': keep('browser', unique('Office')),
    'x-forwarded-for': '203.0.113.9',
  };
  keep('address', '203.0.113.9');
  assert.ok(node.firstLink);
  const [id, linkCode] = node.firstLink.slice(node.firstLink.lastIndexOf('/') + 1).split('.');
  const code = keepPass(linkCode ?? '');
  // As people do: first in a browser, where the code stands in the address.
  const browser = createWebClient(node.address);
  await browser.get(new URL(node.firstLink).pathname, { 'user-agent': office['user-agent'] });
  const comes = await ask({ to: 'enrol', person: id }, office);
  const enrolling = (await prove(comes, 'pass', { code }, office)).session.token;
  const passkey = softwareAuthenticator();
  await enrol(enrolling, office, 'webauthn', (offer) => passkey.create(offer, origin));
  await enrol(enrolling, office, 'webauthn', (offer) =>
    softwareAuthenticator().create(offer, origin),
  );
  await enrol(enrolling, office, 'recovery', () => ({}));
  await call(204, 'POST /me/enrolment/complete', { token: enrolling, headers: office });
  const token = await byPasskey(passkey);

  async function byPasskey(of: SoftwareAuthenticator): Promise<string> {
    const attempt = await ask({ to: 'signIn' }, office);
    const assertion = of.get(attempt.challenges[0].data, origin);
    return (await prove(attempt, 'webauthn', assertion, office)).session.token;
  }

  // Someone is added, twice with one key, and gets a pass, twice with one key.
  const ada = someone();
  const once = { ...office, 'idempotency-key': unique('once') };
  const { headers, ...adding } = ada;
  const added = await call(201, 'POST /people', { token, headers: once, body: adding });
  await call(201, 'POST /people', { token, headers: once, body: adding });
  await call(409, 'POST /people', { token, headers: office, body: adding });
  const again = { ...office, 'idempotency-key': unique('once') };
  const passes = `POST /people/${added.id}/passes`;
  const pass = await call(201, passes, { token, headers: again, body: {} });
  assert.equal((await call(201, passes, { token, headers: again, body: {} })).code, pass.code);
  keepPass(pass.code);

  await programs({ owner: String(id), token, office });
  await devices({ owner: String(id), token, office });
  await applications(String(id));

  /** A network device is given secrets: one is made here and shown twice with one key, another stood in the device before. */
  async function devices(by: { owner: string; token: string; office: typeof office }) {
    const name = unique('switch');
    const post = (what: string, body: object, more: Readonly<Record<string, string>> = {}) =>
      call(201, `POST ${what}`, { token: by.token, headers: { ...by.office, ...more }, body });
    await post('/devices', { name, kind: 'switch', owner: by.owner });
    const key = { 'idempotency-key': unique('once') };
    const { secret } = await post(`/devices/${name}/proofs`, { kind: 'radius' }, key);
    const twice = await post(`/devices/${name}/proofs`, { kind: 'radius' }, key);
    assert.equal(twice.secret, secret);
    keep('secret of a device', secret);
    const old = keep('secret that a device brought', `${unique('Cisco')}-${unique('shared')}`);
    await post(`/devices/${name}/proofs`, { kind: 'tacacs', secret: old });
    const weak = keep('weak secret of a device', unique('weak'));
    const body = { kind: 'tacacs', secret: weak };
    await call(422, `POST /devices/${name}/proofs`, { token: by.token, headers: by.office, body });
  }

  /** Applications are invited, twice with one key; one registers itself, looks at that, and mistypes. */
  async function applications(owner: string) {
    const once = { ...office, 'idempotency-key': unique('once') };
    const inviting = { token, headers: once, body: { owner } };
    const invited = await call(201, 'POST /app-invitations', inviting);
    assert.deepEqual(await call(201, 'POST /app-invitations', inviting), invited);
    const from = { ...office, 'content-type': 'application/json' };
    const bearer = (text: string) => ({ ...from, authorization: `Bearer ${text}` });
    const said = { redirect_uris: ['https://app.example/cb'], client_name: unique('Ledger') };
    const body = JSON.stringify(said);
    const given = keepToken('invitation', invited.token);
    for (const [text, status] of [
      [keep('mistyped invitation', `${given.slice(0, -6)}zzzzzz`), 401],
      [given, 201],
    ] as const) {
      const sent = { method: 'POST', headers: bearer(text), body };
      const answer = await fetch(`${origin}/oidc/register`, sent);
      assert.equal(answer.status, status);
      if (status !== 201) continue;
      const told = (await answer.json()) as Record<string, string>;
      keep('secret of an application', told.client_secret ?? '');
      const own = keepToken('registration', told.registration_access_token ?? '');
      const at = told.registration_client_uri ?? '';
      assert.equal((await fetch(at, { headers: bearer(own) })).status, 200);
      assert.equal((await fetch(at, { headers: bearer(`${own.slice(0, -6)}zzzzzz`) })).status, 401);
    }
  }

  /** A program is given a secret, shown twice with one key; it comes with that, and mistypes it. */
  async function programs(by: { owner: string; token: string; office: typeof office }) {
    const name = unique('robot');
    const audience = `https://${name}.example/`;
    const detail = { audience, scopes: [{ name: 'read', says: 'Read.' }] };
    const post = (what: string, body: object, more: Readonly<Record<string, string>> = {}) =>
      call(201, `POST ${what}`, { token: by.token, headers: { ...by.office, ...more }, body });
    const api = await post('/resources', { kind: 'api', name: `${name}-api`, detail });
    const entries = [{ resource: api.id, scopes: ['read'] }];
    await post('/processes', { name, owner: by.owner, purpose: 'Reads.', entries });
    const key = { 'idempotency-key': unique('once') };
    const { secret } = await post(`/processes/${name}/proofs`, { kind: 'secret' }, key);
    const twice = await post(`/processes/${name}/proofs`, { kind: 'secret' }, key);
    assert.equal(twice.secret, secret);
    keep('secret of a process', secret);
    keep('secret of a process, its bytes', Buffer.from(secret.slice('spx_'.length), 'base64url'));
    const from = keep('address', '203.0.113.77');
    for (const typed of [
      secret,
      keep('mistyped secret of a process', `${secret.slice(0, -6)}zzzzzz`),
    ]) {
      const response = await fetch(`${node.address}/oidc/token`, {
        method: 'POST',
        headers: {
          authorization: `Basic ${Buffer.from(`${name}:${typed}`).toString('base64')}`,
          'x-forwarded-for': from,
        },
        body: new URLSearchParams({ grant_type: 'client_credentials', resource: audience }),
      });
      assert.equal(response.status, typed === secret ? 200 : 401);
      const { access_token: given } = (await response.json()) as { access_token?: string };
      if (given !== undefined) keep('access token of a process', given);
    }
  }

  // They come with it and set up all that they can.
  const first = keep('password', unique('An Old Oak By The Weir'));
  const attempt = await ask({ to: 'enrol', identifier: ada.identifier }, headers);
  const theirs = (await prove(attempt, 'pass', { code: pass.code }, headers)).session.token;
  await enrol(theirs, headers, 'password', () => ({ password: first }));
  let app = createTotpApp('otpauth://totp/a?secret=AAAAAAAA', Date);
  await enrol(theirs, headers, 'totp', (offer) => {
    app = createTotpApp(String(offer.uri), Date);
    const base32 = new URL(String(offer.uri)).searchParams.get('secret') ?? '';
    keep('TOTP key in base32', base32);
    keep('TOTP key as it is shown', String(offer.key));
    keep('TOTP key', fromBase32(base32));
    return { code: app.code() };
  });
  const codes = await enrol(theirs, headers, 'recovery', () => ({}));
  await call(204, 'POST /me/enrolment/complete', { token: theirs, headers });

  // They sign in, mistype, step up, change their password, and are uneasy.
  const signIn = await ask({ to: 'signIn', identifier: ada.email }, headers);
  await prove(
    signIn,
    'password',
    { password: keep('mistyped password', unique('typed-amiss')) },
    headers,
  );
  await prove(signIn, 'password', { password: first }, headers);
  // The one after that of the enrolment: good at once, also when the next half minute has begun meanwhile.
  const next = { code: app.code(1) };
  const session = (await prove(signIn, 'totp', next, headers)).session.token;
  const second = keep('password', unique('Thirteen Herons On A Roof'));
  await enrol(session, headers, 'password', () => ({ password: second }));
  const words = keep('words', `I was in ${unique('Ljubljana')} that day`);
  await call(200, 'POST /me/trouble', { token: session, headers, body: { words } });
  const lost = await ask({ to: 'signIn', identifier: ada.identifier }, headers);
  await prove(lost, 'password', { password: second }, headers);
  await prove(lost, 'recovery', { code: codes[0] }, headers);
  await prove(lost, 'recovery', { code: codes[0] }, headers);

  // By the pages, too.
  const page = createWebClient(node.address);
  await page.get('/signin', headers);
  await page.follow(await page.post('/signin', { identifier: ada.identifier }, headers));
  await page.follow(
    await page.post('/signin/step', { kind: 'password', password: second }, headers),
  );
  await page.follow(
    await page.post('/signin/step', { kind: 'recovery', code: codes[1] ?? '' }, headers),
  );
  for (const [name, value] of page.cookies) {
    if (value.length > 16) keep(`cookie ${name}`, value);
  }

  // A name is guessed that nobody has; mail addresses change; someone is erased; a script gets a token.
  const nobody = await ask({ to: 'signIn', identifier: keep('name', unique('nobody')) }, headers);
  await prove(nobody, 'password', { password: second }, headers);
  const email = keep('mail address', `${unique('new')}@quarn.example`);
  await call(200, `PATCH /people/${added.id}`, { token, headers: office, body: { email } });
  const { headers: _theirs, ...leaving } = someone();
  const gone = await call(201, 'POST /people', { token, headers: office, body: leaving });
  await call(204, `DELETE /people/${gone.id}`, { token, headers: office });
  const wanted = { owner: id, scope: ['person.read'], lifetimeMinutes: 60 };
  const script = await call(201, 'POST /tokens', { token, headers: office, body: wanted });
  await call(200, 'GET /people', { token: keepToken('token', script.token), headers: office });

  await misuse(node, { secret: second, name: ada.identifier, token: session, code: pass.code });
  return { secrets, token, person: added.id };
}

/** Secrets where they don't belong: what is refused must not be told of either. */
async function misuse(
  node: ServedProcess,
  { secret, name, token, code }: { secret: string; name: string; token: string; code: string },
): Promise<void> {
  const bodies = [
    `{"to":"signIn","identifier":"${name}","password":"${secret}"}`,
    `{"to":"signIn","identifier":["${name}"],"proof":{"kind":"${secret}"}}`,
    `{"to":"signIn","identifier":"${name}"`,
    `{"${secret}":"${secret}"}`,
    JSON.stringify({
      to: 'signIn',
      identifier: name,
      proof: { kind: 'password', data: { password: secret.repeat(4000) } },
    }),
  ];
  for (const body of bodies) {
    const response = await fetch(`${node.address}/api/v1/attempts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    assert.ok(response.status >= 400 && response.status < 500, `${response.status}`);
  }
  const paths = [
    `/api/v1/people/${encodeURIComponent(name)}`,
    `/api/v1/attempts/${token}/proofs`,
    `/api/v1/me?token=${token}`,
    `/enrol/${name}.${code}`,
    `/signin?identifier=${name}&password=${encodeURIComponent(secret)}`,
    `/${token}`,
  ];
  for (const path of paths) {
    await fetch(node.address + path, {
      headers: { authorization: `Bearer ${token}x`, cookie: `sallyport-session=${token}` },
    });
  }
}

function fromBase32(text: string): Uint8Array {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...text].map((each) => letters.indexOf(each).toString(2).padStart(5, '0')).join('');
  const bytes = bits.match(/.{8}/g) ?? [];
  return Uint8Array.from(bytes, (each) => Number.parseInt(each, 2));
}
