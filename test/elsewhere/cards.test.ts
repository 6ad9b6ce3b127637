/** `card` with `--at`: judged as whoever signed in, in the words of the machine itself. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { houseCards } from '../../server/main/desks/house/house-cards.ts';
import { makeCertificate } from '../support/certificates.ts';
import { type Administering, catchUp, signedIn } from '../support/elsewhere.ts';
import { type OidcHouse, openOidcHouse } from '../support/oidc-house.ts';
import { type PasskeyPerson, passkeyPerson } from '../support/served-people.ts';

describe('smart cards of people at a server elsewhere', () => {
  let house: OidcHouse;
  let ada: PasskeyPerson;
  let at: Administering;
  let operator: Administering;
  before(async () => {
    house = await openOidcHouse({});
    const root = await passkeyPerson(house, 'root', ['administrator']);
    const operates = await passkeyPerson(house, 'operator', ['operator']);
    ada = await passkeyPerson(house, 'ada');
    await passkeyPerson(house, 'eve');
    catchUp(house);
    for (const alg of ['ES256', 'EdDSA', 'RS256'] as const) await house.house.signing.ready(alg);
    at = await signedIn(house, root);
    operator = await signedIn(house, operates);
    const ca = makeCertificate({ subject: { CN: 'Plant CA' }, authority: true });
    const card = makeCertificate(
      { subject: { CN: 'Ada' }, authority: false, forClients: true },
      ca,
    );
    for (const { desk } of [at, operator]) {
      writeFileSync(join(desk.folder, 'ca.pem'), ca.pem);
      writeFileSync(join(desk.folder, 'ada.pem'), card.pem);
    }
  });
  beforeEach(() => catchUp(house));
  after(async () => {
    for (const { desk } of [at, operator]) desk.close();
    await house.close();
  });

  it('are given, shown and taken there as at the machine', async () => {
    const add = ['card', 'add', 'ada', '--certificate', 'ada.pem', '--name', 'Plant card'];
    const untrusted = await at.run(...add);
    assert.deepEqual([untrusted.code, untrusted.out], [1, '']);
    assert.match(untrusted.err, /not good here: no authority that is trusted/);
    const trust = ['authority', 'trust', 'add', 'ca.pem', '--name', 'plant', '--for', 'person'];
    await at.json(...trust);
    const { person, proof } = await at.json(...add);
    assert.equal(person, ada.id);
    const other = await at.run('card', 'add', 'eve', '--certificate', 'ada.pem');
    assert.match(other.err, /somebody’s already/);
    const listed = await operator.json('card', 'list', 'ada');
    const local = await houseCards(house.house).list(ada.id);
    assert.ok(local.ok);
    assert.deepEqual(listed, { person: ada.id, ...local.value });
    assert.equal((await at.run('card', 'remove', 'eve', proof.slice(-8))).code, 4);
    assert.equal((await at.run('card', 'remove', 'ada', proof.slice(-8))).code, 0);
    assert.match((await at.run('card', 'list', 'ada')).out, /ada has no card/);
  });

  it('are for administrators', async () => {
    const refused = await operator.run('card', 'add', 'ada', '--certificate', 'ada.pem');
    assert.deepEqual([refused.code, refused.out], [3, '']);
    assert.match(refused.err, /not yours to do/);
  });
});
