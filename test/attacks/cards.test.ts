/**
 * A smart card that is not one's own, or not there any more, and tickets that were meant for somebody else: T1649 (stolen or
 * forged certificates), T1550 (material used elsewhere), T1557 (somebody between). In each, the right one opens and the wrong
 * one does not, and the record says so.
 */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { request } from 'node:https';
import { after, before, beforeEach, describe, it } from 'node:test';
import { connect } from 'node:tls';
import { signerOf } from '../../server/authority/x509/key-material.ts';
import { MINUTE } from '../../server/kernel/clock.ts';
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
import { enrolledPerson, signIn, type TestPerson } from '../support/people.ts';
import { addProcess } from '../support/processes.ts';
import { cheapSettings } from '../support/settings.ts';
import { createWebClient, heading, type WebClient } from '../support/web-client.ts';
import { signInOnWeb } from '../support/web-sign-in.ts';

const NEXT = 'One more proof';

describe('a card that was stolen', () => {
  it('is worth nothing once its certificate is revoked, nor is what it opened before', async () => {
    const web = await openCardHouse();
    const { house } = web.test;
    const [ada, eve] = [
      await enrolledPerson(web.test, 'ada'),
      await enrolledPerson(web.test, 'eve'),
    ];
    const card = await web.issue(ada.id, 'Ada');
    const assigned = await house.cards.assign([card.der], ada.id, undefined, { door: 'cli' });
    assert.ok(assigned.ok);
    const inside = async (who: TestPerson) => (await signIn(web.test, who)).session.token;
    const is = async (token: string) => (await house.portal.me(token, web.test.arrival())).state;
    const [thief, other] = [await inside(ada), await inside(eve)];
    assert.deepEqual([await is(thief), await is(other)], ['done', 'done']);
    const left = await eventsOf(web.test, async () => {
      const revoked = await house.store.write((tx) =>
        house.certificateActs.revoke(tx, card.serial, 'key-compromise', { door: 'cli' }),
      );
      assert.ok(revoked.ok);
    });
    assert.deepEqual([await is(thief), await is(other)], ['refused', 'done']);
    assert.deepEqual([count(left, 'certificate.revoked'), count(left, 'session.revoked')], [1, 1]);
    const refused = await eventsOf(web.test, async () => {
      const client = createWebClient(web.origin);
      await client.get('/signin');
      const link = cardLink(await client.follow(await client.post('/signin/card', {})));
      assert.match(await showCard(link, card), /refused=revoked/);
    });
    assert.equal(count(refused, 'card.refused'), 1);
    assert.equal(await is(await inside(ada)), 'done', 'with what else she has she comes in');
    await web.close();
  });
});

describe('cards of an authority that fell', () => {
  it('are worth nothing from then on, nor is what they opened before: one of others, and our own', async () => {
    const card = cardConfig.parse({ withPin: { authorities: ['plant', 'mill'], own: true } });
    const settings = cheapSettings();
    const web = await openCardHouse({ proofs: { ...settings.proofs, card } });
    const { house } = web.test;
    const by = { door: 'cli' } as const;
    const given = async (of: 'plant' | 'mill') => {
      const ca = makeCertificate({ subject: { CN: of }, authority: true });
      const trust = { name: of, trustedFor: ['person'] as const, certificates: [ca.der] };
      assert.ok((await house.store.write((tx) => house.authority.trusted.add(tx, trust, by))).ok);
      const who = await enrolledPerson(web.test, `with-${of}`);
      const wish = { subject: { CN: of }, authority: false, forClients: true };
      const made = makeCertificate(wish, ca);
      assert.ok((await house.cards.assign([made.der], who.id, undefined, by)).ok);
      const serial = readCertificate(made.der)?.serial ?? '';
      return { who, ca, serial, shown: { cert: made.pem, key: made.keyPem } };
    };
    const comeIn = async (shown: ShownCertificate) => {
      const client = createWebClient(web.origin);
      await client.get('/signin');
      const link = cardLink(await client.follow(await client.post('/signin/card', {})));
      const led = await showCard(link, shown);
      if (led.includes('refused=')) return undefined;
      assert.equal((await bringBack(web, client, led)).location, '/me');
      return async () => (await client.get('/me')).status === 200;
    };
    const [plant, mill] = [await given('plant'), await given('mill')];
    const ada = await enrolledPerson(web.test, 'ada');
    const own = await web.issue(ada.id, 'Ada');
    assert.ok((await house.cards.assign([own.der], ada.id, undefined, by)).ok);
    const [byPlant, byMill, byOwn] = [
      await comeIn(plant.shown),
      await comeIn(mill.shown),
      await comeIn(own),
    ];
    const inside = () => Promise.all([byPlant, byMill, byOwn].map((is) => is?.()));
    const { token } = (await signIn(web.test, plant.who)).session;
    assert.deepEqual(await inside(), [true, true, true]);

    // A list that names one card of a CA ends what that opened, and nothing that another did.
    const now = web.test.clock.now();
    const list = (serial: string, ca: Issuer) =>
      writeRevocationList(
        {
          ...{ issuer: ca.name, authorityKeyId: ca.keyId, number: 1n, thisUpdate: now - 1000 },
          nextUpdate: now + 600 * MINUTE,
          revoked: [{ serial, at: now, reason: 1 }],
        },
        signerOf(ca.key),
      );
    const take = (of: 'plant' | 'mill', der: Uint8Array) =>
      eventsOf(web.test, async () => {
        const taken = await house.store.write((tx) =>
          house.authorityActs.importList(tx, of, der, by),
        );
        assert.ok(taken.ok);
      });
    const other = await take('mill', list(plant.serial, mill.ca));
    assert.equal(count(other, 'session.revoked'), 0);
    assert.deepEqual(await inside(), [true, true, true]);
    const listed = await take('mill', list(mill.serial, mill.ca));
    assert.equal(count(listed, 'session.revoked'), 1);
    assert.deepEqual(await inside(), [true, false, true]);
    assert.equal(await comeIn(mill.shown), undefined);

    const distrusted = await eventsOf(web.test, async () => {
      assert.ok(await house.store.write((tx) => house.authorityActs.distrust(tx, 'plant', by)));
    });
    assert.deepEqual(await inside(), [false, false, true]);
    assert.equal((await house.portal.me(token, web.test.arrival())).state, 'done');
    const ended = distrusted.filter(({ type }) => type === 'session.revoked');
    assert.deepEqual(
      ended.map(({ subject, data }) => [subject, data.sessions]),
      [[plant.who.id, 1]],
    );
    assert.equal(await comeIn(plant.shown), undefined);

    const ca = (await house.authority.published()).find(({ role }) => role === 'issuing');
    const revoked = await eventsOf(web.test, async () => {
      const done = await house.store.write((tx) =>
        house.authorityActs.revoke(tx, ca?.id ?? '', 'key-compromise', by),
      );
      assert.ok(done.ok);
    });
    assert.deepEqual(await inside(), [false, false, false]);
    assert.deepEqual(
      revoked.filter(({ type }) => type === 'session.revoked').map(({ subject }) => subject),
      [ada.id],
    );
    assert.equal(await comeIn(own), undefined);
    await web.close();
  });
});

describe('a ticket for a card', () => {
  let web: CardHouse;
  let ada: TestPerson;
  let card: ShownCertificate & { readonly der: Uint8Array };
  let browser: WebClient;

  before(async () => {
    web = await openCardHouse();
    ada = await enrolledPerson(web.test, 'ada');
    card = await web.issue(ada.id, 'Ada');
    const assigned = await web.test.house.cards.assign([card.der], ada.id, undefined, {
      door: 'cli',
    });
    assert.ok(assigned.ok);
  });
  after(() => web.close());
  beforeEach(() => {
    browser = createWebClient(web.origin);
  });

  async function begin(client = browser): Promise<string> {
    await client.get('/signin');
    return cardLink(await client.follow(await client.post('/signin/card', {})));
  }
  const page = async (location: string, client = browser) =>
    heading(await client.follow(await bringBack(web, client, location)));
  const opens = async () => assert.equal(await page(await showCard(await begin(), card)), NEXT);

  it('opens nothing in another browser', async () => {
    const ticket = await showCard(await begin(), card);
    const unnamed = ticket.replace(/&tab=[\w-]{8}$/, '');
    const thief = createWebClient(web.origin);
    assert.notEqual(await page(ticket, thief), NEXT);
    // Nor in one that is in an attempt of its own, whichever tab it is brought to.
    await begin(thief);
    const seen = await eventsOf(web.test, async () => {
      assert.notEqual(await page(unnamed, thief), NEXT);
      assert.notEqual(await page(ticket, thief), NEXT);
    });
    assert.deepEqual(
      seen.filter(({ outcome }) => outcome === 'refused').map(({ reason }) => reason),
      ['wrong'],
    );
    assert.equal(await page(ticket), NEXT);
  });

  it('that somebody is lured to get goes to whom the card belongs, and opens nothing there', async () => {
    const eve = createWebClient(web.origin);
    const lure = await begin(eve);
    const ticket = await showCard(lure, card);
    assert.ok(ticket.startsWith(`${web.origin}/signin/card?ticket=`));
    assert.notEqual(await page(ticket), NEXT);
    await opens();
  });

  it('is good once', async () => {
    const ticket = await showCard(await begin(), card);
    assert.equal(await page(ticket), NEXT);
    const seen = await eventsOf(web.test, async () => {
      await bringBack(web, browser, ticket);
    });
    assert.equal(count(seen, 'signin.granted'), 0);
  });

  it('is good for a minute', async () => {
    const ticket = await showCard(await begin(), card);
    web.test.clock.advance(MINUTE);
    assert.notEqual(await page(ticket), NEXT);
    await opens();
  });

  it('that was made up or spoilt opens nothing', async () => {
    const good = await showCard(await begin(), card);
    const [head = '', ticket = ''] = good.split('ticket=');
    const at = ticket.length >> 1;
    const other = ticket[at] === 'A' ? 'B' : 'A';
    const spoilt = `${ticket.slice(0, at)}${other}${ticket.slice(at + 1)}`;
    assert.notEqual(await page(`${head}ticket=${spoilt}`), NEXT);
    assert.notEqual(
      await page(`${head}ticket=${Buffer.alloc(200, 7).toString('base64url')}`),
      NEXT,
    );
    // Each try has a challenge of its own: the good one is of an earlier step by now.
    await opens();
  });

  it('is not given for a certificate whose key nobody showed', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const stolen = { cert: card.cert, key: privateKey.export({ format: 'pem', type: 'pkcs8' }) };
    await assert.rejects(showCard(await begin(), stolen as ShownCertificate));
    await opens();
  });

  it('is not given for a card that was pulled out: no handshake is resumed', async () => {
    const link = new URL(await begin());
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const options = {
        port: Number(link.port),
        host: 'localhost',
        rejectUnauthorized: false,
        maxVersion,
      };
      const session = await new Promise<Buffer | undefined>((resolve) => {
        const socket = connect({ ...options, cert: card.cert, key: card.key as string });
        let kept: Buffer | undefined;
        socket.on('session', (each: Buffer) => {
          kept = each;
        });
        socket.on('close', () => resolve(kept));
        socket.end(`GET ${link.pathname}${link.search} HTTP/1.1\r\nhost: ${link.host}\r\n\r\n`);
        socket.resume();
      });
      const location = await new Promise<string | undefined>((resolve, reject) => {
        const sent = request(
          link,
          { ...options, agent: false, ...(session === undefined ? {} : { session }) },
          ({ headers }) => resolve(headers.location),
        );
        sent.on('error', reject);
        sent.end();
      });
      assert.match(location ?? '', /refused=none/, maxVersion);
    }
    await opens();
  });

  it('leads to our own pages and nowhere else', async () => {
    const link = new URL(await begin());
    for (const to of ['https://evil.example', '//evil.example', '/me', 'toString', '']) {
      link.searchParams.set('to', to);
      await assert.rejects(showCard(String(link), card), /answered 400/, to);
    }
    link.searchParams.set('to', 'signin');
    assert.equal(await page(await showCard(String(link), card)), NEXT);
  });
});

describe('a card of somebody else', () => {
  let web: CardHouse;
  let ada: TestPerson;
  let eve: TestPerson;

  before(async () => {
    web = await openCardHouse();
    ada = await enrolledPerson(web.test, 'ada');
    eve = await enrolledPerson(web.test, 'eve');
  });
  after(() => web.close());

  const assign = async (person: TestPerson['id'], der: Uint8Array) => {
    const done = await web.test.house.cards.assign([der], person, undefined, { door: 'cli' });
    return done.ok ? 'done' : done.error;
  };

  it('that was issued here is nobody’s but whom it was issued to', async () => {
    const card = await web.issue(ada.id, 'Ada');
    const browser = createWebClient(web.origin);
    await signInOnWeb(web, browser, eve);
    const page = await browser.follow(await browser.get('/me/proofs/add/card'));
    const seen = await eventsOf(web.test, async () => {
      await bringBack(web, browser, await showCard(cardLink(page), card));
    });
    assert.deepEqual(
      seen.filter(({ type }) => type === 'proof.enrolment-refused').map(({ reason }) => reason),
      ['not-allowed'],
    );
    assert.equal(await assign(eve.id, card.der), 'not-allowed');
    assert.equal(await assign(ada.id, card.der), 'done');
    assert.equal(await assign(ada.id, card.der), 'held-already');
  });

  it('belongs to one person, whoever else shows it', async () => {
    const { house } = web.test;
    const ca = makeCertificate({ subject: { CN: 'Plant CA' }, authority: true });
    const trust = { name: 'plant', trustedFor: ['person'] as const, certificates: [ca.der] };
    assert.ok((await house.store.write((tx) => house.authority.trusted.add(tx, trust, {}))).ok);
    const wish = { subject: { CN: 'Plant card 7' }, authority: false, forClients: true };
    assert.equal(await assign(ada.id, makeCertificate(wish, ca).der), 'done');
    assert.equal(await assign(eve.id, makeCertificate(wish, ca).der), 'held-already');
    // The same name from another authority is another card.
    const other = makeCertificate({ subject: { CN: 'Plant CA' }, authority: true });
    assert.equal(await assign(eve.id, makeCertificate(wish, other).der), 'unknown-authority');
  });

  it('that is a machine’s is no person’s', async () => {
    const { house } = web.test;
    const billing = await addProcess(web.test, 'billing');
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const issued = await house.store.write((tx) =>
      house.authority.issue(
        tx,
        {
          profile: 'process',
          publicKey,
          subject: { kind: 'process', id: billing.id, name: 'billing' },
        },
        { door: 'cli' },
      ),
    );
    assert.ok(issued.ok);
    assert.equal(await assign(ada.id, issued.value.certificate), 'not-for-people');
    const ca = makeCertificate({ subject: { CN: 'Device CA' }, authority: true });
    const trust = { name: 'devices', trustedFor: ['device'] as const, certificates: [ca.der] };
    assert.ok((await house.store.write((tx) => house.authority.trusted.add(tx, trust, {}))).ok);
    const pump = makeCertificate(
      { subject: { CN: 'pump' }, authority: false, forClients: true },
      ca,
    );
    assert.equal(await assign(ada.id, pump.der), 'not-for-people');
  });

  it('opens nothing once its holder is disabled, or it was removed', async () => {
    const trent = await enrolledPerson(web.test, 'trent');
    const card = await web.issue(trent.id, 'Trent');
    assert.equal(await assign(trent.id, card.der), 'done');
    const tries = async () => {
      const browser = createWebClient(web.origin);
      await browser.get('/signin');
      const step = await browser.follow(await browser.post('/signin/card', {}));
      const back = await bringBack(web, browser, await showCard(cardLink(step), card));
      return heading(await browser.follow(back));
    };
    assert.equal(await tries(), NEXT);
    await web.test.house.store.write((tx) =>
      web.test.house.people.setStatus(tx, trent.id, 'disabled', { door: 'cli' }),
    );
    const seen = await eventsOf(web.test, async () => assert.notEqual(await tries(), NEXT));
    assert.ok(seen.some(({ reason }) => reason === 'disabled'));
  });
});
