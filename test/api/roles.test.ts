import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { OperationName } from '@sallyport/contract/api/operations.ts';
import type { Role } from '@sallyport/contract/people.ts';
import { type ApiHouse, openApiHouse, type Sent } from './api-house.ts';
import { type ApiPerson, enrolled, signIn } from './people.ts';

describe('what each role can do by the API', () => {
  let api: ApiHouse;
  let someone: ApiPerson;
  let boss: ApiPerson;
  const tokens = new Map<Role | 'nobody in particular', string>();

  before(async () => {
    api = await openApiHouse();
    someone = await enrolled(api, 'someone');
    boss = await enrolled(api, 'boss', ['administrator']);
    for (const role of ['operator', 'auditor', 'viewer'] as const) {
      tokens.set(role, await signIn(api, await enrolled(api, role, [role])));
    }
    tokens.set('administrator', await signIn(api, boss));
    tokens.set('nobody in particular', await signIn(api, someone));
  });
  after(() => api.close());

  const of = (id: string): Sent => ({ params: { id } });
  /** Each asks for something that has no effect when it is permitted, or is undone by the next. */
  const asked: readonly (readonly [OperationName, () => Sent, readonly Role[]])[] = [
    ['listPeople', () => ({}), ['administrator', 'operator', 'auditor', 'viewer']],
    ['showPerson', () => of(someone.id), ['administrator', 'operator', 'auditor', 'viewer']],
    ['listCards', () => of(someone.id), ['administrator', 'operator', 'auditor', 'viewer']],
    ['addCard', () => ({ ...of(someone.id), body: { certificate: 'none' } }), ['administrator']],
    ['removeCard', () => ({ params: { id: someone.id, proof: 'none' } }), ['administrator']],
    [
      'assignCompanyToken',
      () => ({ ...of(someone.id), body: { account: 'a.name' } }),
      ['administrator'],
    ],
    [
      'reauthorizeLogIn',
      () => of('01893a5c-0000-7000-8000-000000000001'),
      ['administrator', 'operator'],
    ],
    ['listSessions', () => ({}), ['administrator', 'operator', 'auditor', 'viewer']],
    ['listSessionsOf', () => of(someone.id), ['administrator', 'operator', 'auditor', 'viewer']],
    ['listProcesses', () => ({}), ['administrator', 'operator', 'auditor', 'viewer']],
    ['listWorkloads', () => ({}), ['administrator', 'operator', 'auditor', 'viewer']],
    [
      'addWorkload',
      () => ({ body: { process: 'nothing', selectors: ['uid:1003'] } }),
      ['administrator'],
    ],
    ['removeWorkload', () => of('nothing'), ['administrator']],
    ['listResources', () => ({}), ['administrator', 'operator', 'auditor', 'viewer']],
    ['listCertificates', () => ({}), ['administrator', 'operator', 'auditor', 'viewer']],
    ['showAuthority', () => ({}), ['administrator', 'operator', 'auditor', 'viewer']],
    ['listTrustedAuthorities', () => ({}), ['administrator', 'operator', 'auditor', 'viewer']],
    [
      'renewCertificate',
      () => ({ params: { serial: 'abcdef' }, body: { request: null } }),
      ['administrator'],
    ],
    [
      'revokeAuthority',
      () => ({ ...of('0'.repeat(40)), body: { reason: 'superseded' } }),
      ['administrator'],
    ],
    [
      'trustAuthority',
      () => ({ body: { name: 'Corp CA', for: ['device'], certificates: 'none' } }),
      ['administrator'],
    ],
    [
      'importRevocationList',
      () => ({ params: { name: 'Corp CA' }, body: { list: 'none' } }),
      ['administrator'],
    ],
    ['distrustAuthority', () => ({ params: { name: 'Corp CA' } }), ['administrator']],
    ['disableProcess', () => of('nobody'), ['administrator']],
    ['removeResource', () => of('nothing'), ['administrator']],
    ['searchEvents', () => ({}), ['administrator', 'auditor']],
    ['exportEvents', () => ({}), ['administrator', 'auditor']],
    ['followEvents', () => ({}), ['administrator', 'auditor']],
    ['nameInRecord', () => ({ query: { ids: someone.id } }), ['administrator', 'auditor']],
    ['proveEvent', () => of(someone.id), ['administrator', 'auditor']],
    ['listLogs', () => ({}), ['administrator', 'auditor']],
    [
      'checkPolicies',
      () => ({ body: { files: { 'a.cedar': 'x' } } }),
      ['administrator', 'auditor'],
    ],
    ['showPolicies', () => ({}), ['administrator', 'auditor']],
    ['listKeys', () => ({}), ['administrator', 'auditor']],
    [
      'changePerson',
      () => ({ ...of(someone.id), body: { displayName: 'Someone' } }),
      ['administrator', 'operator'],
    ],
    ['disablePerson', () => of(someone.id), ['administrator', 'operator']],
    ['enablePerson', () => of(someone.id), ['administrator', 'operator']],
    ['issuePass', () => ({ ...of(someone.id), body: {} }), ['administrator', 'operator']],
    ['revokePasses', () => of(someone.id), ['administrator', 'operator']],
    ['revokeSessionsOf', () => of(someone.id), ['administrator', 'operator']],
    [
      'changePerson',
      () => ({ ...of(someone.id), body: { roles: ['administrator'] } }),
      ['administrator'],
    ],
    ['changePerson', () => ({ ...of(someone.id), body: { roles: [] } }), ['administrator']],
    [
      'issueToken',
      () => ({ body: { owner: someone.id, scope: ['person.read'] } }),
      ['administrator'],
    ],
    ['activatePolicies', () => ({ body: { files: { 'a.cedar': 'permit' } } }), ['administrator']],
  ];

  for (const [name, sent, allowed] of asked) {
    const what = `${name}${sent.toString().includes('roles') ? ' of roles' : ''}`;
    test(`${what} is for ${allowed.join(', ')} and nobody else`, async () => {
      for (const [role, token] of tokens) {
        // Who may loses no session over it, and who was signed out by the last one does not come again.
        if (role === 'nobody in particular' && name !== 'listPeople') continue;
        const { status, body } = await api.call(name, { ...sent(), token });
        const may = allowed.some((one) => one === role);
        if (may) assert.notEqual(body?.code, 'not-permitted', `${role} may ${what}`);
        else assert.equal(status, 403, `${role} may not ${what}: ${JSON.stringify(body)}`);
        if (!may) assert.equal(body.code, 'not-permitted');
      }
    });
  }

  test('an operator can neither make an administrator nor touch one', async () => {
    const token = tokens.get('operator');
    const newcomer = { identifier: 'mole', displayName: 'Mole' };
    await api.problem('not-permitted', 'addPerson', {
      token,
      body: { ...newcomer, roles: ['administrator'] },
    });
    await api.problem('not-permitted', 'addPerson', {
      token,
      body: { ...newcomer, roles: ['viewer'] },
    });
    for (const name of ['issuePass', 'disablePerson', 'erasePerson', 'revokeSessionsOf'] as const) {
      const body = name === 'issuePass' ? { body: {} } : {};
      await api.problem('not-permitted', name, { token, ...of(boss.id), ...body });
    }
    await api.problem('not-permitted', 'changePerson', {
      token,
      ...of(boss.id),
      body: { email: 'mole@example.com' },
    });
    const { body } = await api.call('showPerson', { token, ...of(boss.id) });
    assert.equal(body.email, 'boss@example.com');
  });

  test('what a viewer sees holds no secret', async () => {
    const token = tokens.get('viewer');
    const seen = await Promise.all([
      api.done('showPerson', { token, ...of(boss.id) }),
      api.done('listPeople', { token }),
      api.done('listSessions', { token }),
    ]);
    const text = JSON.stringify(seen);
    for (const secret of ['sps_', 'spd_', 'sealed', 'hash', 'secret', boss.recovery[0] ?? '?']) {
      assert.ok(!text.includes(secret), secret);
    }
  });

  test('a refusal is on record with who asked, for what, and why', async () => {
    const { items } = await api.done('searchEvents', {
      token: tokens.get('auditor'),
      query: { type: 'access.refused', limit: 200 },
    });
    const mole = items.find(
      ({ data, reason }: { data: { action: string }; reason: string }) =>
        data.action === 'role.change' && reason === 'not-permitted',
    );
    assert.ok(mole);
    assert.equal(mole.door, 'api');
    assert.equal(mole.personal.address, '127.0.0.1');
  });
});

describe('a token for a script', () => {
  let api: ApiHouse;
  let boss: ApiPerson;
  let admin: string;

  before(async () => {
    api = await openApiHouse();
    boss = await enrolled(api, 'boss', ['administrator']);
    admin = await signIn(api, boss);
  });
  after(() => api.close());

  test('does what its scope says, and nothing else', async () => {
    const issued = await api.done('issueToken', {
      token: admin,
      body: { owner: boss.id, scope: ['person.read', 'person.create'], lifetimeMinutes: 5 },
    });
    assert.match(issued.token, /^spt_/);
    const { token } = issued;
    await api.done('listPeople', { token });
    const added = await api.done('addPerson', {
      token,
      body: { identifier: 'ada', displayName: 'Ada' },
    });
    await api.problem('not-permitted', 'disablePerson', { token, params: { id: added.id } });
    await api.problem('not-permitted', 'addPerson', {
      token,
      body: { identifier: 'eve', displayName: 'Eve', roles: ['administrator'] },
    });
    await api.problem('not-permitted', 'issueToken', {
      token,
      body: { owner: boss.id, scope: ['administer'] },
    });
    await api.problem('not-permitted', 'showMe', { token });
    await api.problem('not-permitted', 'beginAttempt', {
      token,
      body: { to: 'stepUp', action: 'token.issue' },
    });
  });

  test('ends with its time, and at once when it is revoked', async () => {
    const body = { owner: boss.id, scope: ['person.read'], lifetimeMinutes: 5 };
    const first = await api.done('issueToken', { token: admin, body });
    const second = await api.done('issueToken', { token: admin, body });
    await api.done('revokeSession', { token: admin, params: { id: second.id } });
    await api.problem('no-session', 'listPeople', { token: second.token });
    await api.done('listPeople', { token: first.token });
    api.clock.advance(5 * 60_000);
    await api.problem('no-session', 'listPeople', { token: first.token });
  });
});
