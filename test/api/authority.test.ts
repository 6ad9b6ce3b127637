/** The authority by the API: seen by who may see everything, and CAs of others trusted with a passkey that was shown a moment ago. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { makeRequest } from '../../bench/house/certificate-requests.ts';
import { signerOf } from '../../server/authority/x509/key-material.ts';
import { HOUR, MINUTE } from '../../server/kernel/clock.ts';
import { writePem } from '../../server/wire/der/pem.ts';
import { writeRevocationList } from '../../server/wire/x509/revocation-list.ts';
import { makeCertificate } from '../support/certificates.ts';
import { count, eventsOf } from '../support/events.ts';
import { type ApiHouse, openApiHouse } from './api-house.ts';
import { type ApiPerson, enrolled, signIn } from './people.ts';

const corp = makeCertificate({ subject: { CN: 'Corp' }, authority: true });
const leaf = makeCertificate({ subject: { CN: 'plc' }, authority: false, forClients: true }, corp);
const other = makeCertificate({ subject: { CN: 'Other' }, authority: true });

describe('the authority by the API', () => {
  let api: ApiHouse;
  let boss: ApiPerson;
  let viewer: ApiPerson;
  before(async () => {
    api = await openApiHouse();
    boss = await enrolled(api, 'boss', ['administrator']);
    viewer = await enrolled(api, 'viewer', ['viewer']);
  });
  after(() => api.close());

  const issue = (token: string) =>
    api.done('issueCertificate', {
      token,
      body: {
        request: writePem('CERTIFICATE REQUEST', makeRequest('web.example.com')),
        profile: 'server',
        subject: { kind: 'server', id: 'web.example.com' },
        names: { dns: ['web.example.com'] },
      },
    });
  const trustCorp = { name: 'Corp CA', for: ['device'], certificates: corp.pem };
  const params = { name: 'Corp CA' };
  const judged = () =>
    api.house.store.read((q) => api.house.authority.judge(q, [leaf.der], 'client'));
  const listBy = (ca: typeof corp, revoked: readonly string[] = []) => {
    const now = api.clock.now();
    const der = writeRevocationList(
      {
        issuer: ca.name,
        authorityKeyId: ca.keyId,
        number: BigInt(now),
        thisUpdate: now - MINUTE,
        nextUpdate: now + HOUR,
        revoked: revoked.map((serial) => ({ serial, at: now, reason: 0 })),
      },
      signerOf(ca.key),
    );
    return { list: writePem('X509 CRL', der) };
  };

  test('shows nothing before there is one, and then its CAs with the times of their lists', async () => {
    const look = await signIn(api, viewer);
    assert.deepEqual((await api.done('showAuthority', { token: look })).authorities, []);
    await issue(await signIn(api, boss));
    const { address, authorities } = await api.done('showAuthority', { token: look });
    assert.match(address, /\/pki$/);
    assert.deepEqual(
      authorities.map(({ role, inUse, hasKey }: Record<string, unknown>) => [role, inUse, hasKey]),
      [
        ['issuing', true, true],
        ['root', true, true],
      ],
    );
    const [issuing, root] = authorities;
    assert.ok(Date.parse(issuing.list.nextUpdate) > api.clock.now());
    assert.equal(issuing.list.revoked, 0);
    const below = new X509Certificate(issuing.certificate);
    assert.ok(below.verify(new X509Certificate(root.certificate).publicKey));
  });

  test('renews a certificate for its subject, and none that was revoked or whose subject was shut out', async () => {
    const token = await signIn(api, boss);
    const { serial } = await issue(token);
    const seen = await eventsOf(api, async () => {
      const renewed = await api.done('renewCertificate', {
        token,
        params: { serial },
        body: { request: writePem('CERTIFICATE REQUEST', makeRequest('web.example.com')) },
      });
      assert.notEqual(renewed.serial, serial);
      const listed = await api.done('readCertificate', {
        token,
        params: { serial: renewed.serial },
      });
      assert.equal(listed.renews, serial);
    });
    assert.deepEqual(
      seen.filter(({ type }) => type === 'certificate.renewed').map(({ actor }) => actor),
      [boss.id],
    );
    const reason = { reason: 'superseded' };
    await api.done('revokeCertificate', { token, params: { serial }, body: reason });
    const again = { token, params: { serial }, body: { request: null } };
    const { body } = await api.problem('certificate-refused', 'renewCertificate', again);
    assert.equal(body.why, 'revoked');
    await api.problem('not-found', 'renewCertificate', { ...again, params: { serial: 'abcdef' } });

    const device = await api.done('addDevice', {
      token,
      body: { name: 'plc-7', kind: 'controller', owner: boss.id },
    });
    const own = await api.done('issueCertificate', {
      token,
      body: {
        request: writePem('CERTIFICATE REQUEST', makeRequest('plc-7')),
        profile: 'device',
        subject: { kind: 'device', id: 'plc-7' },
      },
    });
    await api.done('disableDevice', { token, params: { id: device.id } });
    const shutOut = await api.problem('certificate-refused', 'renewCertificate', {
      token,
      params: { serial: own.serial },
      body: { request: null },
    });
    assert.equal(shutOut.body.why, 'not-active');
  });

  test('trusts a CA of others, takes its lists, and trusts it no longer', async () => {
    const token = await signIn(api, boss);
    assert.equal((await judged()).ok, false);
    const seen = await eventsOf(api, async () => {
      const trusted = await api.done('trustAuthority', { token, body: trustCorp });
      assert.deepEqual([trusted.for, trusted.wantsList], [['device'], false]);
      assert.equal((await judged()).ok, true);
      await api.problem('name-taken', 'trustAuthority', { token, body: trustCorp });

      const { serialNumber } = new X509Certificate(leaf.pem);
      const body = listBy(corp, [serialNumber.toLowerCase()]);
      const imported = await api.done('importRevocationList', { token, params, body });
      assert.deepEqual(
        imported.lists.map(({ revoked }: { revoked: number }) => revoked),
        [1],
      );
      assert.deepEqual(await judged(), { ok: false, reason: 'revoked' });

      await api.done('distrustAuthority', { token, params });
      await api.problem('not-found', 'distrustAuthority', { token, params });
      assert.deepEqual(await judged(), { ok: false, reason: 'unknown-authority' });
    });
    for (const type of ['authority.trusted', 'authority.list-imported', 'authority.untrusted']) {
      const told = seen.filter((one) => one.type === type);
      assert.deepEqual([told.length, told[0]?.actor], [1, boss.id], type);
    }
  });

  test('takes no CA that is none, and no list that somebody else signed or that is older', async () => {
    const token = await signIn(api, boss);
    const why = async (
      code: string,
      name: 'trustAuthority' | 'importRevocationList',
      body: object,
    ) =>
      assert.equal(
        (
          await api.problem('trust-refused', name, {
            token,
            body,
            ...(name === 'importRevocationList' ? { params } : {}),
          })
        ).body.why,
        code,
      );
    await why('malformed', 'trustAuthority', { ...trustCorp, certificates: 'none' });
    await why('not-a-ca', 'trustAuthority', { ...trustCorp, certificates: leaf.pem });
    await api.problem('not-valid', 'trustAuthority', { token, body: { ...trustCorp, for: [] } });
    await api.done('trustAuthority', { token, body: trustCorp });
    await why('malformed', 'importRevocationList', { list: 'none' });
    await why('foreign-list', 'importRevocationList', listBy(other));
    const older = listBy(corp);
    api.clock.advance(MINUTE);
    await api.done('importRevocationList', { token, params, body: listBy(corp) });
    await why('old-list', 'importRevocationList', older);
    await api.done('distrustAuthority', { token, params });
  });

  test('ends an issuing CA, and nothing of it is let in any more', async () => {
    const token = await signIn(api, boss);
    const { serial } = await issue(token);
    const [{ id }] = (await api.done('showAuthority', { token })).authorities;
    const body = { reason: 'ca-compromise' };
    const seen = await eventsOf(api, async () => {
      await api.done('revokeAuthority', { token, params: { id }, body });
      await api.problem('certificate-revoked', 'revokeAuthority', { token, params: { id }, body });
    });
    assert.equal(count(seen, 'authority.revoked', 'done'), 1);
    const found = await api.house.store.read(async (q) => {
      const der = (await api.house.authority.get(q, serial))?.certificate;
      return der && api.house.authority.judge(q, [der], 'server');
    });
    assert.equal(found?.ok, false);
    const unknown = { id: '0'.repeat(40) };
    await api.problem('not-found', 'revokeAuthority', { token, params: unknown, body });
  });

  test('is changed by people alone, who show their passkey again; a script may bring lists', async () => {
    const token = await signIn(api, boss);
    const scope = ['administer'];
    const script = (await api.done('issueToken', { token, body: { owner: boss.id, scope } })).token;
    await api.problem('not-permitted', 'trustAuthority', { token: script, body: trustCorp });
    await api.problem('not-permitted', 'distrustAuthority', { token: script, params });
    const body = listBy(corp);
    await api.problem('not-found', 'importRevocationList', { token: script, params, body });

    const look = await signIn(api, viewer);
    await api.problem('not-permitted', 'trustAuthority', { token: look, body: trustCorp });
    assert.deepEqual(await api.done('listTrustedAuthorities', { token: look }), { trusted: [] });

    const stale = await signIn(api, boss);
    api.clock.advance(10 * MINUTE);
    await api.problem('fresh-proof-needed', 'trustAuthority', { token: stale, body: trustCorp });
    await api.problem('fresh-proof-needed', 'distrustAuthority', { token: stale, params });
    await api.problem('fresh-proof-needed', 'importRevocationList', {
      token: stale,
      params,
      body,
    });
    await api.problem('fresh-proof-needed', 'revokeAuthority', {
      token: stale,
      params: { id: '0'.repeat(40) },
      body: { reason: 'superseded' },
    });
    await api.problem('fresh-proof-needed', 'renewCertificate', {
      token: stale,
      params: { serial: 'abcdef' },
      body: { request: null },
    });
  });
});
