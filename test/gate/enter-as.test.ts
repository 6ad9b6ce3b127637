/** A person comes into an application, an API or a site by the session that they have. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ApiDetail, ApplicationDetail, SiteDetail } from '@sallyport/contract/resources.ts';
import type { EntryAs, EntryAsOutcome } from '../../server/gate/entry/entering.ts';
import { HOUR, MINUTE } from '../../server/kernel/clock.ts';
import type { Resource } from '../../server/subjects/resource.ts';
import type { NewResource } from '../../server/subjects/resources.ts';
import { browserKey } from '../support/browser-key.ts';
import { count, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { challenged, enrolledPerson, granted, signIn, type TestPerson } from '../support/people.ts';

describe('a person who wants in', () => {
  let test: TestHouse;
  let ada: TestPerson;
  let session: string;
  let site: Resource;
  before(async () => {
    test = await openTestHouse();
    ada = await enrolledPerson(test, 'ada');
    session = (await signIn(test, ada)).session.token;
    site = await add({
      name: 'wiki',
      open: 'everyone',
      kind: 'site',
      detail: SiteDetail.parse({
        hosts: ['wiki.example.com'],
        rules: [
          { path: '/*', function: 'read' },
          { path: '/keys/import', methods: ['POST'], function: 'import', sensitive: true },
          { path: '/status', function: 'status', public: true },
        ],
      }),
    });
  });
  after(() => test.close());

  const cli = { door: 'cli' } as const;
  async function add(
    resource: Pick<NewResource, 'name' | 'open' | 'kind' | 'detail'>,
  ): Promise<Resource> {
    const whole = { groups: [], members: [], ...resource } as NewResource; // The kind is the detail's.
    const added = await test.house.store.write((tx) => test.house.resources.add(tx, whole, cli));
    assert.ok(added.ok, JSON.stringify(added));
    return added.value;
  }
  const page = (path: string, method = 'GET'): EntryAs => ({
    resource: { host: 'wiki.example.com', path, method },
    scopes: [],
  });
  const arrival = () => test.arrival({ door: 'proxy' });
  const ask = (entry: EntryAs, token = session) => test.house.gate.enterAs(token, entry, arrival());
  const reasonOf = (outcome: EntryAsOutcome<unknown>) =>
    outcome.state === 'refused' ? outcome.reason : outcome.state;

  it('enters what is open to everyone; the first time is on record, and the next are counted', async () => {
    const seen = await eventsOf(test, async () => {
      for (let i = 0; i < 5; i++) assert.equal((await ask(page('/a'))).state, 'granted');
    });
    assert.equal(count(seen, 'entry.granted'), 1);
    assert.equal(seen.find(({ type }) => type === 'entry.granted')?.data.function, 'read');
    const counted = await eventsOf(test, async () => {
      test.clock.advance(MINUTE);
      await ask(page('/a'));
      await test.house.counter.stop();
    });
    assert.ok(count(counted, 'decision.counted') >= 1);
  });

  it('is asked for a fresh proof before what is sensitive, and let in once it is shown', async () => {
    test.clock.advance(30 * MINUTE);
    const keys = page('/keys/import', 'POST');
    const seen = await eventsOf(test, async () => {
      const outcome = await ask(keys);
      assert.ok(outcome.state === 'challenged', reasonOf(outcome));
      assert.ok(outcome.kinds.length > 0);
      const { gate } = test.house;
      const way = test.arrival();
      const asked = await gate.ask({ to: 'stepUp', session, wish: outcome.wish }, way);
      const { token } = challenged(asked);
      const data = { code: ada.totp.code() };
      const shown = await gate.prove(token, { kind: 'totp', data }, way);
      session = granted(shown).session.token;
      assert.equal((await ask(keys)).state, 'granted');
    });
    assert.equal(count(seen, 'entry.refused', 'challenged'), 1);
    assert.equal(count(seen, 'stepup.granted'), 1);
    assert.equal(count(seen, 'entry.granted'), 1);
    assert.deepEqual(test.notices, []);
  });

  it('is kept out of pages that no rule names, or that can be read in two ways', async () => {
    for (const path of ['//a', '/a/../b', '/%2e%2e/a', '/a;x=1', 'a', '/STATUS', '/Keys/Import/']) {
      const outcome = await ask(page(path, 'POST'));
      assert.equal(reasonOf(outcome), 'not-permitted', path);
    }
    assert.equal((await ask(page('/a', 'POST'))).state, 'granted');
    const elsewhere = { resource: { host: 'other.example.com', path: '/', method: 'GET' } };
    assert.equal(reasonOf(await ask({ ...elsewhere, scopes: [] })), 'no-such-resource');
  });

  it('is on record once, and then counted, with names that lead nowhere', async () => {
    test.clock.advance(30_000); // A code is good once.
    const { token } = (await signIn(test, ada)).session;
    await test.house.counter.stop(); // What was counted before is written.
    const seen = await eventsOf(test, async () => {
      for (let i = 0; i < 7; i++) {
        const resource = { host: `nobody${i}.example.com`, path: '/', method: 'GET' };
        assert.equal(reasonOf(await ask({ resource, scopes: [] }, token)), 'no-such-resource');
      }
      await test.house.counter.stop();
    });
    assert.equal(count(seen, 'entry.refused'), 1);
    const counted = seen.find(
      ({ type, outcome }) => type === 'decision.counted' && outcome === 'refused',
    );
    assert.equal(counted?.data.count, 6);
    assert.equal((await ask(page('/a'))).state, 'granted');
  });

  it('need not be anyone for what is public', async () => {
    const { gate } = test.house;
    const at = (path: string) => ({ host: 'wiki.example.com', path, method: 'GET' });
    const open = await gate.lookAt(at('/status'), arrival());
    assert.ok(open.state === 'found' && open.public && open.function === 'status');
    const closed = await gate.lookAt(at('/a'), arrival());
    assert.ok(closed.state === 'found' && !closed.public);
    assert.equal((await gate.lookAt(at('/a//b'), arrival())).state, 'refused');
  });

  it('is kept out of what is open to others', async () => {
    const detail = ApplicationDetail.parse({});
    const closed = await add({ name: 'books', open: 'listed', kind: 'application', detail });
    const entry = { resource: { id: closed.id }, scopes: ['openid'] };
    const seen = await eventsOf(test, async () => {
      assert.equal(reasonOf(await ask(entry)), 'not-permitted');
      const refused = await ask(entry);
      assert.equal(reasonOf(refused), 'not-permitted');
      assert.equal(refused.state === 'refused' && refused.closed, true, 'whatever they show');
    });
    assert.equal(count(seen, 'entry.refused'), 1);
    const change = { open: 'everyone' } as const;
    await test.house.store.write((tx) => test.house.resources.change(tx, closed.id, change, cli));
    assert.equal((await ask(entry)).state, 'granted');
  });

  it('gets scopes of an API as it asks for them, and none that there aren’t', async () => {
    const detail = ApiDetail.parse({
      audience: 'https://notes.example.com/',
      scopes: [
        { name: 'write', says: 'Write notes.' },
        { name: 'read', says: 'Read notes.' },
      ],
    });
    await add({ name: 'notes', open: 'everyone', kind: 'api', detail });
    const notes = (scopes: readonly string[]) =>
      ask({ resource: { audience: 'https://notes.example.com/' }, scopes });
    const outcome = await notes(['read', 'write']);
    assert.ok(outcome.state === 'granted');
    assert.deepEqual(outcome.entered.scopes, ['write', 'read']);
    assert.equal(reasonOf(await notes(['read', 'admin'])), 'scope');
    const none = await notes([]);
    assert.deepEqual(none.state === 'granted' && none.entered.scopes, []);
  });

  it('makes something in the same transaction, or nothing at all', async () => {
    const { gate } = test.house;
    const seen = await eventsOf(test, async () => {
      const made = await gate.enterAs(session, page('/a'), arrival(), async (_tx, entered) => {
        assert.equal(entered.session.subject, ada.id);
        assert.ok(entered.epoch >= 1);
        return entered.grant;
      });
      assert.ok(made.state === 'granted' && made.value === made.entered.grant);
      const failing = await gate.enterAs(session, page('/a'), arrival(), async () => {
        throw new Error('the disk is full');
      });
      assert.equal(reasonOf(failing), 'unavailable');
    });
    assert.equal(count(seen, 'entry.granted'), 1);
    assert.equal(count(seen, 'fault.refused'), 1);
  });

  it('leaves no refusal behind where the browser is asked for its key and comes back; a cookie alone does', async () => {
    const { gate } = test.house;
    const origin = 'https://signin.example.com';
    const web = (keyProof?: string) => test.arrival({ origin, bindable: true, keyProof });
    const carla = await enrolledPerson(test, 'carla');
    const { token } = (await signIn(test, carla, web())).session;
    const key = browserKey();
    const toSign = await gate.bound.toSign(token, web());
    assert.ok(toSign?.state === 'done');
    const { session: id, nonce } = toSign;
    const signature = key.sign('bind', origin, id, nonce);
    const shown = await gate.bound.show(token, { nonce, signature, key: key.point }, web());
    assert.ok(shown.state === 'done');
    const refusals = async (entry: EntryAs, keyProof?: string) => {
      const seen = await eventsOf(test, async () => {
        assert.equal(reasonOf(await gate.enterAs(token, entry, web(keyProof))), 'unproven-key');
      });
      return count(seen, 'entry.refused', 'refused');
    };
    assert.equal(await refusals(page('/a')), 0, 'the key is under way');
    test.clock.advance(2 * MINUTE);
    const sensitive = page('/keys/import', 'POST');
    assert.equal(await refusals(sensitive, shown.keyProof), 0, 'shown, and not for this');
    assert.equal(await refusals(page('/a')), 1, 'whoever has the cookie alone');
  });

  it('is out at once when the session, the person or the rule is', async () => {
    const { store, resources } = test.house;
    const bob = await enrolledPerson(test, 'bob');
    const token = (await signIn(test, bob)).session.token;
    assert.equal((await ask(page('/b'), token)).state, 'granted');
    const rules = SiteDetail.parse({ hosts: ['wiki.example.com'], rules: [] });
    const before = site;
    await store.write((tx) => resources.change(tx, site.id, { detail: rules }, cli));
    assert.equal(reasonOf(await ask(page('/b'), token)), 'not-permitted');
    const detail = before.kind === 'site' ? before.detail : rules;
    await store.write((tx) => resources.change(tx, site.id, { detail }, cli));
    assert.equal((await ask(page('/b'), token)).state, 'granted');
    await store.write((tx) => test.house.people.setStatus(tx, bob.id, 'disabled', cli));
    assert.equal(reasonOf(await ask(page('/b'), token)), 'no-session');
    assert.equal(reasonOf(await ask(page('/b'), 'sps_nonsense')), 'no-session');
    test.clock.advance(24 * HOUR);
    assert.equal(reasonOf(await ask(page('/b'))), 'no-session');
  });
});
