/**
 * A certificate that says of itself what no CA above it may promise: that its key lies on a card, behind a PIN (RFC 5280 §6.1.3 (d)).
 * One issuer of a company gives cards, another gives files to whoever has a laptop, and both stand below the root that is trusted:
 * what counts as card and PIN is what the whole path promises (T1649, T1078).
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
import { type Issuer, makeCertificate } from '../support/certificates.ts';
import { eventsOf, type TestEvent } from '../support/events.ts';
import { enrolledPerson, type TestPerson } from '../support/people.ts';
import { cheapSettings } from '../support/settings.ts';
import { createWebClient, heading } from '../support/web-client.ts';

const BY = { door: 'cli' } as const;
const CARD = '2.16.840.1.101.3.2.1.3.13';
const FILE = '2.16.840.1.101.3.2.1.3.7';
const ANY = '2.5.29.32.0';

describe('a certificate with the policy of cards', () => {
  let web: CardHouse;
  let root: Issuer;
  let below = 0;
  before(async () => {
    const card = cardConfig.parse({ withPin: { policies: [CARD] } });
    const settings = cheapSettings();
    web = await openCardHouse({ proofs: { ...settings.proofs, card } });
    const { house } = web.test;
    root = makeCertificate({ subject: { CN: 'plant' }, authority: true });
    const trust = { name: 'plant', trustedFor: ['person'] as const, certificates: [root.der] };
    assert.ok((await house.store.write((tx) => house.authority.trusted.add(tx, trust, BY))).ok);
  });
  after(() => web?.close());

  const issuer = (policies: readonly string[] | undefined, above = root) => {
    below += 1;
    const subject = { CN: `issuer ${below}` };
    return makeCertificate({ subject, authority: true, ...(policies && { policies }) }, above);
  };

  /** A card of a person's, and what the page says that it leads to. */
  async function given(chain: readonly Issuer[], policies: readonly string[] = [CARD]) {
    below += 1;
    const who = await enrolledPerson(web.test, `with-${below}`);
    const wish = { subject: { CN: `With ${below}` }, authority: false, forClients: true, policies };
    const made = makeCertificate(wish, chain[0]);
    const ders = [made, ...chain].map(({ der }) => der);
    assert.ok((await web.test.house.cards.assign(ders, who.id, undefined, BY)).ok);
    const cert = [made, ...chain].map((each) => each.pem).join('');
    return { who, shown: { cert, key: made.keyPem } };
  }
  async function leads({ who, shown }: { who: TestPerson; shown: { cert: string; key: string } }) {
    let seen = '';
    const told: readonly TestEvent[] = await eventsOf(web.test, async () => {
      const client = createWebClient(web.origin);
      await client.get('/signin');
      const link = cardLink(await client.follow(await client.post('/signin/card', {})));
      const back = await bringBack(web, client, await showCard(link, shown));
      seen = back.location === '/me' ? '/me' : (heading(await client.follow(back)) ?? '');
    });
    const granted = told.filter(({ type }) => type === 'signin.granted');
    assert.deepEqual(
      granted.map(({ subject }) => subject),
      seen === '/me' ? [who.id] : [],
    );
    return seen;
  }

  it('counts as card and PIN where each CA on the way may promise that', async () => {
    assert.equal(await leads(await given([issuer([CARD])])), '/me');
    assert.equal(await leads(await given([issuer([FILE, CARD])])), '/me');
    assert.equal(await leads(await given([issuer([ANY])])), '/me');
    const upper = issuer([FILE, CARD]);
    assert.equal(await leads(await given([issuer([CARD], upper), upper])), '/me');
    // Straight from the CA that is trusted, which need not say of itself what it may.
    assert.equal(await leads(await given([root])), '/me');
  });

  it('counts as what is had alone where one of them may not, and a second proof is asked for', async () => {
    assert.equal(await leads(await given([issuer([FILE])])), 'One more proof');
    assert.equal(await leads(await given([issuer(undefined)])), 'One more proof');
    const upper = issuer([FILE]);
    assert.equal(await leads(await given([issuer([CARD], upper), upper])), 'One more proof');
    // That of any policy is none of those that are wanted.
    assert.equal(await leads(await given([issuer([ANY])], [ANY])), 'One more proof');
  });

  it('is held to what was imported with the CA that is trusted', async () => {
    const { house } = web.test;
    const strict = makeCertificate({ subject: { CN: 'strict' }, authority: true });
    const soft = issuer([FILE], strict);
    const hard = issuer([CARD], strict);
    const certificates = [strict.der, soft.der, hard.der];
    const trust = { name: 'strict', trustedFor: ['person'] as const, certificates };
    assert.ok((await house.store.write((tx) => house.authority.trusted.add(tx, trust, BY))).ok);
    assert.equal(await leads(await given([soft])), 'One more proof');
    assert.equal(await leads(await given([hard])), '/me');
  });
});
