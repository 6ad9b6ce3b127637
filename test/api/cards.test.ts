/** Smart cards of people by the API: given and taken by administrators, with a passkey that was shown a moment ago. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { MINUTE } from '../../server/kernel/clock.ts';
import { makeCertificate } from '../support/certificates.ts';
import { count, eventsOf } from '../support/events.ts';
import { type ApiHouse, openApiHouse } from './api-house.ts';
import { type ApiPerson, enrolled, signIn } from './people.ts';

describe('smart cards by the API', () => {
  let api: ApiHouse;
  let boss: ApiPerson;
  let operator: ApiPerson;
  let ada: ApiPerson;
  let eve: ApiPerson;
  const plant = makeCertificate({ subject: { CN: 'Plant CA' }, authority: true });
  const machines = makeCertificate({ subject: { CN: 'Machines' }, authority: true });
  const leafOf = (ca: typeof plant, name: string) =>
    makeCertificate({ subject: { CN: name }, authority: false, forClients: true }, ca).pem;
  const card = leafOf(plant, 'Ada');
  before(async () => {
    api = await openApiHouse();
    boss = await enrolled(api, 'boss', ['administrator']);
    operator = await enrolled(api, 'operator', ['operator']);
    ada = await enrolled(api, 'ada');
    eve = await enrolled(api, 'eve');
    const token = await signIn(api, boss);
    for (const [name, ca, kind] of [
      ['plant', plant, 'person'],
      ['machines', machines, 'device'],
    ] as const) {
      const body = { name, for: [kind], certificates: ca.pem };
      await api.done('trustAuthority', { token, body });
    }
  });
  after(() => api.close());

  const to = ({ id }: ApiPerson, certificate: string, name?: string) => ({
    params: { id },
    body: { certificate, ...(name === undefined ? {} : { name }) },
  });

  test('are one person’s, listed, and taken with the sessions of their holder', async () => {
    const token = await signIn(api, boss);
    const seen = await eventsOf(api, async () => {
      const added = await api.done('addCard', { token, ...to(ada, card, 'Plant card') });
      assert.deepEqual([added.name, added.lastUsedAt], ['Plant card', null]);
      await api.problem('proof-held-already', 'addCard', { token, ...to(eve, card) });
      const { cards } = await api.done('listCards', { token, params: { id: ada.id } });
      assert.deepEqual(cards, [added]);

      const hers = await signIn(api, ada);
      const named = (person: ApiPerson, proof = added.id) => ({ params: { id: person.id, proof } });
      await api.problem('not-found', 'removeCard', { token, ...named(eve) });
      await api.problem('not-found', 'removeCard', { token, ...named(ada, 'none') });
      // By this way cards go, and no other proof.
      const { proofs } = await api.done('showPerson', { token, params: { id: ada.id } });
      const password = proofs.find(({ kind }: { kind: string }) => kind === 'password').id;
      await api.problem('not-found', 'removeCard', { token, ...named(ada, password) });
      await api.done('removeCard', { token, ...named(ada) });
      await api.problem('no-session', 'showMe', { token: hers });
    });
    for (const type of ['proof.enrolled', 'proof.removed'] as const) {
      const told = seen.filter((one) => one.type === type);
      assert.deepEqual(
        told.map(({ subject, actor, data }) => [subject, actor, data.kind]),
        [[ada.id, boss.id, 'card']],
      );
    }
  });

  test('are not made of what is no certificate of a person’s', async () => {
    const token = await signIn(api, boss);
    const stranger = makeCertificate({ subject: { CN: 'Stranger' }, authority: true });
    for (const [why, certificate] of [
      ['none', 'none'],
      ['unknown-authority', leafOf(stranger, 'Ada')],
      ['not-for-people', leafOf(machines, 'Ada')],
    ] as const) {
      const { body } = await api.problem('card-refused', 'addCard', {
        token,
        ...to(ada, certificate),
      });
      assert.equal(body.why, why);
    }
    for (const name of ['', 'x'.repeat(65), 'a\u202eb']) {
      await api.problem('not-valid', 'addCard', { token, ...to(ada, card, name) });
    }
    const nobody = { id: '01900000-0000-7000-8000-000000000001' };
    await api.problem('not-found', 'addCard', { token, params: nobody, body: to(ada, card).body });
    await api.problem('not-found', 'listCards', { token, params: { id: 'nobody' } });
  });

  test('are given by administrators alone, who show their passkey again, and by no token', async () => {
    const refused = await eventsOf(api, async () => {
      const token = await signIn(api, operator);
      await api.problem('not-permitted', 'addCard', { token, ...to(ada, card) });
      await api.done('listCards', { token, params: { id: ada.id } });
      const own = await signIn(api, eve);
      await api.problem('not-permitted', 'addCard', { token: own, ...to(eve, card) });
      await api.problem('not-permitted', 'listCards', { token: own, params: { id: ada.id } });
      const admin = await signIn(api, boss);
      const body = { owner: boss.id, scope: ['administer'] };
      const script = (await api.done('issueToken', { token: admin, body })).token;
      await api.problem('not-permitted', 'addCard', { token: script, ...to(ada, card) });
      api.clock.advance(10 * MINUTE);
      const { body: stale } = await api.problem('fresh-proof-needed', 'addCard', {
        token: admin,
        ...to(ada, card),
      });
      assert.deepEqual(stale.stepUp, { to: 'stepUp', action: 'card.change', person: ada.id });
    });
    assert.equal(count(refused, 'proof.enrolled'), 0);
    assert.equal(count(refused, 'access.refused', 'refused'), 4);
  });
});
