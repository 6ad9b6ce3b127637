/**
 * Sessions that somebody opened with a card of a CA of others which is listed since (T1649): by the card that was replaced meanwhile, by one
 * whose CA fell with a root above it, by a list that is here under another name. They end, and those by other cards of that CA do not.
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
  showCard,
} from '../support/card-house.ts';
import { type Issuer, makeCertificate } from '../support/certificates.ts';
import { count, eventsOf } from '../support/events.ts';
import { enrolledPerson } from '../support/people.ts';
import { cheapSettings } from '../support/settings.ts';
import { createWebClient } from '../support/web-client.ts';

const BY = { door: 'cli' } as const;
const NAMES = ['replaced', 'below', 'twice'];

describe('a card of a CA of others', () => {
  let web: CardHouse;
  before(async () => {
    const card = cardConfig.parse({ withPin: { authorities: NAMES } });
    const settings = cheapSettings();
    web = await openCardHouse({ proofs: { ...settings.proofs, card } });
  });
  after(() => web.close());

  const write: CardHouse['test']['house']['store']['write'] = (work) =>
    web.test.house.store.write(work);
  async function trust(name: string, ...cas: readonly Issuer[]) {
    const certificates = cas.map(({ der }) => der);
    const trusting = { name, trustedFor: ['person'] as const, certificates };
    const { trusted } = web.test.house.authority;
    assert.ok((await write((tx) => trusted.add(tx, trusting, BY))).ok);
  }
  async function takes(name: string, ca: Issuer, ...revoked: readonly Issuer[]) {
    web.test.clock.advance(1000);
    const now = web.test.clock.now();
    const serials = revoked.map(({ der }) => readCertificate(der)?.serial ?? '');
    const list = writeRevocationList(
      {
        ...{ issuer: ca.name, authorityKeyId: ca.keyId, number: 1n },
        ...{ thisUpdate: now, nextUpdate: now + DAY },
        revoked: serials.map((serial) => ({ serial, at: now, reason: 1 })),
      },
      signerOf(ca.key),
    );
    const { authorityActs } = web.test.house;
    assert.ok((await write((tx) => authorityActs.importList(tx, name, list, BY))).ok);
  }
  const made = (CN: string, ca: Issuer) =>
    makeCertificate({ subject: { CN }, authority: false, forClients: true }, ca);
  async function holds(name: string, card: Issuer) {
    const who = await enrolledPerson(web.test, name);
    assert.ok((await web.test.house.cards.assign([card.der], who.id, undefined, BY)).ok);
  }
  /** Somebody comes in with it: whether they are in still. */
  async function comesIn(card: Issuer) {
    const client = createWebClient(web.origin);
    await client.get('/signin');
    const link = cardLink(await client.follow(await client.post('/signin/card', {})));
    const led = await showCard(link, { cert: card.pem, key: card.keyPem });
    await bringBack(web, client, led);
    const isIn = async () => (await client.get('/me')).status === 200;
    assert.equal(await isIn(), true, led);
    return isIn;
  }
  const ended = (seen: Awaited<ReturnType<typeof eventsOf>>) => [
    count(seen, 'authority.list-imported'),
    count(seen, 'session.revoked'),
  ];

  it('leaves nothing open that was listed after the next one of that person was shown', async () => {
    const ca = makeCertificate({ subject: { CN: 'replaced' }, authority: true });
    await trust('replaced', ca);
    const [stolen, next, of] = [made('ada', ca), made('ada', ca), made('eve', ca)];
    await holds('ada', stolen);
    await holds('eve', of);
    const [thief, eve] = [await comesIn(stolen), await comesIn(of)];
    await comesIn(next);
    const seen = await eventsOf(web.test, () => takes('replaced', ca, stolen));
    assert.deepEqual([await thief(), await eve()], [false, true]);
    assert.deepEqual(ended(seen), [1, 1]);
    const back = await comesIn(next);
    const later = await eventsOf(web.test, () => takes('replaced', ca, stolen));
    assert.equal(
      await back(),
      true,
      'what the list of the next day names once more is over already',
    );
    assert.deepEqual(ended(later), [1, 0]);
  });

  it('leaves nothing open once a root above revokes its CA', async () => {
    const root = makeCertificate({ subject: { CN: 'above' }, authority: true });
    const [ca, beside] = [
      makeCertificate({ subject: { CN: 'below' }, authority: true }, root),
      makeCertificate({ subject: { CN: 'beside' }, authority: true }, root),
    ];
    await trust('below', root, ca, beside);
    await takes('below', root);
    await takes('below', ca);
    await takes('below', beside);
    const [one, other] = [made('joan', ca), made('kate', beside)];
    await holds('joan', one);
    await holds('kate', other);
    const [joan, kate] = [await comesIn(one), await comesIn(other)];
    const seen = await eventsOf(web.test, () => takes('below', root, ca));
    assert.deepEqual([await joan(), await kate()], [false, true]);
    assert.deepEqual(ended(seen), [1, 1]);
    await assert.rejects(comesIn(one), /refused=revoked/);
    await comesIn(other);
  });

  it('leaves nothing open once a list names it that is here under another name', async () => {
    const ca = makeCertificate({ subject: { CN: 'twice' }, authority: true });
    await trust('twice', ca);
    await trust('twice again', ca);
    const [one, other] = [made('lena', ca), made('mary', ca)];
    await holds('lena', one);
    await holds('mary', other);
    const [lena, mary] = [await comesIn(one), await comesIn(other)];
    const seen = await eventsOf(web.test, () => takes('twice again', ca, one));
    assert.deepEqual([await lena(), await mary()], [false, true]);
    assert.deepEqual(ended(seen), [1, 1]);
  });
});
