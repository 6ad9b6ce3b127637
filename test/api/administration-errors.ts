/** What can be wrong with what administrators ask for, and with us. */
import assert from 'node:assert/strict';
import { mock } from 'node:test';
import type { PolicyFiles } from '../../server/policy/policy-files.ts';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import { openApiHouse } from './api-house.ts';
import type { Stage } from './error-stage.ts';
import { enrolled, signIn } from './people.ts';

export function administrationErrors(stage: Stage): void {
  const { meets } = stage;
  meets(['identifier-taken'], 'a second boss', async () => {
    const { body } = await stage.api.problem(
      'identifier-taken',
      'addPerson',
      stage.add({ identifier: 'BOSS' }),
    );
    assert.equal(body.field, 'identifier');
  });
  meets(['identifier-malformed'], 'a name with a space', async () => {
    const { body } = await stage.api.problem(
      'identifier-malformed',
      'addPerson',
      stage.add({ email: 'a b@example.com' }),
    );
    assert.equal(body.field, 'email');
  });
  meets(['person-erased'], 'changing someone who was erased', async () => {
    const { id } = await stage.api.done('addPerson', stage.add({ identifier: 'gone' }));
    await stage.api.done('erasePerson', { token: stage.admin, params: { id } });
    await stage.api.problem('person-erased', 'disablePerson', {
      token: stage.admin,
      params: { id },
    });
  });
  meets(['last-administrator'], 'an administrator who puts out the only one', async () => {
    const who = { token: stage.admin, params: { id: stage.boss.id } };
    await stage.api.problem('last-administrator', 'disablePerson', who);
    await stage.api.problem('last-administrator', 'changePerson', { ...who, body: { roles: [] } });
  });
  meets(
    ['pass-too-long-lived', 'pass-too-many-uses', 'networks-malformed'],
    'a pass without bounds',
    async () => {
      const issue = (body: object) => ({ token: stage.admin, params: { id: stage.ada.id }, body });
      const long = await stage.api.problem(
        'pass-too-long-lived',
        'issuePass',
        issue({ lifetimeMinutes: 500_000 }),
      );
      assert.ok(long.body.longestMinutes > 0);
      const many = await stage.api.problem(
        'pass-too-many-uses',
        'issuePass',
        issue({ uses: 1000 }),
      );
      assert.ok(many.body.mostUses > 0);
      await stage.api.problem(
        'networks-malformed',
        'issuePass',
        issue({ networks: ['10.0.0.0/99'] }),
      );
    },
  );
  meets(['address-out-of-reach'], 'addresses that would never be called', async () => {
    const uri = 'https://169.254.169.254/out';
    const detail = { redirectUris: ['https://app.example/cb'], backchannelLogoutUri: uri };
    const body = { kind: 'application', name: 'unreachable', detail } as const;
    const { admin: token } = stage;
    const told = await stage.api.problem('address-out-of-reach', 'addResource', { token, body });
    assert.equal(told.body.address, uri);
    const { id } = await stage.api.done('addProcess', {
      token,
      body: { name: 'unreachable', owner: stage.ada.id, purpose: 'Errs.' },
    });
    const proof = { kind: 'key', settings: { jwksUri: 'https://2852039166/jwks' } } as const;
    const call = { token, params: { id }, body: proof };
    const refused = await stage.api.problem('process-proof-not-valid', 'addProcessProof', call);
    assert.match(String(refused.body.says), /^169\.254\.169\.254 is not on the public internet/);
  });
  meets(
    ['name-taken', 'owner-not-found', 'resource-not-found', 'scope-not-known', 'address-taken'],
    'processes and resources that stand in each other’s way',
    async () => {
      const audience = 'https://errors.example/';
      const api = (name: string) => ({
        token: stage.admin,
        body: { kind: 'api', name, detail: { audience } },
      });
      const { id } = await stage.api.done('addResource', api('errors'));
      const other = { ...api('errors').body, detail: { audience: 'https://other.example/' } };
      await stage.api.problem('name-taken', 'addResource', { token: stage.admin, body: other });
      const taken = await stage.api.problem('address-taken', 'addResource', api('errors-too'));
      assert.equal(taken.body.address, audience);
      const add = (change: object) => ({
        token: stage.admin,
        body: { name: 'clumsy', owner: stage.ada.id, purpose: 'Errs.', ...change },
      });
      await stage.api.problem('owner-not-found', 'addProcess', add({ owner: id }));
      const entries = (resource: string, ...scopes: string[]) => ({
        entries: [{ resource, scopes }],
      });
      await stage.api.problem('resource-not-found', 'addProcess', add(entries(stage.ada.id)));
      const unknown = await stage.api.problem(
        'scope-not-known',
        'addProcess',
        add(entries(id, 'all')),
      );
      assert.deepEqual([unknown.body.resource, unknown.body.scope], ['errors', 'all']);
      await stage.api.done('addProcess', add({}));
      await stage.api.problem('name-taken', 'addProcess', add({}));
    },
  );
  meets(['process-proof-not-valid'], 'a key that is none', async () => {
    const body = { name: 'keyless', owner: stage.ada.id, purpose: 'Errs.' };
    await stage.api.done('addProcess', { token: stage.admin, body });
    const told = await stage.api.problem('process-proof-not-valid', 'addProcessProof', {
      token: stage.admin,
      params: { id: 'keyless' },
      body: { kind: 'key', settings: { jwk: { kty: 'none' } } },
    });
    assert.ok(told.body.says.length > 0);
  });
  meets(
    ['mac-taken', 'serial-taken', 'network-taken', 'device-retired', 'device-proof-not-valid'],
    'devices that stand in each other’s way, or are gone',
    async () => {
      const { api, admin: token } = stage;
      const device = (name: string, more: object) => ({
        token,
        body: { name, kind: 'switch', owner: stage.ada.id, ...more },
      });
      const mac = '02:00:5e:10:00:01';
      const addresses = ['192.0.2.7'];
      const { id } = await api.done('addDevice', device('d', { mac, serial: 'S', addresses }));
      await api.problem('mac-taken', 'addDevice', device('e', { mac }));
      await api.problem('serial-taken', 'addDevice', device('e', { serial: 'S' }));
      const taken = await api.problem('network-taken', 'addDevice', device('e', { addresses }));
      assert.equal(taken.body.network, '192.0.2.7');
      const proof = { token, params: { id }, body: { kind: 'radius', secret: 'short' } };
      const weak = await api.problem('device-proof-not-valid', 'addDeviceProof', proof);
      assert.ok(weak.body.says.length > 0);
      await api.done('retireDevice', { token, params: { id } });
      await api.problem('device-retired', 'enableDevice', { token, params: { id } });
    },
  );
  meets(['tpm-refused'], 'a TPM that comes with no pass', async () => {
    const body = { pass: 'x', endorsement: ['AAAA'], attestationKey: 'AAAA' };
    await stage.api.problem('tpm-refused', 'askTpm', { body });
  });
  meets(['posture-refused'], 'a report that nobody’s device signed', async () => {
    const body = { report: '{}', signature: 'x', key: 'y' };
    await stage.api.problem('posture-refused', 'reportPosture', { body });
  });
  meets(['scope-unknown', 'token-too-long-lived'], 'a token without bounds', async () => {
    const issue = (body: object) => ({
      token: stage.admin,
      body: { owner: stage.boss.id, ...body },
    });
    const { body } = await stage.api.problem(
      'scope-unknown',
      'issueToken',
      issue({ scope: ['all'] }),
    );
    assert.equal(body.scope, 'all');
    await stage.api.problem(
      'token-too-long-lived',
      'issueToken',
      issue({ scope: ['person.read'], lifetimeMinutes: 500_000 }),
    );
  });
  meets(
    ['policy-not-valid', 'policy-locks-out', 'changed-meanwhile'],
    'policies that won’t do',
    async () => {
      const offer = (files: Record<string, string>, expected?: number) => ({
        token: stage.admin,
        body: { files, ...(expected === undefined ? {} : { expected }) },
      });
      const wrong = await stage.api.problem(
        'policy-not-valid',
        'activatePolicies',
        offer({ 'a.cedar': '@id("a") @because("b") permit (principal, action, resurce);' }),
      );
      assert.equal(wrong.body.problems[0].file, 'a.cedar');
      const nobody = '@id("nobody") @because("Nobody may.") forbid (principal, action, resource);';
      await stage.api.problem(
        'policy-locks-out',
        'activatePolicies',
        offer({ ...shippedPolicies(), 'nobody.cedar': nobody }),
      );
      await stage.api.problem('changed-meanwhile', 'activatePolicies', offer(shippedPolicies(), 7));
    },
  );
  meets(['policy-not-checked'], 'policies that there was no time to check', async () => {
    const { policies } = stage.api.house;
    const late = async (files: PolicyFiles) => ({ files, problems: [], late: true }) as const;
    const prepare = mock.method(policies, 'prepare', late);
    const offer = { token: stage.admin, body: { files: shippedPolicies() } };
    try {
      for (const operation of ['checkPolicies', 'activatePolicies'] as const) {
        const { body } = await stage.api.problem('policy-not-checked', operation, offer);
        assert.equal(body.retryAfter, 30);
      }
    } finally {
      prepare.mock.restore();
    }
  });
  meets(['unavailable'], 'the database is gone', async () => {
    const gone = await openApiHouse();
    const token = await signIn(gone, await enrolled(gone, 'ada'));
    await gone.test.store.close();
    const { body } = await gone.problem('unavailable', 'showMe', { token });
    assert.equal(body.retryAfter, 5);
    assert.ok(!JSON.stringify(body).includes('closed'));
    await gone.listener.listener.stop();
    await gone.test.close();
  });
  meets(['fault'], 'a fault outside the gate is told in general and logged in full', async () => {
    const { showMe } = { showMe: stage.api.house.portal.me };
    (stage.api.house.portal as { me: unknown }).me = () => {
      throw new Error('a secret detail');
    };
    const { body } = await stage.api.problem('fault', 'showMe', { token: stage.admin });
    (stage.api.house.portal as { me: unknown }).me = showMe;
    assert.ok(!JSON.stringify(body).includes('secret'));
    const id = body.instance.replace('urn:uuid:', '');
    assert.ok(
      stage.api.listener.logged.some(
        (line) => line.includes(id) && line.includes('a secret detail'),
      ),
    );
  });
}
