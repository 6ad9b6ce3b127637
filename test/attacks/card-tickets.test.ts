/**
 * Tickets for cards from just before whoever vouched for the card fell (T1649): a minute is theirs, and not a moment of it once the CA
 * is not trusted any more, lists the card, or the card of our own is revoked; on the node that heard it and on every other.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { signerOf } from '../../server/authority/x509/key-material.ts';
import { DAY } from '../../server/kernel/clock.ts';
import { cardConfig } from '../../server/proofs/card/card-config.ts';
import { readCertificate } from '../../server/wire/x509/certificate.ts';
import { writeRevocationList } from '../../server/wire/x509/revocation-list.ts';
import {
  bringBack,
  type CardHouse,
  cardLink,
  openCardHouse,
  type ShownCertificate,
  showCard,
} from '../support/card-house.ts';
import { type Issuer, makeCertificate } from '../support/certificates.ts';
import { count, eventsOf } from '../support/events.ts';
import { enrolledPerson } from '../support/people.ts';
import { cheapSettings } from '../support/settings.ts';
import { createWebClient } from '../support/web-client.ts';

const BY = { door: 'cli' } as const;

describe('a ticket for a card', () => {
  let web: CardHouse;
  before(async () => {
    const card = cardConfig.parse({
      withPin: { authorities: ['plant', 'mill', 'press', 'press too'], own: true },
    });
    const settings = cheapSettings();
    web = await openCardHouse({ proofs: { ...settings.proofs, card } });
  });
  after(() => web.close());

  async function trust(name: string, ca: Issuer) {
    const { house } = web.test;
    const trusting = { name, trustedFor: ['person'] as const, certificates: [ca.der] };
    assert.ok((await house.store.write((tx) => house.authority.trusted.add(tx, trusting, BY))).ok);
  }
  async function holder(of: string, ca: Issuer) {
    const who = await enrolledPerson(web.test, `with-${of}`);
    const made = makeCertificate({ subject: { CN: of }, authority: false, forClients: true }, ca);
    assert.ok((await web.test.house.cards.assign([made.der], who.id, undefined, BY)).ok);
    return { who, made, shown: { cert: made.pem, key: made.keyPem } };
  }
  /** The card was shown, and the browser is about to bring back what it got. */
  async function holding(shown: ShownCertificate) {
    const client = createWebClient(web.origin);
    await client.get('/signin');
    const link = cardLink(await client.follow(await client.post('/signin/card', {})));
    const led = await showCard(link, shown);
    assert.ok(!led.includes('refused='), led);
    return async () => {
      await bringBack(web, client, led);
      return (await client.get('/me')).status === 200;
    };
  }
  const refusedAfter = async (shown: ShownCertificate, fall: () => Promise<unknown>) => {
    const bring = await holding(shown);
    await fall();
    const seen = await eventsOf(web.test, async () => assert.equal(await bring(), false));
    assert.equal(count(seen, 'signin.granted'), 0);
    const reasons = seen.filter(({ outcome }) => outcome === 'refused').map((each) => each.reason);
    assert.deepEqual(reasons, ['expired']);
  };

  it('opens nothing once the CA is not trusted any more, even if it is trusted again', async () => {
    const { house } = web.test;
    const ca = makeCertificate({ subject: { CN: 'plant' }, authority: true });
    await trust('plant', ca);
    const { shown } = await holder('plant', ca);
    assert.equal(await (await holding(shown))(), true);
    const distrust = () => house.store.write((tx) => house.authorityActs.distrust(tx, 'plant', BY));
    await refusedAfter(shown, distrust);
    await trust('plant', ca);
    await refusedAfter(shown, async () => {
      await distrust();
      await trust('plant', ca);
    });
    const granted = await eventsOf(web.test, async () =>
      assert.equal(await (await holding(shown))(), true),
    );
    assert.equal(count(granted, 'signin.granted'), 1);
  });

  it('opens nothing once the CA lists the card, and what is shown anew of another card does', async () => {
    const { house } = web.test;
    const ca = makeCertificate({ subject: { CN: 'mill' }, authority: true });
    await trust('mill', ca);
    const [lost, kept] = [await holder('mill', ca), await holder('mill-2', ca)];
    const now = web.test.clock.now();
    const list = writeRevocationList(
      {
        ...{ issuer: ca.name, authorityKeyId: ca.keyId, number: 1n, thisUpdate: now - 1000 },
        nextUpdate: now + DAY,
        revoked: [{ serial: readCertificate(lost.made.der)?.serial ?? '', at: now, reason: 1 }],
      },
      signerOf(ca.key),
    );
    await refusedAfter(lost.shown, () =>
      house.store.write((tx) => house.authorityActs.importList(tx, 'mill', list, BY)),
    );
    assert.equal(await (await holding(kept.shown))(), true);
  });

  it('opens nothing where a list of its CA comes in under another name, just before it is let in', async () => {
    const { house } = web.test;
    const ca = makeCertificate({ subject: { CN: 'press' }, authority: true });
    await trust('press', ca);
    await trust('press too', ca);
    const [lost, kept] = [await holder('press', ca), await holder('press-2', ca)];
    const now = web.test.clock.now();
    const listing = (number: bigint, ...revoked: readonly Issuer[]) =>
      writeRevocationList(
        {
          ...{ issuer: ca.name, authorityKeyId: ca.keyId, number, thisUpdate: now - 1000 },
          nextUpdate: now + DAY,
          revoked: revoked.map(({ der }) => ({
            ...{ serial: readCertificate(der)?.serial ?? '', at: now, reason: 1 },
          })),
        },
        signerOf(ca.key),
      );
    const takes = async (name: string, list: Uint8Array) =>
      assert.ok(
        (await house.store.write((tx) => house.authorityActs.importList(tx, name, list, BY))).ok,
      );
    await takes('press', listing(1n));
    await takes('press too', listing(1n));
    const bring = await holding(lost.shown);
    const { store } = house;
    const { write } = store;
    // Its ticket was found good, and nothing is written yet.
    store.write = async (work, options) => {
      if (options?.of === lost.who.id) {
        store.write = write;
        await takes('press too', listing(2n, lost.made));
      }
      return write(work, options);
    };
    const seen = await eventsOf(web.test, async () => assert.equal(await bring(), false));
    assert.notEqual(count(seen, 'authority.list-imported'), 0, 'it came in meanwhile');
    assert.equal(count(seen, 'signin.granted'), 0);
    assert.equal(count(seen, 'proof.refused', 'refused'), 1);
    const granted = await eventsOf(web.test, async () =>
      assert.equal(await (await holding(kept.shown))(), true),
    );
    assert.equal(count(granted, 'signin.granted'), 1);
  });

  it('opens nothing once a card of our own is revoked, or the CA of it', async () => {
    const { house } = web.test;
    const ada = await enrolledPerson(web.test, 'ada');
    const [old, own] = [await web.issue(ada.id, 'Ada'), await web.issue(ada.id, 'Ada')];
    assert.ok((await house.cards.assign([own.der], ada.id, undefined, BY)).ok);
    const serial = readCertificate(old.der)?.serial ?? '';
    await refusedAfter(old, () =>
      house.store.write((tx) => house.authority.revoke(tx, serial, 'key-compromise', BY)),
    );
    assert.equal(await (await holding(own))(), true);
    const ca = (await house.authority.published()).find(({ role }) => role === 'issuing');
    await refusedAfter(own, () =>
      house.store.write((tx) => house.authorityActs.revoke(tx, ca?.id ?? '', 'key-compromise', BY)),
    );
  });
});
