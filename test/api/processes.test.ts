import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AUDIENCE, makeKey } from '../support/processes.ts';
import { type ApiHouse, openApiHouse } from './api-house.ts';
import { type ApiPerson, enrolled, signIn } from './people.ts';

describe('processes and resources by the API', () => {
  let api: ApiHouse;
  let boss: ApiPerson;
  let ada: ApiPerson;
  let admin: string;
  let operator: string;
  let viewer: string;
  let payments: string;

  before(async () => {
    api = await openApiHouse();
    boss = await enrolled(api, 'boss', ['administrator']);
    ada = await enrolled(api, 'ada');
    admin = await signIn(api, boss);
    operator = await signIn(api, await enrolled(api, 'operator', ['operator']));
    viewer = await signIn(api, await enrolled(api, 'viewer', ['viewer']));
    const added = await api.done('addResource', {
      token: admin,
      body: {
        kind: 'api',
        name: 'payments',
        detail: {
          audience: AUDIENCE,
          scopes: [
            { name: 'read', says: 'See payments.' },
            { name: 'pay', says: 'Make payments.', sensitive: true },
          ],
        },
      },
    });
    payments = added.id;
  });
  after(() => api.close());

  const newProcess = (name: string, more: object = {}) => ({
    name,
    owner: ada.id,
    purpose: 'Pays what is due at night.',
    entries: [{ resource: payments, scopes: ['read'] }],
    ...more,
  });

  /** What the record says of someone, the newest first. */
  async function told(type: string) {
    const { items } = await api.done('searchEvents', { token: admin, query: { type } });
    return items as { outcome: string; data: Record<string, unknown>; actor?: string }[];
  }

  test('an operator is refused and an administrator succeeds, and the record shows both', async () => {
    const body = newProcess('nightly');
    await api.problem('not-permitted', 'addProcess', { token: operator, body });
    const { id } = await api.done('addProcess', { token: admin, body });
    const [refused] = await told('access.refused');
    assert.equal(refused?.data.action, 'process.create');
    const [added] = await told('process.added');
    assert.equal(added?.actor, boss.id);
    assert.deepEqual(added?.data, { name: 'nightly', owner: ada.id, resources: [payments] });
    // The third leg: the operator sees what the administrator made, and can't take it over.
    const seen = await api.done('showProcess', { token: operator, params: { id } });
    assert.equal(seen.ownerName, 'ada');
    for (const [name, sent] of [
      ['changeProcess', { params: { id }, body: { purpose: 'Mine.' } }],
      ['disableProcess', { params: { id } }],
      ['addProcessProof', { params: { id }, body: { kind: 'secret' } }],
      ['addResource', { body: { kind: 'site', name: 's', detail: { hosts: ['s.example'] } } }],
      ['changeResource', { params: { id: 'payments' }, body: { open: 'everyone' } }],
      ['removeResource', { params: { id: 'payments' } }],
    ] as const) {
      for (const token of [operator, viewer]) {
        await api.problem('not-permitted', name, { token, ...sent });
      }
    }
  });

  test('a process is found by its name and by its id, listed in pages, and filtered', async () => {
    const one = await api.done('addProcess', { token: admin, body: newProcess('p-one') });
    const two = await api.done('addProcess', {
      token: admin,
      body: newProcess('p-two', { entries: [] }),
    });
    const byName = await api.done('showProcess', { token: viewer, params: { id: 'p-one' } });
    assert.equal(byName.id, one.id);
    const listed: string[] = [];
    for (let cursor: string | null = null; ; ) {
      const query = { limit: '1', ...(cursor === null ? {} : { cursor }) };
      const page: { items: { id: string }[]; next: string | null } = await api.done(
        'listProcesses',
        { token: viewer, query },
      );
      listed.push(...page.items.map(({ id }) => id));
      cursor = page.next;
      if (cursor === null) break;
    }
    assert.ok(listed.includes(one.id) && listed.includes(two.id));
    assert.equal(new Set(listed).size, listed.length);
    const entering = await api.done('listProcesses', {
      token: viewer,
      query: { resource: payments },
    });
    const ids = entering.items.map(({ id }: { id: string }) => id);
    assert.ok(ids.includes(one.id) && !ids.includes(two.id));
  });

  test('adding twice with one key adds once, and shows the same secret again', async () => {
    const headers = { 'idempotency-key': 'process-once-1' };
    const body = newProcess('once');
    const first = await api.done('addProcess', { token: admin, body, headers });
    assert.equal((await api.done('addProcess', { token: admin, body, headers })).id, first.id);
    const secret = {
      token: admin,
      params: { id: 'once' },
      body: { kind: 'secret' },
      headers: { 'idempotency-key': 'process-once-2' },
    };
    const given = await api.done('addProcessProof', secret);
    assert.match(given.secret, /^spx_/);
    assert.deepEqual(await api.done('addProcessProof', secret), given);
    const shown = await api.done('showProcess', { token: admin, params: { id: 'once' } });
    assert.equal(shown.proofs.length, 1);
    assert.ok(!JSON.stringify(shown).includes('spx_'), 'a secret is shown once');
    assert.deepEqual(shown.weaknesses, ['secret']);
  });

  test('a proof rotates with an overlap, and is removed', async () => {
    const { id } = await api.done('addProcess', { token: admin, body: newProcess('rotates') });
    const add = (jwk: object) => ({
      token: admin,
      params: { id },
      body: { kind: 'key', settings: { jwk } },
    });
    const old = await api.done('addProcessProof', add(makeKey().jwk));
    const rotated = await api.done('rotateProcessProof', {
      token: admin,
      params: { id, proof: old.proof },
      body: { settings: { jwk: makeKey().jwk }, overlapMinutes: 60 },
    });
    assert.equal(Date.parse(rotated.old.endsAt), api.clock.now() + 3_600_000);
    const { proofs } = await api.done('showProcess', { token: admin, params: { id } });
    assert.deepEqual(
      proofs.map((proof: { id: string }) => proof.id).sort(),
      [rotated.proof, rotated.old.id].sort(),
    );
    await api.done('removeProcessProof', {
      token: admin,
      params: { id, proof: rotated.old.id },
    });
    await api.problem('not-found', 'removeProcessProof', {
      token: admin,
      params: { id, proof: rotated.old.id },
    });
    const [removed] = await told('process.proof-removed');
    assert.equal(removed?.data.proof, rotated.old.id);
  });

  test('a disabled process is said to be so, and an owner who is disabled leaves an orphan', async () => {
    const owner = await enrolled(api, 'leaver');
    const body = newProcess('orphan', { owner: owner.id });
    const { id } = await api.done('addProcess', { token: admin, body });
    const off = await api.done('disableProcess', { token: admin, params: { id } });
    assert.equal(off.status, 'disabled');
    await api.done('enableProcess', { token: admin, params: { id } });
    await api.done('disablePerson', { token: admin, params: { id: owner.id } });
    const { items } = await api.done('listProcesses', {
      token: admin,
      query: { orphaned: 'true' },
    });
    assert.deepEqual(
      items.map((item: { id: string; weaknesses: string[] }) => [item.id, item.weaknesses]),
      [[id, ['orphaned', 'no-proof']]],
    );
  });

  test('an application that proves itself is a process of the same id, and goes with it', async () => {
    const added = await api.done('addResource', {
      token: admin,
      body: {
        kind: 'application',
        name: 'grafana',
        owner: ada.id,
        detail: { redirectUris: ['https://grafana.example/login'], clientAuth: 'secret' },
      },
    });
    const process = await api.done('showProcess', { token: admin, params: { id: added.id } });
    assert.equal(process.name, 'grafana');
    assert.equal(process.application, true);
    await api.done('changeResource', {
      token: admin,
      params: { id: 'grafana' },
      body: { detail: { clientAuth: 'none' } },
    });
    await api.problem('not-found', 'showProcess', { token: admin, params: { id: added.id } });
    const shown = await api.done('showResource', { token: admin, params: { id: added.id } });
    assert.deepEqual(shown.detail.redirectUris, ['https://grafana.example/login']);
    await api.done('removeResource', { token: admin, params: { id: added.id } });
    await api.problem('not-found', 'showResource', { token: admin, params: { id: 'grafana' } });
  });

  test('what would happen is told of processes too, and why', async () => {
    const { id } = await api.done('addProcess', { token: admin, body: newProcess('asked') });
    const add = { kind: 'secret' };
    await api.done('addProcessProof', { token: admin, params: { id }, body: add });
    const ask = async (scopes: string[]) => {
      const body = { process: 'asked', action: 'enter', resource: 'payments', scopes };
      const told = await api.done('simulatePolicies', { token: admin, body });
      const ids = told.deciding.map((policy: { id: string }) => policy.id);
      return [told.state, ...ids];
    };
    assert.deepEqual(await ask(['read']), ['granted', 'processes-enter']);
    assert.deepEqual(await ask(['pay']), [
      'refused',
      'listed-processes-only',
      'no-secret-for-sensitive',
    ]);
    const body = { process: 'asked', action: 'enter', resource: 'nowhere' };
    await api.problem('not-found', 'simulatePolicies', { token: admin, body });
  });

  test('a detail that does not fit is told field by field, in a change too', async () => {
    const { body } = await api.problem('not-valid', 'changeResource', {
      token: admin,
      params: { id: 'payments' },
      body: { detail: { audience: 'not a uri' } },
    });
    assert.equal(body.fields[0].path, 'detail.audience');
    for (const redirect of [
      'http://evil.example/cb',
      'https://user@good.example/cb',
      'https://good.example/cb#x',
      'https://good.example\\@evil.example/',
      'javascript:alert(1)',
      'https://*.example/cb',
      'data:text/html,x',
    ]) {
      const sent = { kind: 'application', name: 'bad', detail: { redirectUris: [redirect] } };
      const told = await api.problem('not-valid', 'addResource', { token: admin, body: sent });
      assert.equal(told.body.fields[0].path, 'detail.redirectUris.0', redirect);
    }
  });
});
