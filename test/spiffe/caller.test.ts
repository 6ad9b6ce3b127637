import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { createLookAtCaller, unitAt } from '../../server/doors/spiffe/caller.ts';

describe('the unit of a process', () => {
  const cases: readonly (readonly [string, string, string | undefined])[] = [
    ['a service of the system', '0::/system.slice/billing.service\n', 'billing.service'],
    [
      'what a service put below itself',
      '0::/system.slice/billing.service/worker\n',
      'billing.service',
    ],
    [
      'a service in a slice of its own',
      '0::/plant.slice/plant-meter.slice/meter@3.service\n',
      'meter@3.service',
    ],
    ['a container', '0::/system.slice/docker-4f2a.scope\n', 'docker-4f2a.scope'],
    // Anyone can call a service of their own like one of the system.
    [
      'a user’s own service',
      '0::/user.slice/user-1000.slice/user@1000.service/app.slice/billing.service\n',
      'user@1000.service',
    ],
    [
      'systemd’s own hierarchy of old',
      '4:memory:/x\n1:name=systemd:/system.slice/ntp.service\n',
      'ntp.service',
    ],
    [
      'both hierarchies',
      '1:name=systemd:/system.slice/b.service\n0::/system.slice/a.service\n',
      'a.service',
    ],
    [
      'both, of which one says nothing',
      '1:name=systemd:/system.slice/b.service\n0::/\n',
      'b.service',
    ],
    ['nothing of systemd’s', '0::/\n', undefined],
    ['a group of another manager', '0::/kubepods/pod1/billing.service\n', undefined],
    ['a slice alone', '0::/system.slice\n', undefined],
    ['a group outside of ours', '0::/../system.slice/billing.service\n', undefined],
    ['a path of no form', '0::system.slice/billing.service\n', undefined],
    ['nothing at all', '', undefined],
  ];
  for (const [what, groups, unit] of cases) {
    it(`is ${unit ?? 'none'} for ${what}`, () => assert.equal(unitAt(groups), unit));
  }
});

describe('a caller', () => {
  const root = mkdtempSync(join(tmpdir(), 'proc-'));
  const proc = join(root, 'proc');
  const own = join(proc, '77');
  const program = join(root, 'billing');
  const peer = { pid: 77, uid: 1003, gid: 1003, start: '4711' };
  after(() => rmSync(root, { recursive: true }));

  const stat = (start: string, name = 'billing') =>
    writeFileSync(join(own, 'stat'), `77 (${name}) S ${'0 '.repeat(18)}${start} 0 0\n`);
  const status = (uids: string) =>
    writeFileSync(
      join(own, 'status'),
      `Name:\tbilling\nUid:\t${uids.split(' ').join('\t')}\nGid:\t1\n`,
    );
  const executable = (at: string) => {
    rmSync(join(own, 'exe'), { force: true });
    symlinkSync(at, join(own, 'exe'));
  };

  beforeEach(() => {
    rmSync(proc, { recursive: true, force: true });
    mkdirSync(own, { recursive: true });
    writeFileSync(program, 'a program');
    stat('4711');
    status('1003 1003 1003 1003');
    writeFileSync(join(own, 'cgroup'), '0::/system.slice/billing.service\n');
    executable(program);
  });

  const look = (change: Partial<typeof peer> = {}) =>
    createLookAtCaller(proc)({ ...peer, ...change });

  it('is told by user, unit, path and the bytes of its file', async () => {
    const caller = await look();
    assert.equal(caller?.uid, 1003);
    assert.equal(caller?.unit, 'billing.service');
    assert.equal(caller?.path, program);
    assert.equal(
      await caller?.sha256(),
      'd69ea8cda2433733c1ce02de65da8f48e6a3dbba6bb18876a2062908e54ef7cb',
    );
  });

  it('is nobody where another process has its number now', async () => {
    stat('4712');
    assert.equal(await look(), undefined);
    stat('4711');
    assert.notEqual(await look(), undefined);
  });

  it('is nobody where it is gone', async () => {
    rmSync(own, { recursive: true });
    assert.equal(await look(), undefined);
  });

  it('may have any name, brackets and spaces in it', async () => {
    stat('4711', 'a) S 1 2 (b');
    assert.notEqual(await look(), undefined);
  });

  it('is nobody while it is another user than the one who connected, in any respect', async () => {
    for (const uids of ['0 0 0 0', '1003 0 1003 1003', '1003 1003 0 1003', '1003 1003 1003 0']) {
      status(uids);
      assert.equal(await look(), undefined, uids);
    }
  });

  it('is nobody as the user who stands for all whom a container does not know', async () => {
    status('65534 65534 65534 65534');
    assert.equal(await look({ uid: 65534 }), undefined);
  });

  it('has no path where its file was taken away, or another stands there', async () => {
    executable(`${program} (deleted)`);
    assert.equal((await look())?.path, undefined);
    executable(join(root, 'nowhere'));
    assert.equal((await look())?.path, undefined);
  });

  it('has a user and nothing else where the kernel can’t say whose number it is', async () => {
    const caller = await look({ start: undefined as unknown as string });
    assert.equal(caller?.uid, 1003);
    assert.equal(caller?.unit, undefined);
    assert.equal(caller?.path, undefined);
    assert.equal(await caller?.sha256(), undefined);
  });

  it('is measured again when its file has changed', async () => {
    const looks = createLookAtCaller(proc);
    const before = await (await looks(peer))?.sha256();
    writeFileSync(program, 'b program');
    const after = await (await looks(peer))?.sha256();
    assert.notEqual(after, undefined);
    assert.notEqual(after, before);
  });
});
