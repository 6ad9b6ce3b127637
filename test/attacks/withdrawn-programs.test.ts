/**
 * Programs whose certificate, or the CA of it, was withdrawn (T1649): by lists of CAs that are trusted here, though the program shows
 * nothing but its own certificate; and where it has to be known that it was not, by whatever nobody tells of. RFC 5280 §6.3.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { signerOf } from '../../server/authority/x509/key-material.ts';
import { DAY } from '../../server/kernel/clock.ts';
import type { Resource } from '../../server/subjects/resource.ts';
import { readCertificate } from '../../server/wire/x509/certificate.ts';
import { writeRevocationList } from '../../server/wire/x509/revocation-list.ts';
import { type Issuer, makeCertificate } from '../support/certificates.ts';
import { count, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { addApi, addProcess, addProof, enter, entered, refusal } from '../support/processes.ts';

const BY = { door: 'cli' } as const;

describe('a certificate of a program', () => {
  let test: TestHouse;
  let api: Resource;
  let made = 0;
  before(async () => {
    test = await openTestHouse();
    api = await addApi(test);
  });
  after(() => test.close());

  async function trust(name: string, ...cas: readonly Issuer[]) {
    const { store, authority } = test.house;
    const trusting = {
      name,
      trustedFor: ['process' as const],
      certificates: cas.map(({ der }) => der),
    };
    const added = await store.write((tx) => authority.trusted.add(tx, trusting, BY));
    assert.ok(added.ok, JSON.stringify(added));
  }
  async function lists(name: string, ca: Issuer, ...revoked: readonly Issuer[]) {
    const { store, authority } = test.house;
    const now = test.clock.advance(1000) ?? test.clock.now();
    const list = writeRevocationList(
      {
        ...{ issuer: ca.name, authorityKeyId: ca.keyId, number: 1n },
        ...{ thisUpdate: test.clock.now(), nextUpdate: test.clock.now() + DAY },
        revoked: revoked.map(({ der }) => ({
          serial: readCertificate(der)?.serial ?? '',
          at: now,
          reason: 1,
        })),
      },
      signerOf(ca.key),
    );
    const taken = await store.write((tx) => authority.trusted.importList(tx, name, list, BY));
    assert.ok(taken.ok, JSON.stringify(taken));
  }
  /** A root, a CA below it, and a program that has a rule for what that CA issues. */
  async function program(settings: object = {}) {
    const called = `pump-${made++}`;
    const root = makeCertificate({ subject: { CN: `${called} root` }, authority: true });
    const ca = makeCertificate({ subject: { CN: `${called} CA` }, authority: true }, root);
    const names = { dns: `${called}.example` };
    const wish = { subject: { CN: called }, authority: false, alternative: names };
    const process = await addProcess(test, called, [{ resource: api.id, scopes: ['read'] }]);
    await addProof(test, process, 'certificate', { ca: ca.pem, names, ...settings });
    const [one, other] = [makeCertificate(wish, ca), makeCertificate(wish, ca)];
    const address = `198.51.100.${made}`;
    const show = ({ der }: Issuer) =>
      enter(
        test,
        { as: called, offers: [{ kind: 'certificate', data: { der: new Uint8Array(der) } }] },
        { address, network: address },
      );
    return {
      ...{ called, root, ca, one, other },
      good: async (which: Issuer = one) => void entered(await show(which)),
      async withdrawn(which: Issuer = one) {
        const seen = await eventsOf(test, async () =>
          assert.equal(refusal(await show(which)), 'wrong'),
        );
        assert.deepEqual(
          seen.filter(({ type }) => type === 'entry.refused').map(({ reason }) => reason),
          ['revoked'],
        );
        assert.equal(count(seen, 'entry.granted'), 0);
      },
    };
  }

  it('is refused once its CA lists it, and another of that CA is not', async () => {
    const { called, root, ca, one, other, good, withdrawn } = await program();
    await good();
    await trust(called, root, ca);
    await lists(called, root);
    await lists(called, ca, one);
    await withdrawn(one);
    await good(other);
  });

  it('goes with its CA, which a root revoked of which alone lists are here', async () => {
    const { called, root, ca, good, withdrawn } = await program();
    await good();
    await trust(called, root);
    await good();
    await lists(called, root, ca);
    await withdrawn();
  });

  it('goes with a CA that stands under another name than its root', async () => {
    const plain = await program();
    const { root, ca, called, good } = plain;
    await trust(`${called} A`, root);
    await trust(`${called} B`, makeCertificate({ subject: { CN: 'B' }, authority: true }));
    await good();
    await lists(`${called} A`, root, ca);
    await plain.withdrawn();
  });

  it('is refused where nobody tells whether it was revoked, if that has to be known', async () => {
    const { called, root, ca, one, other, good, withdrawn } = await program({
      revocation: 'required',
    });
    await withdrawn();
    await trust(called, root, ca);
    await withdrawn();
    await lists(called, root);
    // Of the CA itself there is no list yet.
    await withdrawn();
    await lists(called, ca, other);
    await good(one);
    await withdrawn(other);
    // What was known is not known any more when the list is over.
    test.clock.advance(DAY);
    await withdrawn(one);
  });
});
