/**
 * What can't be read, sent to every route of EST and ACME (CWE-20): by strangers, by who has a pass, and signed by an account. It is
 * told so, nothing is issued, and nothing in the house fails of it.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { type AcmeHouse, openAcmeHouse } from '../support/acme.ts';
import { acmeClient } from '../support/acme-client.ts';
import { count, eventsOf } from '../support/events.ts';

const BODIES: readonly (string | Uint8Array)[] = [
  '',
  '{}',
  '[]',
  'null',
  '{"protected":"","payload":"","signature":""}',
  '{"protected":"e30","payload":"e30","signature":"AA"}',
  '{"protected":"e30","protected":"e30","payload":"","signature":""}',
  '{"__proto__":{}}',
  '['.repeat(40),
  'MAA=',
  'MIIB',
  Buffer.of(0xff, 0xfe, 0x00),
  Buffer.alloc(70_000, 0x41),
];
const TYPES = [
  'application/pkcs10',
  'application/jose+json',
  'application/json',
  'application/x-www-form-urlencoded',
  'text/plain',
  'application/pkcs10; charset=utf-16',
  'application/jose+json, application/json',
];

describe('what is no request', () => {
  let house: AcmeHouse;
  before(async () => {
    house = await openAcmeHouse({ est: { enabled: true } });
  });
  after(() => house.close());

  /** Nothing is given out for it, and no part of the house failed. */
  async function harmless(work: () => Promise<void>) {
    const seen = await eventsOf(house, work);
    assert.equal(count(seen, 'fault.refused'), 0);
    assert.equal(count(seen, 'certificate.issued') + count(seen, 'acme.account-created'), 0);
    assert.deepEqual(house.notices, []);
  }

  it('is refused by every route of both doors', async () => {
    const pass = await house.issuePass(await house.addDevice('routes'));
    const authorization = `Basic ${Buffer.from(`x:${pass.secret}`).toString('base64')}`;
    const routes = house.routes.filter(
      ({ door, method }) => (door === 'est' || door === 'acme') && method === 'POST',
    );
    assert.equal(routes.length, 14);
    await harmless(async () => {
      for (const { path } of routes) {
        for (const type of TYPES) {
          for (const body of BODIES) {
            const headers = { 'content-type': type, authorization };
            const { status, text } = await house.send({
              method: 'POST',
              path: path.replace(':id', 'x'),
              headers,
              body,
            });
            const known = status >= 400 && (status < 500 || path.endsWith('serverkeygen'));
            assert.ok(known, `${path} ${type} ${String(body).slice(0, 40)}: ${status} ${text}`);
          }
        }
      }
    });
  });

  it('is refused under other methods, with a query, and in other spellings', async () => {
    await harmless(async () => {
      for (const path of ['/.well-known/est/cacerts', '/acme/directory', '/acme/new-nonce']) {
        for (const method of ['PUT', 'DELETE', 'PATCH', 'POST']) {
          const { status } = await house.send({ method, path });
          assert.ok(status >= 400 && status < 500, `${method} ${path}: ${status}`);
        }
        for (const other of [`${path}?x=1`, `${path}/`, path.toUpperCase(), `/${path}`]) {
          const { status } = await house.send({ path: other });
          assert.ok(status >= 400 && status < 500, `${other}: ${status}`);
        }
      }
    });
  });

  it('is refused from a device with a pass, however a request was changed', async () => {
    const pass = await house.issuePass(await house.addDevice('mutated'));
    house.request('mutated', '/CN=mutated', '-addext', 'subjectAltName=DNS:x.example.com');
    const whole = house.file('mutated.csr');
    const authorization = `Basic ${Buffer.from(`x:${pass.secret}`).toString('base64')}`;
    const send = (der: Uint8Array) =>
      house.send({
        method: 'POST',
        path: '/.well-known/est/simpleenroll',
        headers: { 'content-type': 'application/pkcs10', authorization },
        body: Buffer.from(der).toString('base64'),
      });
    const place = fc.nat(whole.length - 1);
    await harmless(async () => {
      await fc.assert(
        fc.asyncProperty(place, fc.integer({ min: 1, max: 255 }), async (at, flip) => {
          const changed = Uint8Array.from(whole);
          changed[at] = (changed[at] ?? 0) ^ flip;
          assert.equal((await send(changed)).status, 400);
          assert.equal((await send(whole.subarray(0, at))).status, 400);
        }),
        { numRuns: 60 },
      );
    });
  });

  it('is refused from an account, whatever it signs', async () => {
    const pass = await house.issuePass(await house.addDevice('signs'), {
      names: ['s.example.com'],
    });
    const one = acmeClient(house);
    assert.equal((await one.register(pass.eab)).status, 201);
    const made = await one.order('s.example.com');
    const at = (await one.post(made.json.authorizations[0])).json.challenges[0].url;
    const paths = ['new-order', 'key-change', 'revoke-cert', made.json.finalize];
    await harmless(async () => {
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...paths), fc.jsonValue(), async (path, payload) => {
          const { status, text } = await one.post(path, payload);
          assert.ok(status >= 400 && status < 500, `${path} ${JSON.stringify(payload)}: ${text}`);
        }),
        { numRuns: 80 },
      );
      const named = fc.record({
        identifiers: fc.array(
          fc.record({
            type: fc.constantFrom('dns', 'permanent-identifier'),
            value: fc.string({ maxLength: 300 }),
          }),
        ),
      });
      await fc.assert(
        fc.asyncProperty(named, async (payload) => {
          const { status, text } = await one.post('new-order', payload);
          assert.ok(status === 400, `${JSON.stringify(payload)}: ${text}`);
        }),
        { numRuns: 40 },
      );
    });
    assert.equal((await one.post(at)).json.status, 'pending');
  });
});
