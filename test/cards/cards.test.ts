/** Signing in with a smart card (P6): a certificate in a TLS handshake of its own (RFC 8446 §4.4.2, RFC 5246 §7.4.6), and one person behind it. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { cardConfig } from '../../server/proofs/card/card-config.ts';
import { listHeld } from '../../server/proofs/held-proofs.ts';
import {
  bringBack,
  type CardHouse,
  cardLink,
  openCardHouse,
  showCard,
} from '../support/card-house.ts';
import { makeCertificate } from '../support/certificates.ts';
import { count, eventsOf } from '../support/events.ts';
import { addPerson, enrolledPerson, issuePass, type TestPerson } from '../support/people.ts';
import { cheapSettings } from '../support/settings.ts';
import { complaint, createWebClient, heading, type WebClient } from '../support/web-client.ts';
import { beginSignIn, signInOnWeb } from '../support/web-sign-in.ts';

const PIV = '2.16.840.1.101.3.2.1.3.13';

describe('a smart card', () => {
  let web: CardHouse;
  let ada: TestPerson;
  let browser: WebClient;

  before(async () => {
    web = await openCardHouse();
    ada = await enrolledPerson(web.test, 'ada');
  });
  after(() => web.close());
  beforeEach(() => {
    browser = createWebClient(web.origin);
  });

  const assign = async (
    person: TestPerson['id'],
    der: Uint8Array,
    more: readonly Uint8Array[] = [],
  ) => web.test.house.cards.assign([der, ...more], person, undefined, { door: 'cli' });

  it('is offered on the first page, and is not where there is no port for it', async () => {
    assert.match((await browser.get('/signin')).text, /Use a smart card/);
  });

  it('is added by its holder, who shows it once, and opens with a password from then on', async () => {
    const card = await web.issue(ada.id, 'Ada');
    await signInOnWeb(web, browser, ada);
    const page = await browser.follow(await browser.get('/me/proofs/add/card'));
    assert.equal(heading(page), 'Add your smart card');
    const added = await eventsOf(web.test, async () => {
      const back = await bringBack(web, browser, await showCard(cardLink(page), card));
      assert.equal(back.location, '/me');
    });
    assert.deepEqual(
      added.filter(({ type }) => type === 'proof.enrolled').map(({ data }) => data.kind),
      ['card'],
    );
    assert.match((await browser.get('/me')).text, /Smart card/);

    const fresh = createWebClient(web.origin);
    await fresh.get('/signin');
    const step = await fresh.follow(await fresh.post('/signin/card', {}));
    const second = await fresh.follow(
      await bringBack(web, fresh, await showCard(cardLink(step), card)),
    );
    // Nobody has promised that it asks for a PIN: it is what Ada has, and a second kind is asked for.
    assert.equal(heading(second), 'One more proof');
    const done = await fresh.post('/signin/step', { kind: 'password', password: ada.password });
    assert.equal(done.location, '/me');
  });

  it('can be the second proof, after a password', async () => {
    const card = await web.issue(ada.id, 'Ada');
    await beginSignIn(browser, 'ada');
    await browser.follow(
      await browser.post('/signin/step', { kind: 'password', password: ada.password }),
    );
    const page = await browser.get('/signin/step?with=card');
    const granted = await eventsOf(web.test, async () => {
      const back = await bringBack(web, browser, await showCard(cardLink(page), card));
      assert.equal(back.location, '/me');
    });
    assert.equal(count(granted, 'signin.granted'), 1);
  });

  it('keeps nobody in beyond the end of its certificate', async () => {
    const bob = await enrolledPerson(web.test, 'robert');
    const card = await web.issue(bob.id, 'Robert', 600_000);
    assert.ok((await assign(bob.id, card.der)).ok);
    const { clock } = web.test;
    await beginSignIn(browser, 'robert');
    await browser.follow(
      await browser.post('/signin/step', { kind: 'password', password: bob.password }),
    );
    const page = await browser.get('/signin/step?with=card');
    const back = await bringBack(web, browser, await showCard(cardLink(page), card));
    assert.equal(back.location, '/me');
    clock.advance(500_000);
    assert.equal((await browser.get('/me')).status, 200);
    clock.advance(200_000);
    assert.equal((await browser.get('/me')).location, '/signin');
    // With what is not over, one comes in for longer.
    const other = createWebClient(web.origin);
    await signInOnWeb(web, other, bob);
    clock.advance(700_000);
    assert.equal((await other.get('/me')).status, 200);
  });

  it('is asked of its holder before a proof is changed, and is enough for that with a PIN', async () => {
    const settings = cheapSettings();
    const card = cardConfig.parse({ withPin: { own: true } });
    const other = await openCardHouse({ proofs: { ...settings.proofs, card } });
    try {
      const grace = await enrolledPerson(other.test, 'grace');
      const shown = await other.issue(grace.id, 'Grace');
      const { cards } = other.test.house;
      assert.ok((await cards.assign([shown.der], grace.id, undefined, { door: 'cli' })).ok);
      const client = createWebClient(other.origin);
      await signInOnWeb(other, client, grace);
      // A password and a code are not enough for whoever holds something stronger.
      const asked = await client.follow(await client.get('/me/proofs/add/totp'));
      assert.equal(heading(asked), 'Is it still you?');
      const link = cardLink(await client.get('/confirm?with=card'));
      assert.match(link, /to=confirm/);
      const none = await bringBack(other, client, await showCard(link));
      assert.match(complaint(await client.follow(none)) ?? '', /No certificate was shown/);
      const again = cardLink(await client.get('/confirm?with=card'));
      const back = await bringBack(other, client, await showCard(again, shown));
      assert.equal(back.location, '/me/proofs/add/totp');
      assert.equal(heading(await client.follow(back)), 'Add an authenticator app');
    } finally {
      await other.close();
    }
  });

  it('can be the first proof of a newcomer', async () => {
    const id = await addPerson(web.test, 'nina');
    const code = await issuePass(web.test, id);
    await browser.get('/enrol');
    const list = await browser.follow(
      await browser.post('/enrol', { identifier: 'nina', pass: code }),
    );
    assert.match(list.text, /\/enrol\/add\/card/);
    const page = await browser.follow(await browser.get('/enrol/add/card'));
    assert.match(cardLink(page), /to=enrol/);
    const ca = makeCertificate({ subject: { CN: 'Office CA' }, authority: true });
    const { authority, store } = web.test.house;
    const trust = { name: 'office', trustedFor: ['person'] as const, certificates: [ca.der] };
    assert.ok((await store.write((tx) => authority.trusted.add(tx, trust, { door: 'cli' }))).ok);
    const made = makeCertificate(
      { subject: { CN: 'Nina' }, authority: false, forClients: true },
      ca,
    );
    const { keyPem: key } = made;
    const back = await bringBack(
      web,
      browser,
      await showCard(cardLink(page), { cert: made.pem, key }),
    );
    assert.equal(back.location, '/enrol/proofs');
    const held = await store.read((q) => listHeld(q, id));
    assert.deepEqual(
      held.map(({ kind, name }) => [kind, name]).filter(([kind]) => kind === 'card'),
      [['card', 'Smart card']],
    );
  });

  it('that was replaced by another for the same person needs not be added again', async () => {
    const next = await web.issue(ada.id, 'Ada Lovelace');
    await browser.get('/signin');
    const step = await browser.follow(await browser.post('/signin/card', {}));
    const back = await bringBack(web, browser, await showCard(cardLink(step), next));
    assert.equal(heading(await browser.follow(back)), 'One more proof');
  });

  it('of another authority is known by issuer and subject, and counts as card and PIN where that is promised', async () => {
    const withPin = { withPin: { policies: [PIV], authorities: ['plant'] } };
    const settings = cheapSettings();
    const other = await openCardHouse({
      proofs: { ...settings.proofs, card: cardConfig.parse(withPin) },
    });
    try {
      const { house } = other.test;
      const ca = makeCertificate({ subject: { O: 'Plant', CN: 'Plant CA' }, authority: true });
      const trust = (name: string, der: Uint8Array, kinds: readonly ('person' | 'device')[]) =>
        house.store.write((tx) =>
          house.authority.trusted.add(
            tx,
            { name, trustedFor: kinds, certificates: [der] },
            { door: 'cli' },
          ),
        );
      const added = await trust('plant', ca.der, ['person']);
      assert.ok(added.ok, JSON.stringify(added));
      const grace = await enrolledPerson(other.test, 'grace');
      const cert = () =>
        makeCertificate(
          { subject: { O: 'Plant', CN: 'Grace' }, authority: false, forClients: true },
          ca,
        );
      const first = cert();
      const assigned = await house.cards.assign([first.der], grace.id, 'Plant card', {
        door: 'cli',
      });
      assert.ok(assigned.ok, JSON.stringify(assigned));
      // The same name from the same issuer, on another card.
      const second = cert();
      const client = createWebClient(other.origin);
      await client.get('/signin');
      const step = await client.follow(await client.post('/signin/card', {}));
      const shown = {
        cert: second.pem,
        key: second.keyPem,
      };
      const seen = await eventsOf(other.test, async () => {
        const back = await bringBack(other, client, await showCard(cardLink(step), shown));
        assert.equal(back.location, '/me');
      });
      assert.equal(count(seen, 'signin.granted'), 1);

      const twice = await house.cards.assign(
        [second.der],
        await addPerson(other.test, 'eve'),
        undefined,
        {
          door: 'cli',
        },
      );
      assert.deepEqual(twice, { ok: false, error: 'held-already' });
    } finally {
      await other.close();
    }
  });

  it('that is revoked, ended, a machine’s, or from nobody known is told so, and opens nothing', async () => {
    const bob = await enrolledPerson(web.test, 'bob');
    const card = await web.issue(bob.id, 'Bob');
    assert.ok((await assign(bob.id, card.der)).ok);
    await browser.get('/signin');
    const step = async () => browser.follow(await browser.post('/signin/card', {}));
    const refused = async (shown: Parameters<typeof showCard>[1], words: RegExp) => {
      const back = await bringBack(web, browser, await showCard(cardLink(await step()), shown));
      assert.match(complaint(await browser.follow(back)) ?? '', words);
    };
    await refused(undefined, /No certificate was shown/);
    const stranger = makeCertificate({
      subject: { CN: 'Bob' },
      authority: false,
      forClients: true,
    });
    const shown = (of: typeof stranger) => ({
      cert: of.pem,
      key: of.keyPem,
    });
    await refused(shown(stranger), /nobody whom your organisation trusts/);
    const right = await showCard(cardLink(await step()), card);
    assert.match(right, /ticket=/);
    const revoked = await web.test.house.store.write((tx) =>
      web.test.house.authority.revoke(tx, card.serial, 'key-compromise', { door: 'cli' }),
    );
    assert.ok(revoked.ok);
    const seen = await eventsOf(web.test, () => refused(card, /was revoked/));
    assert.deepEqual(
      seen.filter(({ type }) => type === 'card.refused').map(({ data }) => data.because),
      ['revoked'],
    );
  });
});
