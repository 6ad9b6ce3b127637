/** `certificate` and `authority` with `--at`: judged as whoever signed in. What is done with the root’s key is done on its machine. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { makeRequest } from '../../bench/house/certificate-requests.ts';
import { signerOf } from '../../server/authority/x509/key-material.ts';
import { HOUR, MINUTE } from '../../server/kernel/clock.ts';
import { houseAuthority } from '../../server/main/desks/house/house-authority.ts';
import { houseCertificates } from '../../server/main/desks/house/house-certificates.ts';
import { writePem } from '../../server/wire/der/pem.ts';
import { writeRevocationList } from '../../server/wire/x509/revocation-list.ts';
import { makeCertificate } from '../support/certificates.ts';
import { type Administering, catchUp, deskAt, signedIn } from '../support/elsewhere.ts';
import { eventsOf } from '../support/events.ts';
import { type OidcHouse, openOidcHouse } from '../support/oidc-house.ts';
import { type PasskeyPerson, passkeyPerson } from '../support/served-people.ts';

describe('certificates and the authority of a server elsewhere', () => {
  let house: OidcHouse;
  let root: PasskeyPerson;
  let at: Administering;
  let viewer: Administering;
  const corp = makeCertificate({ subject: { CN: 'Corp' }, authority: true });
  before(async () => {
    house = await openOidcHouse({});
    root = await passkeyPerson(house, 'root', ['administrator']);
    const sees = await passkeyPerson(house, 'viewer', ['viewer']);
    catchUp(house);
    for (const alg of ['ES256', 'EdDSA', 'RS256'] as const) await house.house.signing.ready(alg);
    at = await signedIn(house, root);
    viewer = await signedIn(house, sees);
    const write = (name: string, what: string | Uint8Array) => {
      for (const { desk } of [at, viewer]) writeFileSync(join(desk.folder, name), what);
    };
    write('web.csr', writePem('CERTIFICATE REQUEST', makeRequest('web.example.com')));
    write('plc-7.csr', makeRequest('plc-7'));
    write('corp.pem', corp.pem);
    const now = house.clock.now();
    const list = {
      issuer: corp.name,
      authorityKeyId: corp.keyId,
      number: 1n,
      thisUpdate: now - MINUTE,
      nextUpdate: now + HOUR,
      revoked: [],
    };
    write('corp.crl', writeRevocationList(list, signerOf(corp.key)));
    for (const name of ['plc-7', 'plc-8']) {
      await at.json('device', 'add', name, '--kind', 'controller', '--owner', 'root');
    }
  });
  beforeEach(() => catchUp(house));
  after(async () => {
    for (const { desk } of [at, viewer]) desk.close();
    await house.close();
  });

  const sign = (file: string, profile: string, whom: string, ...more: string[]) =>
    ['certificate', 'sign', file, '--profile', profile, '--for', whom, ...more] as const;

  it('are issued, listed, shown, renewed and revoked there as at the machine', async () => {
    assert.match((await at.run('authority', 'show')).out, /There is no authority yet/);
    const seen = await eventsOf(house, async () => {
      const { code, out, err } = await at.run(...sign('plc-7.csr', 'device', 'device:plc-7'));
      assert.equal(code, 0, err);
      assert.match(out, /^-----BEGIN CERTIFICATE-----/);
    });
    const issued = seen.filter(({ type }) => type === 'certificate.issued');
    assert.deepEqual(
      issued.map(({ actor, door }) => [actor, door]),
      [[root.id, 'api']],
    );
    catchUp(house);
    const web = sign('web.csr', 'server', 'server:web.example.com', '--lifetime', '30d');
    const second = await at.json(...web);
    const life = Date.parse(second.notAfter) - house.clock.now();
    assert.ok(Math.abs(life - 30 * 24 * HOUR) < MINUTE, String(life));

    const here = houseCertificates(house.house);
    const { certificates } = await at.json('certificate', 'list', '--for', 'device:plc-7');
    assert.equal(certificates.length, 1);
    assert.deepEqual({ ok: true, value: certificates[0] }, await here.show(certificates[0].serial));
    const paged = await viewer.json('certificate', 'list', '--limit', '1');
    const rest = await viewer.json('certificate', 'list', '--after', paged.next);
    assert.deepEqual(
      [paged, rest].flatMap((page) =>
        page.certificates.map(({ serial }: { serial: string }) => serial),
      ),
      [second.serial, certificates[0].serial],
    );

    const renewed = await at.json('certificate', 'renew', certificates[0].serial);
    const reason = ['--reason', 'superseded'];
    const revoked = await at.json('certificate', 'revoke', renewed.serial, ...reason);
    assert.deepEqual([revoked.state, revoked.renews], ['revoked', certificates[0].serial]);
    const again = await at.run('certificate', 'revoke', renewed.serial, ...reason);
    assert.deepEqual([again.code, again.out], [2, '']);
    assert.match(again.err, /revoked already/);
  });

  it('are refused in the same words', async () => {
    const cases = [
      [2, /not its own \(web\.example\.com\)/, sign('web.csr', 'server', 'server:other.example')],
      [4, /no device “plc-9”/, sign('plc-7.csr', 'device', 'device:plc-9')],
      [
        2,
        /--lifetime must be whole minutes/,
        sign('web.csr', 'server', 'server:web.example.com', '--lifetime', '90s'),
      ],
      [4, /no such certificate/, ['certificate', 'show', 'abcdef']],
    ] as const;
    for (const [code, says, args] of cases) {
      const ran = await at.run(...args);
      assert.deepEqual([ran.code, ran.out], [code, ''], args.join(' '));
      assert.match(ran.err, says);
    }
    await at.json('device', 'disable', 'plc-8');
    const shutOut = await at.run(...sign('plc-7.csr', 'device', 'device:plc-8'));
    assert.equal(shutOut.code, 2);
    assert.match(shutOut.err, /its subject is not active/);
    const refused = await viewer.run(...sign('plc-7.csr', 'device', 'device:plc-7'));
    assert.deepEqual([refused.code, refused.out], [3, '']);
  });

  it('CAs of others are trusted, their lists taken in, and trusted no longer', async () => {
    const add = ['authority', 'trust', 'add', 'corp.pem', '--name', 'Corp CA', '--for', 'device'];
    assert.deepEqual((await at.json(...add)).for, ['device']);
    const lists = ['authority', 'trust', 'import-list', 'corp.crl', '--name', 'Corp CA'];
    assert.equal((await at.json(...lists)).lists.length, 1);
    const there = await viewer.json('authority', 'trust', 'list');
    assert.deepEqual({ ok: true, value: there }, await houseAuthority(house.house).trusted());
    assert.match((await at.run(...add)).err, /is called Corp CA already/);
    await at.json('authority', 'trust', 'remove', 'Corp CA');
    const gone = await at.run('authority', 'trust', 'remove', 'Corp CA');
    assert.deepEqual([gone.code, gone.out], [4, '']);
  });

  it('tells when its lists end, and ends an issuing CA', async () => {
    const shown = await viewer.json('authority', 'show');
    assert.deepEqual({ ok: true, value: shown }, await deskAt(house, at.desk).authority.show());
    const { id, list } = shown.authorities.find(({ role }: { role: string }) => role === 'issuing');
    assert.ok(Date.parse(list.nextUpdate) > house.clock.now());
    await at.json('authority', 'revoke', id, '--reason', 'ca-compromise');
    assert.equal((await at.run('authority', 'revoke', id, '--reason', 'superseded')).code, 2);
  });

  it('what is done with the keys of the authority is done on its machine alone, and says so', async () => {
    for (const args of [
      ['export-root', 'root.pem', '--remove-key'],
      ['import-root', 'root.pem', '--passphrase-file', 'pass.txt'],
      ['init'],
      ['https'],
    ]) {
      const { code, out, err } = await at.run('authority', ...args);
      assert.deepEqual([code, out], [2, ''], args[0]);
      assert.match(err, /on the machine itself alone, not at http:\/\/.*\n.*without --at/);
    }
  });
});
