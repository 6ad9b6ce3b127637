/**
 * A program at a site behind a proxy, with a certificate that was revoked a moment ago (T1649, T1550): it came in before, and what is
 * kept of that is worth nothing from then on. By our own authority, and by the list of a CA of others.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { signerOf } from '../../server/authority/x509/key-material.ts';
import { DAY } from '../../server/kernel/clock.ts';
import { pemOf } from '../../server/wire/der/pem.ts';
import { readCertificate } from '../../server/wire/x509/certificate.ts';
import { writeRevocationList } from '../../server/wire/x509/revocation-list.ts';
import { openProxyHouse, type ProxyHouse } from '../proxy/proxy-house.ts';
import { makeCertificate } from '../support/certificates.ts';
import { count, eventsOf } from '../support/events.ts';
import { addProcess, addProof } from '../support/processes.ts';

const BY = { door: 'cli' } as const;
const HEADER = 'x-client-certificate';

describe('a certificate at a site behind a proxy', () => {
  let proxied: ProxyHouse;
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sallyport-sites-'));
    proxied = await openProxyHouse({
      proxy: {
        trusted: ['127.0.0.0/8', '::1'],
        certificate: { header: HEADER, from: ['::1', '127.0.0.1'] },
      },
    });
  });
  after(async () => {
    rmSync(folder, { recursive: true });
    await proxied.close();
  });

  const listed = (name: string) =>
    addProcess(proxied, name, [{ resource: proxied.site.id, scopes: [] }]);
  const comes = async (pem: string) =>
    (await proxied.ask({ headers: { [HEADER]: encodeURIComponent(pem) } })).status;
  const refusals = (seen: Awaited<ReturnType<typeof eventsOf>>) =>
    seen.filter(({ type }) => type === 'entry.refused').map(({ reason }) => reason);

  it('lets nobody in from the moment on in which our own authority revokes it, and the next one does', async () => {
    const process = await listed('shipping');
    await addProof(proxied, process, 'certificate', { own: true });
    const { store, authority } = proxied.house;
    const issued = async () => {
      const words = ['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
      words.push('-nodes', '-keyout', 'key.pem', '-subj', '/CN=shipping');
      words.push('-outform', 'DER', '-out', 'csr');
      execFileSync('openssl', words, { cwd: folder, stdio: 'pipe' });
      const csr = new Uint8Array(readFileSync(join(folder, 'csr')));
      const subject = { kind: 'process', id: process.id, name: process.name } as const;
      const wanted = { profile: 'process', csr, subject, names: {} } as const;
      const made = await store.write((tx) => authority.issue(tx, wanted, BY));
      assert.ok(made.ok, JSON.stringify(made));
      return { pem: pemOf(made.value.certificate), serial: made.value.serial };
    };
    const first = await issued();
    const next = await issued();
    const seen = await eventsOf(proxied, async () => {
      for (let i = 0; i < 3; i++) assert.equal(await comes(first.pem), 200);
      const revoked = await store.write((tx) =>
        authority.revoke(tx, first.serial, 'key-compromise', BY),
      );
      assert.ok(revoked.ok);
      assert.equal(await comes(first.pem), 401);
      assert.equal(await comes(next.pem), 200);
    });
    assert.deepEqual(refusals(seen), ['revoked']);
    assert.equal(count(seen, 'entry.granted'), 2);
  });

  it('lets nobody in from the moment on in which a list names it, and another of that CA does', async () => {
    const ca = makeCertificate({ subject: { CN: 'Plant' }, authority: true });
    const names = { dns: 'pump.example' };
    const wish = { subject: { CN: 'pump' }, authority: false, alternative: names };
    const [one, other] = [makeCertificate(wish, ca), makeCertificate(wish, ca)];
    await addProof(proxied, await listed('pump'), 'certificate', { ca: ca.pem, names });
    const { store, authority } = proxied.house;
    const trusting = { name: 'Plant', trustedFor: ['process'], certificates: [ca.der] } as const;
    await store.write((tx) => authority.trusted.add(tx, trusting, BY));
    const now = proxied.clock.now();
    const list = writeRevocationList(
      {
        ...{ issuer: ca.name, authorityKeyId: ca.keyId, number: 1n },
        ...{ thisUpdate: now, nextUpdate: now + DAY },
        revoked: [{ serial: readCertificate(one.der)?.serial ?? '', at: now, reason: 1 }],
      },
      signerOf(ca.key),
    );
    const seen = await eventsOf(proxied, async () => {
      for (const { pem } of [one, other]) assert.equal(await comes(pem), 200);
      const taken = await store.write((tx) => authority.trusted.importList(tx, 'Plant', list, BY));
      assert.ok(taken.ok, JSON.stringify(taken));
      assert.equal(await comes(one.pem), 401);
      assert.equal(await comes(other.pem), 200);
    });
    assert.deepEqual(refusals(seen), ['revoked']);
  });
});
