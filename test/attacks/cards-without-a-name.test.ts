/**
 * Certificates whose subject is empty, as RFC 5280 §4.1.2.6 allows and many a template for smart cards has it: who they are of stands
 * beside it alone. To go by issuer and subject would make all of them one and the same card (T1649).
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { cardConfig } from '../../server/proofs/card/card-config.ts';
import {
  bringBack,
  type CardHouse,
  cardLink,
  openCardHouse,
  showCard,
} from '../support/card-house.ts';
import { type CertificateWish, type Issuer, makeCertificate } from '../support/certificates.ts';
import { count, eventsOf } from '../support/events.ts';
import { enrolledPerson, type TestPerson } from '../support/people.ts';
import { cheapSettings } from '../support/settings.ts';
import { createWebClient } from '../support/web-client.ts';

const BY = { door: 'cli' } as const;

describe('certificates that name nobody in their subject', () => {
  let web: CardHouse;
  let ca: Issuer;
  let ada: TestPerson;
  let eve: TestPerson;

  before(async () => {
    const card = cardConfig.parse({ withPin: { authorities: ['plant'] } });
    const settings = cheapSettings();
    web = await openCardHouse({ proofs: { ...settings.proofs, card } });
    const { house } = web.test;
    ca = makeCertificate({ subject: { CN: 'plant' }, authority: true });
    const trust = { name: 'plant', trustedFor: ['person'] as const, certificates: [ca.der] };
    assert.ok((await house.store.write((tx) => house.authority.trusted.add(tx, trust, BY))).ok);
    ada = await enrolledPerson(web.test, 'ada');
    eve = await enrolledPerson(web.test, 'eve');
  });
  after(() => web?.close());

  function issue(wish: Pick<CertificateWish, 'subject' | 'alternative'>) {
    const made = makeCertificate({ ...wish, authority: false, forClients: true }, ca);
    return { der: made.der, shown: { cert: made.pem, key: made.keyPem } };
  }
  async function assign(person: TestPerson, { der }: ReturnType<typeof issue>) {
    const done = await web.test.house.cards.assign([der], person.id, undefined, BY);
    return done.ok ? 'done' : done.error;
  }
  /** As whom the browser is in then. */
  async function comeIn({ shown }: ReturnType<typeof issue>): Promise<string> {
    const client = createWebClient(web.origin);
    await client.get('/signin');
    const link = cardLink(await client.follow(await client.post('/signin/card', {})));
    const led = await showCard(link, shown);
    const refused = /refused=([a-z-]+)/.exec(led)?.[1];
    if (refused !== undefined) return refused;
    if ((await bringBack(web, client, led)).location !== '/me') return 'nobody';
    const { text } = await client.get('/me');
    return ['ada', 'eve'].find((name) => text.includes(`>${name}<`) || text.includes(name)) ?? '?';
  }

  it('are told apart by the names beside it, and another’s opens nothing', async () => {
    const hers = issue({ subject: {}, alternative: { email: 'ada@plant.example' } });
    const another = issue({ subject: {}, alternative: { email: 'eve@plant.example' } });
    assert.equal(await assign(ada, hers), 'done');
    const refused = await eventsOf(web.test, async () => {
      assert.equal(await comeIn(another), 'nobody');
    });
    assert.equal(count(refused, 'signin.granted'), 0);
    assert.deepEqual(
      refused.filter(({ outcome }) => outcome === 'refused').map(({ subject }) => subject),
      [undefined],
    );
    const granted = await eventsOf(web.test, async () => {
      assert.equal(await comeIn(hers), 'ada');
    });
    const [opened, ...more] = granted.filter(({ type }) => type === 'signin.granted');
    assert.deepEqual([opened?.subject, more.length], [ada.id, 0]);
    // It is a card of its own, which its own holder may have; and the next one with these names is the same card.
    assert.equal(await assign(eve, another), 'done');
    assert.equal(await comeIn(another), 'eve');
    const next = issue({ subject: {}, alternative: { email: 'ada@plant.example' } });
    assert.equal(await comeIn(next), 'ada');
  });

  it('are told apart where the subject is that of all of a company', async () => {
    const [hers, another] = ['ada2@plant.example', 'eve2@plant.example'].map((email) =>
      issue({ subject: { C: 'DE', O: 'Plant' }, alternative: { email } }),
    );
    assert.ok(hers && another);
    assert.equal(await assign(ada, hers), 'done');
    assert.deepEqual([await comeIn(another), await comeIn(hers)], ['nobody', 'ada']);
  });

  it('are nobody’s where nothing beside it names a person either', async () => {
    const nameless = [
      issue({ subject: {} }),
      issue({ subject: { O: 'Plant' }, alternative: { dns: 'pc1.plant.example' } }),
    ];
    for (const each of nameless) {
      const refused = await eventsOf(web.test, async () => {
        assert.equal(await comeIn(each), 'not-for-people');
        assert.equal(await assign(ada, each), 'not-for-people');
      });
      assert.equal(count(refused, 'signin.granted'), 0);
    }
    const all = await eventsOf(web.test, async () => {
      web.test.clock.advance(120_000);
      assert.equal(await comeIn(nameless[0]!), 'not-for-people');
    });
    assert.equal(count(all, 'card.refused', 'refused'), 1);
  });
});
