/** `approval` with `--at`: judged as whoever signed in, in the words of the machine itself. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { houseApprovals } from '../../server/main/desks/house/house-approvals.ts';
import { type ApprovalHouse, approvalsIn } from '../support/approvals.ts';
import { type Administering, catchUp, signedIn } from '../support/elsewhere.ts';
import { count, eventsOf } from '../support/events.ts';
import { type OidcHouse, openOidcHouse } from '../support/oidc-house.ts';
import { type PasskeyPerson, passkeyPerson } from '../support/served-people.ts';

describe('what waits for people’s answers at a server elsewhere', () => {
  let house: ApprovalHouse & OidcHouse;
  let ada: PasskeyPerson;
  let at: Administering;
  let auditor: Administering;
  before(async () => {
    house = await approvalsIn(await openOidcHouse({}));
    const root = await passkeyPerson(house, 'root', ['administrator']);
    const audits = await passkeyPerson(house, 'auditor', ['auditor']);
    ada = await house.operator('ada');
    catchUp(house);
    for (const alg of ['ES256', 'EdDSA', 'RS256'] as const) await house.house.signing.ready(alg);
    at = await signedIn(house, root);
    auditor = await signedIn(house, audits);
  });
  beforeEach(() => catchUp(house));
  after(async () => {
    for (const { desk } of [at, auditor]) desk.close();
    await house.close();
  });

  it('is listed and refused there as at the machine', async () => {
    assert.match((await at.run('approval', 'list')).out, /Nothing waits for anybody’s answer\./);
    const token = await house.begin('ada');
    assert.equal((await house.hold(token)).state, 'held');
    const { approvals, next } = await auditor.json('approval', 'list');
    const local = await houseApprovals(house.house).list({ limit: 50 });
    assert.ok(local.ok);
    assert.deepEqual({ items: approvals, next }, local.value);
    const [{ id, person, askedBy }] = approvals;
    assert.deepEqual([person, askedBy.name], [ada.id, 'hall']);
    const { out } = await at.run('approval', 'list');
    assert.match(out, /1 approval waits\./);
    assert.match(out, /ada +login +hall +admin/);

    const refused = await auditor.run('approval', 'cancel', id);
    assert.deepEqual([refused.code, refused.out], [3, '']);
    const left = await eventsOf(house, async () => {
      assert.deepEqual(await at.json('approval', 'cancel', id), { cancelled: 1 });
    });
    assert.equal(count(left, 'approval.cancelled', 'refused'), 1);
    assert.equal((await house.collect(token)).state, 'refused');
    const again = await at.run('approval', 'cancel', id);
    assert.deepEqual([again.code, again.out], [4, '']);
    assert.match(again.err, /Nothing with that id waits for an answer/);
    assert.equal((await houseApprovals(house.house).cancel(id)).ok, false);
  });
});
