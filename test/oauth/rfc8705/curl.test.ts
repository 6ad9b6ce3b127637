/**
 * Client certificates (RFC 8705) as whoever runs a program shows them: keys, requests and certificates by OpenSSL, calls by curl. A
 * certificate that the process holds, one of a CA that is trusted for it, and those of our own authority. Each is let in, and bound
 * to what it got; whatever is another's, revoked or for something else is not; the record has both.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ApiDetail } from '@sallyport/contract/resources.ts';
import type { Certified, ProfileName } from '../../../server/authority/x509/authority-words.ts';
import { SECOND } from '../../../server/kernel/clock.ts';
import type { ResourceId } from '../../../server/kernel/id.ts';
import type { Process } from '../../../server/subjects/process.ts';
import { pemOf } from '../../../server/wire/der/pem.ts';
import { type EnrolmentHouse, openEnrolmentHouse } from '../../support/enrolment.ts';
import { count, eventsOf } from '../../support/events.ts';
import { type OpensslCertificate, type OpensslFolder, openOpenssl } from '../../support/openssl.ts';
import { AUDIENCE as API, addProcess, addProof } from '../../support/processes.ts';
import { claimsIn } from '../oauth-house.ts';

const BY = { door: 'cli' } as const;

describe('curl with a client certificate', () => {
  let house: EnrolmentHouse;
  let openssl: OpensslFolder;
  let api: ResourceId;
  before(async () => {
    openssl = openOpenssl();
    house = await openEnrolmentHouse();
    const detail = ApiDetail.parse({
      audience: API,
      scopes: [
        { name: 'read', says: 'See payments.' },
        { name: 'introspect', says: 'Be this API.' },
      ],
    });
    const everyone = { open: 'listed', groups: [], members: [] } as const;
    const { resources, store } = house.house;
    const added = await store.write((tx) =>
      resources.add(tx, { name: 'payments', ...everyone, kind: 'api', detail }, BY),
    );
    assert.ok(added.ok);
    api = added.value.id;
  });
  after(async () => {
    await house.close();
    openssl.remove();
  });

  const program = (name: string) =>
    addProcess(house, name, [{ resource: api, scopes: ['read', 'introspect'] }]);

  function keep(name: string, { pem, keyPem }: OpensslCertificate): void {
    // OpenSSL goes by the clock of the machine: what it made just now is good from then on.
    house.clock.advance(Math.max(0, Date.now() + SECOND - house.clock.now()));
    writeFileSync(join(house.folder, `${name}.pem`), pem);
    writeFileSync(join(house.folder, `${name}.key`), keyPem);
  }

  const shown = (name: string | undefined) =>
    name === undefined ? [] : ['--cert', `${name}.pem`, '--key', `${name}.key`];
  const ask = (as: string, certificate: string | undefined, scope = 'read') =>
    house.curl(
      '/oidc/token',
      ...shown(certificate),
      ...['-d', 'grant_type=client_credentials', '-d', `client_id=${as}`],
      ...['-d', `resource=${API}`, '-d', `scope=${scope}`],
    );
  const introspect = async (token: string, certificate: string | undefined) => {
    const by = ['-H', `Authorization: Bearer ${token}`, '-d', `token=${token}`];
    const { status, body } = await house.curl('/oidc/introspect', ...shown(certificate), ...by);
    return [status, JSON.parse(body).active];
  };
  const tokenOf = ({ body }: { readonly body: string }) => JSON.parse(body).access_token as string;

  /** A certificate of ours for a key that OpenSSL made, as `<file>.pem`. */
  async function issue(file: string, subject: Certified, profile: ProfileName = 'process') {
    house.request(file, '/CN=');
    const csr = new Uint8Array(house.file(`${file}.csr`));
    const names = {
      ...(profile === 'server' && { dns: [`${file}.example.com`] }),
      ...(profile === 'svid' && { uri: [`spiffe://localhost/process/${subject.name}`] }),
    };
    const { authority, store } = house.house;
    const issued = await store.write((tx) =>
      authority.issue(tx, { profile, csr, subject, names }, BY),
    );
    assert.ok(issued.ok, JSON.stringify(issued));
    house.write(`${file}.pem`, pemOf(issued.value.certificate));
    return issued.value.serial;
  }
  const asProcess = ({ id, name }: Process): Certified => ({ kind: 'process', id, name });

  for (const [name, how] of [
    ['pinned', 'that the process holds (§2.2)'],
    ['of-a-ca', 'of a CA that is trusted for it, by its name (§2.1)'],
  ] as const) {
    it(`${how} gets a token that is good with it alone (§3)`, async () => {
      const process = await program(name);
      const ca = openssl.selfSigned('Company CA', 'ca');
      const mine = name === 'pinned' ? openssl.selfSigned(name) : openssl.issued(ca, name);
      keep(name, mine);
      keep('other', openssl.issued(ca, 'other'));
      keep('same-name', openssl.selfSigned(name));
      const rule =
        name === 'pinned' ? { certificate: mine.pem } : { ca: ca.pem, names: { commonName: name } };
      await addProof(house, process, 'certificate', rule);
      const seen = await eventsOf(house, async () => {
        const answer = await ask(name, name, 'introspect');
        assert.equal(answer.status, 200, answer.body);
        const token = tokenOf(answer);
        assert.deepEqual(claimsIn(token).cnf, { 'x5t#S256': mine.thumbprint });
        for (const wrong of ['other', 'same-name', undefined]) {
          const refused = await ask(name, wrong);
          assert.deepEqual([refused.status, refused.body], [401, '{"error":"invalid_client"}']);
          assert.equal((await introspect(token, wrong))[0], 401);
        }
        assert.deepEqual(await introspect(token, name), [200, true]);
      });
      assert.equal(count(seen, 'entry.granted'), 1);
      const told = seen.filter(({ type, data }) => type === 'entry.refused' && data.kind);
      assert.deepEqual(new Set(told.map(({ reason }) => reason)), new Set(['wrong']));
    });
  }

  it('of our own authority comes in as whom it was issued to, and so does the one after it', async () => {
    const process = await program('shipping');
    const serial = await issue('shipping', asProcess(process));
    const seen = await eventsOf(house, async () => {
      assert.equal((await ask('shipping', 'shipping')).status, 401, 'nobody said so yet');
      await addProof(house, process, 'certificate', { own: true });
      assert.equal((await ask('shipping', 'shipping')).status, 200);
      // Renewed, or issued anew: nothing need be said again.
      await issue('next', asProcess(process));
      const token = tokenOf(await ask('shipping', 'next', 'introspect'));
      assert.deepEqual(await introspect(token, 'next'), [200, true]);
      assert.equal((await introspect(token, 'shipping'))[0], 401, 'bound to the other');
      // What the Workload API gives it is one of ours as well.
      await issue('shipping-svid', asProcess(process), 'svid');
      assert.equal((await ask('shipping', 'shipping-svid')).status, 200);
    });
    assert.equal(count(seen, 'entry.granted'), 3);
    const { authority, store } = house.house;
    const { lastShownAt } = (await store.read((q) => authority.get(q, serial))) ?? {};
    assert.ok(lastShownAt !== undefined, 'its last use is told in the list of certificates');
    const revoking = await eventsOf(house, async () => {
      await store.write((tx) => authority.revoke(tx, serial, 'key-compromise', BY));
      assert.equal((await ask('shipping', 'shipping')).status, 401);
      assert.equal((await ask('shipping', 'next')).status, 200);
    });
    const refused = revoking.filter(({ type }) => type === 'entry.refused');
    assert.deepEqual(
      refused.map(({ reason }) => reason),
      ['revoked'],
    );
  });

  it('of our own authority needs no other rule when its CA falls and another takes its place', async () => {
    const process = await program('rail');
    await addProof(house, process, 'certificate', { own: true });
    await issue('rail', asProcess(process));
    const token = tokenOf(await ask('rail', 'rail', 'introspect'));
    const { authority, authorityActs, store } = house.house;
    const seen = await eventsOf(house, async () => {
      const issuing = (await authority.published()).find(({ inUse, role }) => {
        return inUse && role === 'issuing';
      });
      const fallen = issuing?.id ?? '';
      await store.write((tx) => authorityActs.revoke(tx, fallen, 'ca-compromise', BY));
      assert.equal((await ask('rail', 'rail')).status, 401);
      assert.equal((await introspect(token, 'rail'))[0], 401, 'what it was granted is void');
      await issue('rail-2', asProcess(process));
      assert.equal((await ask('rail', 'rail-2')).status, 200);
    });
    const refused = seen.filter(({ type, data }) => type === 'entry.refused' && data.kind);
    assert.deepEqual(
      refused.map(({ reason }) => reason),
      ['revoked'],
    );
    assert.equal(count(seen, 'entry.granted'), 1);
  });

  it('of our own authority is nobody else’s, and for nothing else', async () => {
    const process = await program('ledger');
    const other = await program('neighbour');
    const device = await house.addDevice('plc-9');
    await addProof(house, process, 'certificate', { own: true });
    await addProof(house, other, 'certificate', { own: true });
    await issue('ledger', asProcess(process));
    await issue('neighbour', asProcess(other));
    await issue('plc-9', { kind: 'device', id: device.id, name: 'plc-9' }, 'device');
    await issue('ledger-server', asProcess(process), 'server');
    keep('imitation', openssl.selfSigned('ledger'));
    const seen = await eventsOf(house, async () => {
      for (const wrong of ['neighbour', 'plc-9', 'ledger-server', 'imitation']) {
        assert.equal((await ask('ledger', wrong)).status, 401, wrong);
      }
      assert.equal((await ask('neighbour', 'ledger')).status, 401);
      assert.equal((await ask('ledger', 'ledger')).status, 200);
    });
    assert.equal(count(seen, 'entry.granted'), 1);
    const reasons = seen.filter(({ type }) => type === 'entry.refused').map(({ reason }) => reason);
    assert.deepEqual(
      reasons,
      Array.from({ length: 5 }, () => 'wrong'),
    );
  });
});
