import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ApplicationDetail, SiteDetail } from '@sallyport/contract/resources.ts';
import fc from 'fast-check';
import type { PersonId, ResourceId } from '../../server/kernel/id.ts';
import { writeOrUndo } from '../../server/store/undo.ts';
import { isListed, isMember, type Resource } from '../../server/subjects/resource.ts';
import { eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { addPerson } from '../support/people.ts';
import { AUDIENCE, addApi, addProcess } from '../support/processes.ts';

const BY = { door: 'cli' } as const;
const nobody = '01a1fd06-05a6-7471-aad3-6ae133f10d57';

describe('processes', () => {
  let test: TestHouse;
  let api: Resource;
  let ada: PersonId;
  beforeEach(async () => {
    test = await openTestHouse();
    api = await addApi(test);
    ada = await addPerson(test, 'ada');
  });
  afterEach(() => test.close());

  const add = (name: string, more: object = {}) =>
    writeOrUndo(test.house.store, (tx) =>
      test.house.processes.add(
        tx,
        { name, owner: ada, purpose: 'Tests.', groups: [], entries: [], ...more },
        BY,
      ),
    );
  const codeOf = (result: { ok: boolean }) =>
    'error' in result ? (result.error as { code: string }).code : 'ok';

  it('are found by name and by id, and a name stands for one', async () => {
    const added = await add('nightly', { entries: [{ resource: api.id, scopes: ['read'] }] });
    assert.ok(added.ok);
    const { store, processes } = test.house;
    assert.deepEqual(await store.read((q) => processes.find(q, 'nightly')), added.value);
    assert.deepEqual(await store.read((q) => processes.find(q, added.value.id)), added.value);
    assert.equal(await store.read((q) => processes.find(q, 'Nightly')), undefined);
    assert.equal(codeOf(await add('nightly')), 'name-taken');
    assert.equal((await store.read((q) => processes.list(q, { limit: 10 }))).length, 1);
  });

  it('are listed for what is there, with scopes that it has, and answered for by who is there', async () => {
    const entry = (resource: string, ...scopes: string[]) => ({ entries: [{ resource, scopes }] });
    assert.equal(codeOf(await add('a', entry(nobody))), 'resource-not-found');
    assert.equal(codeOf(await add('a', entry(api.id, 'read', 'all'))), 'scope-not-known');
    const twice = entry(api.id, 'read');
    const doubled = { entries: [...twice.entries, ...twice.entries] };
    assert.equal(codeOf(await add('a', doubled)), 'resource-not-found');
    assert.equal(codeOf(await add('a', { owner: nobody })), 'owner-not-found');
    const process = await addProcess(test, 'b');
    assert.equal(codeOf(await add('a', { owner: process.id })), 'owner-not-found');
    // Nothing is left of those that were refused.
    assert.equal(codeOf(await add('a')), 'ok');
  });

  it('are orphaned when their owner is disabled or erased, and no longer when somebody else owns them', async () => {
    const added = await add('nightly');
    assert.ok(added.ok && !added.value.orphaned);
    const { store, people, processes } = test.house;
    const now = () => store.read((q) => processes.get(q, added.value.id));
    await store.write((tx) => people.setStatus(tx, ada, 'disabled', BY));
    assert.equal((await now())?.orphaned, true);
    const orphans = await store.read((q) => processes.list(q, { orphaned: true, limit: 10 }));
    assert.deepEqual(
      orphans.map(({ name }) => name),
      ['nightly'],
    );
    const grace = await addPerson(test, 'grace');
    await store.write((tx) => processes.change(tx, added.value.id, { owner: grace }, BY));
    assert.equal((await now())?.orphaned, false);
  });

  it('raise their epoch with every change, so that what they were granted is judged anew', async () => {
    const added = await add('nightly');
    assert.ok(added.ok);
    const { id } = added.value;
    const { store, processes, resources } = test.house;
    const epochs = [added.value.epoch];
    const note = async () => epochs.push((await store.read((q) => processes.get(q, id)))!.epoch); // It is there.
    const entries = [{ resource: api.id, scopes: ['read'] }];
    await store.write((tx) => processes.change(tx, id, { entries }, BY));
    await note();
    await store.write((tx) => processes.disable(tx, id, BY));
    await note();
    await store.write((tx) => processes.enable(tx, id, BY));
    await note();
    await store.write((tx) => resources.remove(tx, api.id, BY));
    await note();
    assert.deepEqual(
      epochs.toSorted((a, b) => a - b),
      epochs,
    );
    assert.equal(new Set(epochs).size, epochs.length);
    assert.deepEqual((await store.read((q) => processes.get(q, id)))?.entries, []);
  });

  it('leave on record each change of theirs, by whom, and that one went with its application', async () => {
    const { store, processes, resources } = test.house;
    const detail = ApplicationDetail.parse({ clientAuth: 'key' });
    const open = { open: 'listed', groups: [], members: [], owner: ada } as const;
    const seen = await eventsOf(test, async () => {
      const added = await add('nightly');
      assert.ok(added.ok);
      const { id } = added.value;
      const entries = [{ resource: api.id, scopes: ['read'] }];
      const edit = { purpose: 'Other tests.', entries };
      assert.ok((await store.write((tx) => processes.change(tx, id, edit, BY))).ok);
      await store.write((tx) => processes.disable(tx, id, BY));
      await store.write((tx) => processes.enable(tx, id, BY));
      const app = await store.write((tx) =>
        resources.add(tx, { name: 'till', ...open, kind: 'application', detail }, BY),
      );
      assert.ok(app.ok, JSON.stringify(app));
      await store.write((tx) => resources.remove(tx, app.value.id, BY));
    });
    const told = seen.filter(({ type }) => type.startsWith('process.'));
    assert.deepEqual(
      told.map(({ type, door, data }) => [type, door, data.name]),
      [
        ['process.added', 'cli', 'nightly'],
        ['process.changed', 'cli', 'nightly'],
        ['process.disabled', 'cli', 'nightly'],
        ['process.enabled', 'cli', 'nightly'],
        ['process.added', 'cli', 'till'],
        ['process.removed', 'cli', 'till'],
      ],
    );
    const changed = told.find(({ type }) => type === 'process.changed');
    assert.deepEqual(
      [changed?.data.fields, changed?.data.resources],
      [['entries', 'purpose'], [api.id]],
    );
  });

  it('are seen once a minute, from an address that is sealed', async () => {
    const added = await add('nightly');
    assert.ok(added.ok);
    const { store, processes } = test.house;
    const get = async () => (await store.read((q) => processes.get(q, added.value.id)))!; // It is there.
    const come = async (from: string) => {
      const process = await get();
      await store.write((tx) => processes.seen(tx, process, from));
    };
    const from = async () => {
      const process = await get();
      return store.read((q) => processes.lastSeenFrom(q, process));
    };
    await come('192.0.2.1');
    await come('192.0.2.2');
    assert.equal(await from(), '192.0.2.1');
    test.clock.advance(60_000);
    await come('192.0.2.2');
    assert.equal(await from(), '192.0.2.2');
    const sealed = (await get()).sealedLastSeenFrom;
    assert.ok(sealed && !Buffer.from(sealed).includes('192.0.2.2'));
  });
});

describe('resources', () => {
  let test: TestHouse;
  beforeEach(async () => {
    test = await openTestHouse();
  });
  afterEach(() => test.close());

  const site = (name: string, ...hosts: string[]) =>
    writeOrUndo(test.house.store, (tx) =>
      test.house.resources.add(
        tx,
        {
          name,
          groups: [],
          open: 'listed',
          members: [],
          kind: 'site',
          detail: SiteDetail.parse({ hosts }),
        },
        BY,
      ),
    );

  it('are found by audience and by host, letter by letter, and an address leads to one', async () => {
    const api = await addApi(test);
    const wiki = await site('wiki', 'wiki.example', 'docs.example:8443');
    assert.ok(wiki.ok);
    const { store, resources } = test.house;
    const byAudience = (uri: string) => store.read((q) => resources.byAudience(q, uri));
    const byHost = (host: string) => store.read((q) => resources.byHost(q, host));
    assert.equal((await byAudience(AUDIENCE))?.id, api.id);
    assert.equal(await byAudience(AUDIENCE.slice(0, -1)), undefined);
    assert.equal((await byHost('docs.example:8443'))?.id, wiki.value.id);
    assert.equal(await byHost('docs.example'), undefined);
    assert.equal(await byHost(AUDIENCE), undefined);
    const clash = await site('other', 'other.example', 'wiki.example');
    assert.deepEqual(clash, {
      ok: false,
      error: { code: 'address-taken', address: 'wiki.example' },
    });
    assert.equal(await byHost('other.example'), undefined);
    await store.write((tx) => resources.remove(tx, wiki.value.id, BY));
    assert.equal(await byHost('wiki.example'), undefined);
    assert.ok((await site('other', 'wiki.example')).ok);
  });

  it('that prove themselves are processes of the same id, which come and go and are renamed with them', async () => {
    const { store, resources, processes } = test.house;
    const detail = ApplicationDetail.parse({ clientAuth: 'key' });
    const added = await store.write((tx) =>
      resources.add(
        tx,
        { name: 'app', groups: [], open: 'everyone', members: [], kind: 'application', detail },
        BY,
      ),
    );
    assert.ok(added.ok);
    const { id } = added.value;
    const process = () => store.read((q) => processes.find(q, id));
    assert.deepEqual([(await process())?.name, (await process())?.application], ['app', true]);
    await store.write((tx) => resources.change(tx, id, { name: 'renamed' }, BY));
    assert.equal((await process())?.name, 'renamed');
    await store.write((tx) => resources.remove(tx, id, BY));
    assert.equal(await process(), undefined);
  });

  it('list a process with the scopes of its entry and no more, and never by being open', () => {
    const [a, b] = ['a', 'b'] as ResourceId[];
    const scopes = fc.subarray(['read', 'write', 'pay', 'admin']);
    fc.assert(
      fc.property(
        fc.constantFrom('api', 'site', 'application' as const),
        scopes,
        scopes,
        scopes,
        (kind, listed, asked, fn) => {
          const resource = { id: a!, kind, open: 'everyone' };
          const request = { scopes: asked, function: fn[0] };
          assert.ok(!isListed(resource, [], request));
          assert.ok(!isListed(resource, [{ resource: b!, scopes: listed }], request));
          if (isListed(resource, [{ resource: a!, scopes: listed }], request)) {
            assert.notEqual(kind, 'application');
            const all = listed.length === 0 && kind === 'site';
            assert.ok(
              asked.every((scope) => listed.includes(scope)),
              'no scope beyond the entry',
            );
            if (kind === 'site' && fn[0] && !all) assert.ok(listed.includes(fn[0]));
          }
        },
      ),
    );
  });

  it('list people by a group of members, or all of them where they are open', () => {
    const of = (open: 'everyone' | 'listed', ...members: string[]) => ({ open, members });
    assert.ok(isMember(of('everyone'), []));
    assert.ok(!isMember(of('listed'), ['staff']));
    assert.ok(isMember(of('listed', 'staff', 'night'), ['night']));
    assert.ok(!isMember(of('listed', 'staff'), ['staff-not']));
  });
});
