import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import { pemOf } from '../../server/wire/der/pem.ts';
import { writeAuthorization } from '../../server/wire/tacacs/authorization.ts';
import { FLAG, TYPE } from '../../server/wire/tacacs/header.ts';
import { makeCertificate } from '../support/certificates.ts';
import { eventsOf, type TestEvent } from '../support/events.ts';
import { addDevice, certify } from '../support/network.ts';
import type { TestPerson } from '../support/people.ts';
import { admin, command, openTacacsClient, type TlsOptions } from '../support/tacacs-client.ts';
import { openTacacsHouse, type TacacsHouse } from '../support/tacacs-house.ts';

describe('TACACS+ over TLS 1.3 (RFC 9887)', () => {
  let house: TacacsHouse;
  let ada: TestPerson;
  let ca: string;
  let issuing: string;
  let own: TlsOptions;
  let serial: string;
  before(async () => {
    house = await openTacacsHouse({}, { tls: true }, {}, async ({ house }) => {
      await house.authority.chain();
    });
    ada = await house.person('ada');
    const [issuer, root] = await house.test.house.authority.chain();
    issuing = pemOf(issuer ?? new Uint8Array());
    ca = pemOf(root ?? new Uint8Array());
    const issued = await certify(house.test, house.device);
    serial = issued.serial;
    own = {
      ca,
      cert: issued.chain.map(pemOf).join(''),
      key: issued.key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    };
  });
  after(() => house.close());
  beforeEach(() => house.test.clock.advance(61_000));

  const connect = (tls: TlsOptions) => openTacacsClient({ port: house.tlsPort ?? 0, tls });
  const why = (left: readonly TestEvent[]) =>
    left.filter(({ type }) => type === 'network.client-refused').map(({ data }) => data.why);

  it('logs people in and judges commands with nothing obfuscated', async () => {
    const client = await connect(own);
    // The house lives in a time of its own, so the client looks at who issued alone.
    assert.ok(client.peer?.checkIssued(new X509Certificate(issuing)));
    const replies = await client.logIn({ user: 'ada' }, [ada.password, ada.totp.code()]);
    assert.equal(replies.at(-1)?.status, 1, replies.at(-1)?.message);
    assert.equal((await client.authorise('ada', command('show version')))?.status, 1);
    await client.close();
    house.test.clock.advance(30_000);
  });

  it('sets the unencrypted flag, and refuses packets without it (§4)', async () => {
    const client = await connect(own);
    const body = writeAuthorization({ ...admin, user: 'ada', args: command('show version') });
    const good = client.send({ type: TYPE.authorization }, body);
    assert.ok(((await client.next(good))?.header.flags ?? 0) & FLAG.unencrypted);
    const left = await eventsOf(house.test, async () => {
      const bad = client.send({ type: TYPE.authorization, flags: FLAG.singleConnect }, body);
      assert.equal((await client.next(bad))?.body[0], 0x11);
      await client.closed;
    });
    assert.deepEqual(why(left), ['malformed']);
  });

  it('speaks nothing older than TLS 1.3', async () => {
    await assert.rejects(connect({ ...own, maxVersion: 'TLSv1.2' }));
  });

  /** Whether whoever comes with this is heard. */
  async function heard(tls: TlsOptions): Promise<boolean> {
    const client = await connect(tls);
    const answer = await client.authorise('ada', command('show version'));
    await client.close();
    return answer !== undefined;
  }

  it('hears nobody without a certificate, or with one that is not of an authority we know', async () => {
    const left = await eventsOf(house.test, async () => {
      assert.equal(await heard({ ca }), false);
    });
    assert.deepEqual(why(left), ['certificate']);
    const stranger = makeCertificate({ subject: { CN: 'switch-1' }, authority: false });
    assert.equal(await heard({ ca, cert: stranger.pem, key: stranger.keyPem }), false);
  });

  it('hears no device from an address that is not its own', async () => {
    const elsewhere = await addDevice(house.test, 'porch', { addresses: ['192.0.2.77'] });
    const issued = await certify(house.test, elsewhere);
    const cert = issued.chain.map(pemOf).join('');
    const key = issued.key.export({ type: 'pkcs8', format: 'pem' }).toString();
    assert.equal(await heard({ ca, cert, key }), false);
  });

  it('hears no device whose certificate was revoked, on a connection that stands included', async () => {
    const client = await connect(own);
    assert.notEqual(await client.authorise('ada', command('show version')), undefined);
    const { store, authority } = house.test.house;
    await store.write((tx) => authority.revoke(tx, serial, 'key-compromise', { door: 'cli' }));
    house.test.clock.advance(6000);
    assert.equal(await client.authorise('ada', command('show version')), undefined);
    await client.closed;
    assert.equal(await heard(own), false);
    assert.deepEqual(house.faults, []);
  });
});
