/**
 * What can’t be read, says something twice, or is of another type or encoding than it should be (CWE-20, CWE-235 parameter
 * pollution, CWE-436 two readers that differ, CWE-176; ASVS 1.5.3, 2.2.1), sent to every route of every door by someone who may do
 * everything. It is told so with a 4xx, and nothing changes: the database is compared row by row. Members and fields that
 * nobody offered are in mass-assignment.test.ts.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  API_PREFIX,
  type OperationName,
  operationNames,
  operations,
} from '@sallyport/contract/api/operations.ts';
import { count, eventsOf } from '../support/events.ts';
import {
  bodySamples,
  callSamples,
  formSamples,
  NOBODY,
  placeOf,
} from '../support/route-samples.ts';
import type { ServedHouse } from '../support/served-house.ts';
import type { PasskeyPerson } from '../support/served-people.ts';
import { FORM, JSON_TYPE, openWholeSurface, type WholeSurface } from '../support/whole-surface.ts';

const bytes = (...parts: (string | number[])[]) =>
  Buffer.concat(parts.map((part) => Buffer.from(part as string))); // Both forms are ones that it takes.

describe('what is not of its form', () => {
  let surface: WholeSurface;
  let served: ServedHouse;
  let root: PasskeyPerson;
  let token: string;
  before(async () => {
    surface = await openWholeSurface();
    ({ served, root, token } = surface);
  });
  after(() => served.close());

  const untouched = (work: () => Promise<void>) => surface.untouched(work);

  const told = (status: number, what: string) =>
    assert.ok(status >= 400 && status < 500, `${what}: ${status}`);

  const post: WholeSurface['post'] = (...sent) => surface.post(...sent);

  it('is refused by every form', async () => {
    await untouched(async () => {
      for (const [path, fields] of Object.entries(formSamples)) {
        const csrf = served.csrf(token);
        const good = `${new URLSearchParams({ ...fields, csrf })}`;
        const wide = Buffer.from(good, 'utf16le');
        for (const [what, type, body] of [
          ['nothing', undefined, undefined],
          ['an empty form', FORM, ''],
          ['no type', undefined, good],
          ['a form that says it is JSON', JSON_TYPE, good],
          ['JSON', JSON_TYPE, JSON.stringify({ ...fields, csrf })],
          ['JSON that says it is a form', FORM, JSON.stringify({ ...fields, csrf })],
          ['plain text', 'text/plain', good],
          ['many parts', 'multipart/form-data; boundary=x', `--x\r\n\r\n${good}\r\n--x--`],
          ['another charset', `${FORM}; charset=iso-8859-1`, good],
          ['two charsets', `${FORM}; charset=utf-8; charset=utf-16`, good],
          ['UTF-16', `${FORM}; charset=utf-16`, wide],
          ['UTF-16 that says it is a form', FORM, wide],
          ['two types', `${FORM}, ${JSON_TYPE}`, good],
          ['a token twice', FORM, `${good}&csrf=${csrf}`],
          ['a token twice, once encoded', FORM, `${good}&%63srf=${csrf}`],
          ['a list of tokens', FORM, good.replace('csrf=', 'csrf[]=')],
          ['a name without a value', FORM, `${good}&more`],
          ['a value without a name', FORM, `${good}&=1`],
          ['an empty pair', FORM, `${good}&`],
          ['half an escape', FORM, `${good}%`],
          ['an escape that is none', FORM, `${good}%zz`],
          ['a NUL', FORM, `${good}%00`],
          ['a byte that is no UTF-8', FORM, bytes(good, [0xff])],
          ['an escaped byte that is no UTF-8', FORM, `${good}%ff`],
          ['an overlong form', FORM, `${good}%c0%af`],
          ['half a surrogate', FORM, `${good}%ed%a0%80`],
          ['unescaped letters', FORM, bytes(good, 'é')],
          ['a line end', FORM, `${good}\r\n`],
        ] as const) {
          const { status } = await post(path, type, body);
          told(status, `${path}, ${what}`);
        }
        for (const name of Object.keys(fields)) {
          const doubled = `${good}&${name}=other`;
          told((await post(path, FORM, doubled)).status, `${path}, ${name} twice`);
          const { [name]: _, ...rest } = fields;
          if (path === '/signin/step' || path === '/confirm' || path.endsWith(':kind')) continue;
          if (path.endsWith('/codes')) continue; // These may be left out.
          const without = `${new URLSearchParams({ ...rest, csrf })}`;
          told((await post(path, FORM, without)).status, `${path}, no ${name}`);
        }
      }
      for (const path of Object.keys(callSamples)) {
        const csrf = served.csrf(token);
        for (const body of [
          '',
          '{}',
          'null',
          `{"csrf":"${csrf}","more":1}`,
          `{"csrf":["${csrf}"]}`,
        ]) {
          told((await post(path, JSON_TYPE, body)).status, `${path} ${body}`);
        }
        told((await post(path, FORM, `csrf=${csrf}`)).status, path);
      }
    });
  });

  it('is refused by every operation that takes a body', async () => {
    await untouched(async () => {
      for (const name of Object.keys(bodySamples) as OperationName[]) {
        const sample = bodySamples[name] ?? {};
        const good = JSON.stringify(sample);
        const [first = 'x'] = Object.keys(sample);
        const send = (body: string | Uint8Array | undefined, type?: string) =>
          surface.send(name, body, type);
        for (const [what, body, type] of [
          ['nothing', undefined, ''],
          ['an empty body', ''],
          ['blanks', '  \n'],
          ['null', 'null'],
          ['a number', '1'],
          ['a text', '"x"'],
          ['a list', '[]'],
          ['a list of it', `[${good}]`],
          ['half of it', good.slice(0, -1)],
          ['more than it', `${good}x`],
          ['it twice', `${good}${good}`],
          ['single quotes', good.replaceAll('"', "'")],
          ['a comment', `/* */${good}`],
          ['a comma too many', good.replace(/\}$/, ',}')],
          ['no number', `{"${first}":NaN}`],
          ['a number that is none', `{"${first}":0x10}`],
          ['a text with a line end in it', `{"${first}":"a\nb"}`],
          ['an escape that is none', `{"${first}":"\\x41"}`],
          ['a name twice', `{"${first}":1,"${first}":1}`],
          ['a name twice, once escaped', `{"a":1,"\\u0061":1}`],
          ['a byte that is no UTF-8', bytes(good.slice(0, -1), ',"a":"', [0xff], '"}')],
          ['half a surrogate', bytes('{"a":"', [0xed, 0xa0, 0x80], '"}')],
          ['UTF-16', Buffer.from(good, 'utf16le')],
          ['no type', good, ''],
          ['plain text', good, 'text/plain'],
          ['a form', good, FORM],
          ['another charset', good, `${JSON_TYPE}; charset=utf-7`],
          ['a JSON of another kind', good, 'application/merge-patch+json'],
          ['a type that only begins so', good, 'application/jsonp'],
        ] as const) {
          if (body === good && type === undefined) continue; // An empty object has no quotation marks.
          told((await send(body, type)).status, `${name}, ${what}`);
        }
        for (const [key, right] of Object.entries(sample)) {
          for (const wrong of [null, 1, 1.5, true, 'x', [], ['x'], {}, { a: 1 }, [[]]]) {
            const same =
              Array.isArray(wrong) === Array.isArray(right) && typeof wrong === typeof right;
            if (same && wrong !== null) continue;
            const { status } = await send(JSON.stringify({ ...sample, [key]: wrong }));
            told(status, `${name}, ${key} as ${JSON.stringify(wrong)}`);
          }
        }
      }
    });
  });

  it('is refused by every operation that takes none', async () => {
    await untouched(async () => {
      for (const name of operationNames) {
        const { method, path } = operations[name];
        if (method === 'GET' || bodySamples[name] !== undefined) continue;
        for (const [type, body] of [
          [JSON_TYPE, '{}'],
          [JSON_TYPE, 'null'],
          [JSON_TYPE, `{"id":"${root.id}"}`],
          [FORM, ''],
          [FORM, 'a=b'],
          ['text/plain', 'x'],
        ] as const) {
          const { status } = await served.send({
            method,
            path: API_PREFIX + path.replace('{id}', NOBODY),
            headers: { authorization: `Bearer ${token}`, 'content-type': type },
            body,
          });
          told(status, `${name} with ${body}`);
        }
      }
    });
  });

  it('is refused in the query of every page and every operation', async () => {
    const cookie = `sallyport-session=${token}`;
    const gets = served.routes.filter(({ method, door }) => method === 'GET' && door !== 'ops');
    for (const route of gets) {
      if (route.path.startsWith('/assets/')) continue;
      const path = placeOf(route, root.id);
      for (const query of [
        'a=1&a=2',
        'to=/me&to=/me',
        'a',
        '=1',
        '&',
        'a=%',
        'a=%zz',
        'a=%ff',
        'a=%c0%af',
        'a=%00',
        'a=%ed%a0%80',
        'a[]=1',
        'a[b]=1',
        '__proto__=1',
        '__proto__[a]=1',
        'a=1?b=2&b=3',
      ]) {
        const { status } = await served.send({ path: `${path}?${query}`, headers: { cookie } });
        told(status, `${path}?${query}`);
      }
    }
  });

  it('is refused in every address with a part that varies', async () => {
    const routes = served.routes.filter(
      ({ method, path }) => method !== 'HEAD' && path.includes(':'),
    );
    await untouched(async () => {
      for (const { method, path } of routes) {
        for (const part of [
          '%00',
          '%ff',
          '%zz',
          '%',
          '%c0%ae',
          '..',
          '%2e%2e',
          '%2e%2e%2fx',
          '%20',
          '*',
          'null',
          'undefined',
          '-1',
          '0',
          '%5b%5d',
          '__proto__',
          'constructor',
          `${root.id.toUpperCase()}`,
          `${root.id}%20`,
          `${root.id}%00`,
          `{${root.id}}`,
        ]) {
          const answer = await served.send({
            method,
            path: path.replace(/:\w+/, part),
            headers: { authorization: `Bearer ${token}` },
          });
          if (path === '/enrol/:pass' && method === 'GET' && answer.status === 303) continue;
          // Whoever has no cookie is sent to sign in before anything in the address is looked at.
          if (answer.status === 303)
            assert.match(
              answer.headers.get('location') ?? '',
              /^\/(signin|enrol)(?:\?tab=[\w-]{8})?$/,
            );
          else told(answer.status, `${method} ${path} with ${part}`);
        }
      }
    });
  });

  it('is no other method: what a route does not know is told so', async () => {
    await served.send({ path: '/oidc/auth' }); // The keys of tokens are made for whoever is first.
    await untouched(async () => {
      for (const path of new Set(served.routes.map((route) => placeOf(route, root.id)))) {
        for (const method of ['PUT', 'TRACE', 'OPTIONS', 'PROPFIND', 'SEARCH', 'LOCK']) {
          const { status } = await served.send({ method, path });
          assert.ok([400, 404, 405, 415].includes(status), `${method} ${path}: ${status}`);
        }
      }
    });
  });

  it('is taken once it is of its form, and the record has that alone', async () => {
    const seen = await eventsOf(served, async () => {
      for (const extra of [{ displayName: 7 }, { roles: 'viewer' }, {}]) {
        const body = { identifier: 'newcomer', displayName: 'Newcomer', ...extra };
        const { status } = await served.api('addPerson', { token, body });
        assert.equal(status, Object.keys(extra).length === 0 ? 201 : 422);
      }
    });
    assert.equal(count(seen, 'person.created', 'done'), 1);
    assert.equal(seen.filter(({ type }) => type.startsWith('person.')).length, 1);
  });
});
