/** Certificates by the API: seen by who may see everything, issued and revoked with a passkey that was shown a moment ago. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { makeRequest } from '../../bench/house/certificate-requests.ts';
import { MINUTE } from '../../server/kernel/clock.ts';
import { writePem } from '../../server/wire/der/pem.ts';
import { eventsOf } from '../support/events.ts';
import { type ApiHouse, openApiHouse } from './api-house.ts';
import { type ApiPerson, enrolled, signIn } from './people.ts';

describe('certificates by the API', () => {
  let api: ApiHouse;
  let boss: ApiPerson;
  let viewer: ApiPerson;
  before(async () => {
    api = await openApiHouse();
    boss = await enrolled(api, 'boss', ['administrator']);
    viewer = await enrolled(api, 'viewer', ['viewer']);
  });
  after(() => api.close());

  const asked = (name: string, more: object = {}) => ({
    request: writePem('CERTIFICATE REQUEST', makeRequest(name)),
    profile: 'server',
    subject: { kind: 'server', id: 'web.example.com' },
    names: { dns: ['web.example.com'] },
    ...more,
  });

  test('are issued, listed in pages, read and revoked, with each on record', async () => {
    const token = await signIn(api, boss);
    const serials: string[] = [];
    const seen = await eventsOf(api, async () => {
      for (let i = 0; i < 3; i++) {
        const issued = await api.done('issueCertificate', {
          token,
          body: asked('web.example.com'),
        });
        const leaf = new X509Certificate(issued.certificate);
        assert.equal(leaf.serialNumber.toLowerCase(), issued.serial);
        serials.push(issued.serial);
        api.clock.advance(1000);
      }
    });
    const told = seen.filter(({ type }) => type === 'certificate.issued');
    assert.deepEqual(
      told.map(({ actor }) => actor),
      [boss.id, boss.id, boss.id],
    );

    const look = await signIn(api, viewer);
    const first = await api.done('listCertificates', {
      token: look,
      query: { limit: '2', profile: 'server' },
    });
    assert.deepEqual(
      first.items.map(({ serial }: { serial: string }) => serial),
      [serials[2], serials[1]],
    );
    const query = { limit: '2', profile: 'server', cursor: first.next };
    const second = await api.done('listCertificates', { token: look, query });
    assert.deepEqual([second.items[0].serial, second.next], [serials[0], null]);

    const params = { serial: serials[0] ?? '' };
    const revoked = await api.done('revokeCertificate', {
      token,
      params,
      body: { reason: 'superseded' },
    });
    assert.deepEqual([revoked.state, revoked.reason], ['revoked', 'superseded']);
    await api.problem('certificate-revoked', 'revokeCertificate', {
      token,
      params,
      body: { reason: 'superseded' },
    });
    assert.equal((await api.done('readCertificate', { token: look, params })).state, 'revoked');
    await api.problem('not-found', 'readCertificate', {
      token: look,
      params: { serial: 'abcdef' },
    });
  });

  test('are refused by what is wrong with the request, and that is on record', async () => {
    const token = await signIn(api, boss);
    const seen = await eventsOf(api, async () => {
      const { body } = await api.problem('certificate-refused', 'issueCertificate', {
        token,
        body: asked('other.example.com'),
      });
      assert.equal(body.why, 'foreign-name');
    });
    assert.deepEqual(
      seen
        .filter(({ type }) => type === 'certificate.refused')
        .map(({ outcome, actor }) => [outcome, actor]),
      [['refused', boss.id]],
    );
    const subject = { kind: 'device', id: 'nothing' };
    await api.problem('not-found', 'issueCertificate', {
      token,
      body: asked('x', { profile: 'device', subject, names: undefined }),
    });
  });

  test('are for administrators, and those who issue show their passkey again', async () => {
    const look = await signIn(api, viewer);
    await api.problem('not-permitted', 'issueCertificate', {
      token: look,
      body: asked('web.example.com'),
    });
    const token = await signIn(api, boss);
    api.clock.advance(10 * MINUTE);
    await api.problem('fresh-proof-needed', 'issueCertificate', {
      token,
      body: asked('web.example.com'),
    });
    const params = { serial: 'abcdef' };
    await api.problem('fresh-proof-needed', 'revokeCertificate', {
      token,
      params,
      body: { reason: 'superseded' },
    });
  });
});
