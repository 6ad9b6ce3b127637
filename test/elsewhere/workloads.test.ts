/** `workload` with `--at`: the programs are those of the server’s machine, and so are its files. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { spiffeConfig } from '../../server/doors/spiffe/spiffe-config.ts';
import { houseWorkloads } from '../../server/main/desks/house/house-workloads.ts';
import { type Administering, catchUp, signedIn } from '../support/elsewhere.ts';
import { type OidcHouse, openOidcHouse } from '../support/oidc-house.ts';
import { addProcess } from '../support/processes.ts';
import { passkeyPerson } from '../support/served-people.ts';

describe('workloads at a server elsewhere', () => {
  let house: OidcHouse;
  let at: Administering;
  before(async () => {
    house = await openOidcHouse({});
    const root = await passkeyPerson(house, 'root', ['administrator']);
    await addProcess(house, 'billing');
    catchUp(house);
    for (const alg of ['ES256', 'EdDSA', 'RS256'] as const) await house.house.signing.ready(alg);
    at = await signedIn(house, root);
  });
  beforeEach(() => catchUp(house));
  after(async () => {
    at.desk.close();
    await house.close();
  });

  it('are added, listed and removed there as at the machine', async () => {
    assert.match((await at.run('workload', 'list')).out, /No program gets an identity here yet/);
    const added = await at.json('workload', 'add', 'billing', 'uid:1003', 'path:/usr/bin/billing');
    const { workloads } = await at.json('workload', 'list', 'billing');
    assert.deepEqual(workloads, [added]);
    const local = await houseWorkloads(house.house, {
      data: '',
      spiffe: spiffeConfig.parse({}),
    }).list({ limit: 10 });
    assert.deepEqual(local, { ok: true, value: { items: workloads, next: null } });
    const removed = await at.run('workload', 'remove', added.id.slice(-8));
    assert.match(removed.out, /are billing no longer/);
  });

  it('are refused in the same words, and measure no file of another machine', async () => {
    for (const [code, says, ...args] of [
      [2, /Anyone can run that file/, 'billing', 'path:/usr/bin/billing'],
      [2, /says nothing that a program/, 'billing', 'pid:1'],
      [4, /no process “nobody”/, 'nobody', 'uid:1003'],
      [2, /--executable.* on the machine itself alone/, 'billing', 'uid:7', '--executable', 'x'],
    ] as const) {
      const ran = await at.run('workload', 'add', ...args);
      assert.deepEqual([ran.code, ran.out], [code, ''], ran.err);
      assert.match(ran.err, says);
    }
  });
});
