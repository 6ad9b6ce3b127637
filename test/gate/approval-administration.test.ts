/** What waits for people's answers, as administrators see it and refuse it: log-ins at network devices and requests of applications. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { type ApprovalHouse, approvalsIn } from '../support/approvals.ts';
import { type AskingApp, openAskingHouse } from '../support/ciba.ts';
import { count, eventsOf } from '../support/events.ts';
import type { OidcHouse } from '../support/oidc-house.ts';
import { type PasskeyPerson, passkeyPerson } from '../support/served-people.ts';

const NOWHERE = '0199b6f2-0000-7000-8000-00000000dead';

describe('what waits for people’s answers', () => {
  let house: ApprovalHouse & OidcHouse;
  let app: AskingApp;
  let ada: PasskeyPerson;
  let root: PasskeyPerson;
  let operates: PasskeyPerson;
  let audits: PasskeyPerson;
  before(async () => {
    const asking = await openAskingHouse();
    house = await approvalsIn(asking.house);
    app = asking.app;
    ada = await house.operator('ada-lovelace');
    root = await house.operator('root', ['administrator']);
    operates = await passkeyPerson(house, 'operator', ['operator']);
    audits = await passkeyPerson(house, 'auditor', ['auditor']);
  });
  after(() => house.close());
  beforeEach(() => house.clock.advance(3_600_000));

  const list = async (who: PasskeyPerson, filter = { limit: 50 }) => {
    const { approvalAdministration } = house.house;
    return approvalAdministration.list(await house.signedIn(who), filter, house.arrival());
  };
  const cancel = async (who: PasskeyPerson, id: string) => {
    const { approvalAdministration } = house.house;
    return approvalAdministration.cancel(await house.signedIn(who), id, house.arrival());
  };
  const items = async (who = root) => {
    const listed = await list(who);
    assert.equal(listed.state, 'done', JSON.stringify(listed));
    return listed.state === 'done' ? listed.value.items : [];
  };
  async function held(who: PasskeyPerson): Promise<string> {
    const token = await house.begin(who.identifier);
    assert.equal((await house.hold(token)).state, 'held');
    return token;
  }

  it('is listed, both kinds, the newest first, without the number, and no more once it is over', async () => {
    await held(ada);
    house.clock.advance(1000);
    const asked = await app.ask('ada-lovelace');
    assert.equal(asked.status, 200);
    const seen = await items();
    assert.deepEqual(
      seen.map(({ kind, person, name, asker, service }) => [
        ...[kind, person, name, asker.name, service],
      ]),
      [
        ['request', ada.id, 'ada-lovelace', 'Counter', undefined],
        ['login', ada.id, 'ada-lovelace', 'hall', 'admin'],
      ],
    );
    assert.doesNotMatch(JSON.stringify(seen), new RegExp(`:${asked.body.sallyport_number}\\b`));
    const first = await list(root, { limit: 1 });
    assert.ok(first.state === 'done' && first.value.next === seen[0]?.id);
    const after = { limit: 1, after: first.value.next ?? '' };
    const second = await list(root, after);
    assert.ok(second.state === 'done');
    assert.deepEqual([second.value.items[0]?.id, second.value.next], [seen[1]?.id, undefined]);
    house.clock.advance(301_000);
    assert.deepEqual(await items(), []);
  });

  it('leaves out what is shown to nobody: a name that nobody has', async () => {
    assert.equal((await app.ask('nobody-at-all')).status, 200);
    assert.deepEqual(await items(), []);
  });

  it('is refused for them by an administrator, on record with who did it, and answered no more', async () => {
    const token = await held(ada);
    const [waits] = await items();
    assert.ok(waits);
    const left = await eventsOf(house, async () => {
      assert.equal((await cancel(root, waits.id)).state, 'done');
      assert.equal((await house.collect(token)).state, 'refused');
      const session = await house.signedIn(ada);
      assert.deepEqual(await house.waiting(session), []);
      assert.equal(await house.answer(session, waits.id, 42), 'not-found');
      assert.equal((await cancel(root, waits.id)).state, 'failed');
    });
    const said = left.filter(({ type }) => type === 'approval.cancelled');
    assert.equal(said.length, 1);
    assert.deepEqual(
      [said[0]?.outcome, said[0]?.subject, said[0]?.actor, said[0]?.data],
      [
        'refused',
        ada.id,
        root.id,
        { approval: waits.id, kind: 'login', asker: house.client.device },
      ],
    );
    assert.equal(count(left, 'login.granted'), 0);
    // A code that is typed meanwhile lets nobody in either.
    const offer = { kind: 'totp', data: { code: ada.totp.code() } } as const;
    assert.equal((await house.house.gate.network.prove(token, offer, house.at())).state, 'refused');
  });

  it('is refused at the application, too', async () => {
    const asked = await app.ask('ada-lovelace');
    const [waits] = await items();
    assert.equal(waits?.kind, 'request');
    assert.equal((await cancel(root, waits?.id ?? '')).state, 'done');
    house.clock.advance(5000);
    const polled = await app.poll(asked.body.auth_req_id);
    assert.deepEqual([polled.status, polled.body.error], [400, 'access_denied']);
    const session = await house.signedIn(ada);
    const seen = await house.house.appRequests.look(session, waits?.id ?? '', house.arrival());
    assert.equal(seen.state, 'failed');
  });

  it('is looked at by those who may look at sessions, and refused by those who may end them', async () => {
    await held(ada);
    const [waits] = await items(audits);
    assert.ok(waits);
    assert.equal((await list(ada)).state, 'refused');
    for (const who of [ada, audits]) {
      assert.equal((await cancel(who, waits.id)).state, 'refused', who.identifier);
    }
    // Operators touch nobody who has a role.
    await held(root);
    const ofRoot = (await items()).find(({ person }) => person === root.id);
    assert.equal((await cancel(operates, ofRoot?.id ?? '')).state, 'refused');
    assert.equal((await cancel(operates, waits.id)).state, 'done');
    assert.deepEqual(
      (await items()).map(({ person }) => person),
      [root.id],
    );
  });

  it('is not found by an id that is none, or is nobody’s', async () => {
    for (const id of ['', 'x', NOWHERE]) {
      const done = await cancel(root, id);
      assert.deepEqual(done, { state: 'failed', error: { code: 'not-found' } });
    }
  });
});
