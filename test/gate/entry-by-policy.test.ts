/**
 * Entry to an application, an API and a site is judged by one policy: by who comes, be it a person or a process, by what they showed,
 * by whether their browser was here before, and by the network that they come from. Each kept out and on record by the policy that
 * did it; whoever it is not about goes in.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ApiDetail, ApplicationDetail, SiteDetail } from '@sallyport/contract/resources.ts';
import type { Arrival } from '../../server/gate/arrival.ts';
import type { EntryTarget } from '../../server/gate/entry/entering.ts';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import type { NewResource } from '../../server/subjects/resources.ts';
import { count, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { enrolledPerson, signIn, type TestPerson } from '../support/people.ts';
import {
  addProcess,
  addProof,
  assertionBy,
  makeKey,
  type SigningKey,
} from '../support/processes.ts';
import { type PasskeyPerson, passkeyPerson, passkeySignIn } from '../support/served-people.ts';
import { SITE } from '../support/settings.ts';

const CLI = { door: 'cli' } as const;
const AUDIENCE = 'https://ledger.example.com/';
const HOST = 'wiki.example.com';
const SCOPES = [{ name: 'read', says: 'See entries' }];

const NEW: readonly Pick<NewResource, 'name' | 'kind' | 'detail'>[] = [
  { name: 'grafana', kind: 'application', detail: ApplicationDetail.parse({}) },
  { name: 'ledger', kind: 'api', detail: ApiDetail.parse({ audience: AUDIENCE, scopes: SCOPES }) },
  {
    name: 'wiki',
    kind: 'site',
    detail: SiteDetail.parse({ hosts: [HOST], rules: [{ path: '/*', function: 'read' }] }),
  },
];

describe('entry is judged by policy', () => {
  let test: TestHouse;
  const targets: { name: string; at: EntryTarget; scopes: string[] }[] = [];
  let ada: TestPerson;
  let bob: TestPerson;
  /** Has a passkey. */
  let eve: PasskeyPerson;
  const keys = new Map<string, SigningKey>();

  before(async () => {
    test = await openTestHouse();
    for (const one of NEW) {
      const open = { open: 'everyone', groups: [], members: [], ...one } as NewResource; // The kind is the detail's.
      const added = await test.house.store.write((tx) => test.house.resources.add(tx, open, CLI));
      assert.ok(added.ok, JSON.stringify(added));
      const { id, kind } = added.value;
      const at: EntryTarget =
        kind === 'api'
          ? { audience: AUDIENCE }
          : kind === 'site'
            ? { host: HOST, path: '/pages', method: 'GET' }
            : { id };
      targets.push({ name: one.name, at, scopes: kind === 'api' ? ['read'] : [] });
    }
    const entries = await Promise.all(
      ['ledger', 'wiki'].map(async (name) => {
        const found = await test.house.store.read((q) => test.house.resources.find(q, name));
        assert.ok(found);
        return { resource: found.id, scopes: name === 'ledger' ? ['read'] : [] };
      }),
    );
    for (const name of ['nightly', 'other']) {
      const process = await addProcess(test, name, entries);
      const key = makeKey();
      keys.set(name, key);
      await addProof(test, process, 'key', { jwk: key.jwk });
    }
    ada = await enrolledPerson(test, 'ada');
    bob = await enrolledPerson(test, 'bob');
    eve = await passkeyPerson(served(), 'eve');
  });
  after(() => test.close());

  const served = () => ({ ...test, origin: SITE });
  async function inForce(policy: string): Promise<void> {
    const { policies, store } = test.house;
    const prepared = await policies.prepare({ ...shippedPolicies(), 'mine.cedar': policy });
    const done = await store.write((tx) =>
      policies.activate(tx, prepared, { by: CLI, administrators: [] }),
    );
    assert.equal(done.state, 'activated', JSON.stringify(done));
  }
  /** Begun now, so that what it is refused is on record. */
  async function session(person: TestPerson | PasskeyPerson, change: Partial<Arrival> = {}) {
    test.clock.advance(30_000); // A code is good once.
    const arrival = test.arrival(change);
    const made =
      'passkey' in person
        ? await passkeySignIn(served(), person, arrival)
        : await signIn(test, person, arrival);
    return made.session.token;
  }

  type Target = (typeof targets)[number];
  const enters = async ({ at, scopes }: Target, session: string, from: Partial<Arrival> = {}) =>
    (
      await test.house.gate.enterAs(
        session,
        { resource: at, scopes },
        test.arrival({ door: 'oidc', ...from }),
        // Made each time, so that each time is on record.
        async () => undefined,
      )
    ).state;
  async function comes({ at, scopes }: Target, name: string, from: Partial<Arrival> = {}) {
    const key = keys.get(name);
    assert.ok(key);
    const entry = { as: undefined, offers: [assertionBy(test, key, name)], resource: at, scopes };
    const way = test.arrival({ door: 'oidc', ...from });
    return (await test.house.gate.enter(entry, way, async () => undefined)).state;
  }
  const from = (address: string) => ({ address, network: address });

  /** One policy about all kinds of resources: at each it keeps out whom it is about, and nobody else. */
  async function judged(
    policy: string,
    kept: (target: Target) => Promise<string>,
    passes: (target: Target) => Promise<string>,
    whom: readonly Target[] = targets,
  ): Promise<void> {
    await inForce(`@id("mine") @because("A test.") forbid (${policy};`);
    const seen = await eventsOf(test, async () => {
      for (const target of whom) {
        assert.equal(await kept(target), 'refused', target.name);
        assert.equal(await passes(target), 'granted', target.name);
      }
    });
    const refused = seen.filter(({ type }) => type === 'entry.refused');
    assert.deepEqual(
      refused.map(({ reason, data }) => [reason, data.policies]),
      whom.map(() => ['not-permitted', ['mine']]),
    );
    assert.equal(count(seen, 'entry.granted'), whom.length);
  }
  const programs = () => targets.filter(({ at }) => !('id' in at));

  it('by the person', async () => {
    const [hers, his] = [await session(ada), await session(bob)];
    await judged(
      `principal == Person::"${ada.id}", action == Action::"enter", resource)`,
      (to) => enters(to, hers),
      (to) => enters(to, his),
    );
  });

  it('by the process', () =>
    judged(
      'principal == Process::"nightly", action == Action::"enter", resource)',
      (to) => comes(to, 'nightly'),
      (to) => comes(to, 'other'),
      programs(),
    ));

  it('by the proof', async () => {
    const [typed, touched] = [await session(ada), await session(eve)];
    await judged(
      'principal is Person, action == Action::"enter", resource) unless { context.proven.phishingResistant }',
      (to) => enters(to, typed),
      (to) => enters(to, touched),
    );
  });

  it('by the browser that they come with', async () => {
    const { device } = await signIn(test, bob);
    test.clock.advance(30_000); // A code is good once.
    const [fresh, known] = [await session(ada), await session(bob, { device: device?.token })];
    await judged(
      'principal is Person, action == Action::"enter", resource) unless { context.knownDevice }',
      (to) => enters(to, fresh),
      (to) => enters(to, known),
    );
  });

  const INSIDE =
    'principal, action == Action::"enter", resource) unless { context.source.isInRange(ip("10.9.0.0/16")) }';

  it('by the network', async () => {
    const hers = await session(ada);
    await judged(
      INSIDE,
      (to) => enters(to, hers, from('192.0.2.7')),
      (to) => enters(to, hers, from('10.9.8.7')),
    );
  });

  it('by the network, of a process too', () =>
    judged(
      INSIDE,
      (to) => comes(to, 'nightly', from('192.0.2.7')),
      (to) => comes(to, 'nightly', from('10.9.8.7')),
      programs(),
    ));
});
