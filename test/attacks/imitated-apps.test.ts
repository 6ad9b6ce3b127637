/**
 * Applications that call themselves what people trust (T1528 by T1036.005, CWE-451, CWE-1007): by the same words, by letters that
 * look the same, by marks that can't be seen. Each is refused and on record, beside honest names that are taken.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { count, eventsOf } from '../support/events.ts';
import { invite, register } from '../support/invitations.ts';
import { CALLBACK, type OidcHouse, openOidcHouse } from '../support/oidc-house.ts';
import type { TestPerson } from '../support/people.ts';

const GOOD = { redirect_uris: [CALLBACK] };

/** First-party are Payroll and Hub. */
const IMITATIONS = [
  'Payroll',
  'payroll',
  'PAYROLL',
  'Pay-roll',
  'Pay roll',
  'Payroll (official)',
  'MyPayroll',
  'Раyrоll',
  'Раугоӏӏ',
  'Páyröll',
  'Ｐａｙｒｏｌｌ',
  'Payro11',
  'PayroII',
  'Pay\u00adroll',
  'Pay\u200broll',
  'Pay\u202eroll',
  'Pay\u2060roll',
  'Pay\0roll',
  'Payroll\u00a0',
  'Hub',
  'Hub Login',
  'The Hub',
  'Sallyport',
  'Sallyport command line',
  'SaIlyport sign-in',
  'Παyroll',
  'Pᴀyroll',
  'Payroǀǀ',
  'Payro∣∣',
  'Payroꞁꞁ',
  'Paƴroll',
  'Payro丨丨',
  '§allyport',
  'P/\\yroll',
  `Wiki${'\u033f'.repeat(50)}`,
  '…',
  'Ledger  2',
  'x'.repeat(65),
];

const HONEST = [
  'GitHub',
  'Bücherei',
  '会計ツール',
  'Бухгалтерия',
  'Ledger 2 (beta)',
  'دفتر',
  'C++',
];

describe('an application that registers itself under a name that people trust', () => {
  let house: OidcHouse;
  let ada: TestPerson;
  before(async () => {
    house = await openOidcHouse({ oidc: { registration: true } });
    ada = await house.person('ada');
    await house.addApp('payroll', { title: 'Payroll' });
    await house.addApp('hub-2', { title: 'Hub' });
  });
  after(() => house.close());

  const called = (token: string, client_name: string) =>
    register(house, token, { ...GOOD, client_name });

  for (const name of IMITATIONS) {
    it(`can't be called ${JSON.stringify(name)}`, async () => {
      house.clock.advance(61_000); // The first of a minute has an event of its own.
      const token = await invite(house, ada);
      const seen = await eventsOf(house, async () => {
        const answer = await called(token, name);
        assert.equal(answer.status, 400, answer.text);
        assert.deepEqual(answer.json, { error: 'invalid_client_metadata' });
      });
      const event = seen.find(({ type }) => type === 'app.registration-refused');
      assert.deepEqual([event?.reason, event?.data.field], ['not-valid', 'client_name']);
      assert.equal(count(seen, 'resource.added'), 0);
      assert.equal((await called(token, 'Ledger')).status, 201);
    });
  }

  for (const name of HONEST) {
    it(`can be called ${name}, which is its own`, async () => {
      const { status, json } = await called(await invite(house, ada), name);
      assert.equal(status, 201);
      assert.equal(json.client_name, name);
    });
  }

  it('can be called as others of its kind are, until one of them is trusted', async () => {
    const { json } = await called(await invite(house, ada), 'Notebook');
    assert.equal((await called(await invite(house, ada), 'Notebook')).status, 201);
    const { store, resourceActs } = house.house;
    const trusted = await store.write((tx) =>
      resourceActs.edit(tx, json.client_id, { detail: { firstParty: true } }, { door: 'cli' }),
    );
    assert.ok(trusted.ok);
    assert.equal((await called(await invite(house, ada), 'Notebook')).status, 400);
  });
});
