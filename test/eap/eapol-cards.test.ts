/**
 * People's smart cards of a CA of others, through 802.1X (P6, T1078): eapol_test with a certificate that is mapped to one person by issuer
 * and subject. What it counts as is what the card profile says. Each attack stands between two times at which the card works.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { cardConfig } from '../../server/proofs/card/card-config.ts';
import { type Issuer, makeCertificate } from '../support/certificates.ts';
import { eventsOf } from '../support/events.ts';
import { enrolledPerson, type TestPerson } from '../support/people.ts';
import { cheapSettings } from '../support/settings.ts';
import { type EapHouse, openEapHouse } from './eap-house.ts';
import { runEapolTest, whichProgram } from './eapol-test.ts';

const program = whichProgram('eapol_test');
const skip = program === undefined ? 'eapol_test is not here (apt-get install eapoltest)' : false;
const VERSIONS = ['tls_disable_tlsv1_3=1', 'tls_disable_tlsv1_3=0'];
const BY = { door: 'cli' } as const;

describe('smart cards of others by eapol_test', { skip }, () => {
  let opened: EapHouse;
  let door: Awaited<ReturnType<EapHouse['openDoor']>>;
  let plant: Issuer;
  let ada: TestPerson;
  let card: Issuer;
  let secret: string;

  before(async () => {
    const settings = cheapSettings();
    const card = cardConfig.parse({ withPin: { authorities: ['plant'] } });
    const proofs = { ...settings.proofs, card };
    opened = await openEapHouse({}, '127.0.0.1', { proofs });
    secret = Buffer.from(opened.client.secret ?? []).toString();
    door = await opened.openDoor();
    plant = await authority('plant', ['person']);
    ada = await enrolledPerson(opened.test, 'ada');
  });
  after(async () => {
    await door?.close();
    await opened?.close();
  });

  async function authority(name: string, trustedFor: readonly ('person' | 'device')[]) {
    const ca = makeCertificate({ subject: { CN: `${name} CA` }, authority: true });
    const { store, authority } = opened.test.house;
    const trust = { name, trustedFor, certificates: [ca.der] };
    assert.ok((await store.write((tx) => authority.trusted.add(tx, trust, BY))).ok);
    return ca;
  }
  const cardOf = (ca: Issuer, CN: string) =>
    makeCertificate({ subject: { O: 'Plant', CN }, authority: false, forClients: true }, ca);
  async function given(made: Issuer, person: TestPerson): Promise<string> {
    const done = await opened.test.house.cards.assign([made.der], person.id, undefined, BY);
    assert.ok(done.ok, JSON.stringify(done));
    return done.value.proof;
  }

  async function come(made: Issuer, identity: string, phase1 = VERSIONS[1] ?? '') {
    // The same refusal is told once a minute.
    opened.test.clock.advance(61_000);
    let success = false;
    const told = await eventsOf(opened.test, async () => {
      const network = {
        ...{ eap: 'TLS', identity, ca_cert: opened.root, client_cert: made.pem, phase1 },
        private_key: made.keyPem,
      };
      const done = await runEapolTest(program ?? '', { network, port: door.port, secret });
      success = done.success;
      assert.equal(done.keys, success ? 1 : 0);
    });
    const event = told.find(({ type }) => /^(?:login\.granted|network\.refused)$/.test(type));
    assert.ok(event, JSON.stringify(told));
    return { success, event };
  }
  async function comesIn(made: Issuer, identity: string, person = ada, phase1?: string) {
    const { success, event } = await come(made, identity, phase1);
    assert.deepEqual([success, event.type, event.subject], [true, 'login.granted', person.id]);
    return event;
  }
  async function isRefused(made: Issuer, identity: string, because: string): Promise<void> {
    const { success, event } = await come(made, identity);
    assert.deepEqual([success, event.type, event.reason], [false, 'network.refused', because]);
  }

  it('come in as the one person who holds them, by their name here or that of the certificate', async () => {
    card = cardOf(plant, 'LOVELACE.ADA.1815');
    await isRefused(card, 'LOVELACE.ADA.1815', 'unknown-subject');
    await isRefused(card, 'ada', 'wrong');
    await given(card, ada);
    for (const phase1 of VERSIONS) {
      const event = await comesIn(card, 'ada', ada, phase1);
      assert.deepEqual(event.data.issuer, 'plant');
      await comesIn(card, 'LOVELACE.ADA.1815', ada, phase1);
      await comesIn(card, 'anonymous@plant.example', ada, phase1);
    }
    const renewed = cardOf(plant, 'LOVELACE.ADA.1815');
    await comesIn(renewed, 'ada');
  });

  it('come in under nobody else’s name, and with nobody else’s card', async () => {
    const eve = await enrolledPerson(opened.test, 'eve');
    const hers = cardOf(plant, 'EVE.1');
    await given(hers, eve);
    await comesIn(hers, 'eve', eve);
    await isRefused(hers, 'ada', 'wrong');
    await isRefused(card, 'eve', 'wrong');
    // Another CA that is trusted for people says the same names.
    const other = await authority('other', ['person']);
    await isRefused(cardOf(other, 'LOVELACE.ADA.1815'), 'anonymous', 'unknown-subject');
    const machines = await authority('machines', ['device']);
    await isRefused(cardOf(machines, 'LOVELACE.ADA.1815'), 'anonymous', 'unknown-subject');
    const stranger = makeCertificate({ subject: { CN: 'plant CA' }, authority: true });
    await isRefused(cardOf(stranger, 'LOVELACE.ADA.1815'), 'anonymous', 'unknown-authority');
    await comesIn(card, 'ada');
  });

  it('count as one kind where nobody promises that they ask for a PIN, which is not enough for people', async () => {
    const office = await authority('office', ['person']);
    const plain = cardOf(office, 'ada');
    await given(plain, ada);
    await isRefused(plain, 'ada', 'not-permitted');
    await comesIn(card, 'ada');
  });

  it('are out when they are taken away, and when the person is disabled', async () => {
    const { house } = opened.test;
    const bob = await enrolledPerson(opened.test, 'bob');
    const his = cardOf(plant, 'BOB.1');
    const proof = await given(his, bob);
    const { login } = (await comesIn(his, 'bob', bob)).data;
    const told = await eventsOf(opened.test, async () => {
      assert.ok(await house.store.write((tx) => house.cards.remove(tx, bob.id, proof, BY)));
    });
    const ended = told.filter(({ type }) => type === 'login.ended');
    assert.deepEqual(
      ended.map(({ data }) => data.login),
      [login],
    );
    await isRefused(his, 'BOB.1', 'unknown-subject');
    await given(his, bob);
    await comesIn(his, 'bob', bob);
    await house.store.write((tx) => house.people.setStatus(tx, bob.id, 'disabled', BY));
    await isRefused(his, 'BOB.1', 'disabled');
    await comesIn(card, 'ada');
  });
});
