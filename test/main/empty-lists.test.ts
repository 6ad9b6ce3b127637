/** Where there is nothing to show yet, commands say why, and what comes next. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { beginIn, runCommand } from '../support/command.ts';

describe('a list of nothing', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-empty-'));
  const run = (args: string) => runCommand(folder, args.split(' '));
  before(() => beginIn(folder));
  after(() => rmSync(folder, { recursive: true }));

  /** An id, of nothing. */
  const NO_ONE = '00000000-0000-7000-8000-000000000000';
  const EMPTY: readonly (readonly [args: string, says: RegExp])[] = [
    ['person list', /^Nobody is here yet\..*person add NAME/s],
    ['person list --role auditor', /^Nobody is like that\..*person list without options/s],
    ['session list', /^Nobody is in\..*pass issue NAME.*record search --type\s+signin\.refused/s],
    [`session list --after ${NO_ONE}`, /^No session is behind that one\./],
    ['approval list', /^Nothing waits for anybody’s answer\.\n\nLogins at network devices/],
    ['process list', /^No process is here yet\..*process add NAME/s],
    ['resource list', /^There is nothing to enter yet\..*resource add KIND NAME/s],
    ['resource list --kind site', /^No resource is like that\..*resource list without/s],
    ['resource invitations', /^No application is invited\..*resource invite/s],
    ['workload list', /^No program gets an identity here yet\..*workload add/s],
    ['device list', /^No device is here yet\..*device add NAME/s],
    ['device exception list', /^No device rests on an exception\..*device exception add DEVICE/s],
    ['network list', /^Nobody is at a network device\..*record search/s],
    ['certificate list', /^No certificate is here yet\..*certificate sign --help/s],
    ['authority show', /^There is no authority yet\..*authority init/s],
    ['authority trust list', /^No CA of others is trusted\..*authority trust add/s],
    ['record search', /^Nothing is on record yet\..*\.\/sallyport serve/s],
    ['record search --type signin.refused', /^Nothing on record is like that\..*fewer options/s],
    ['record verify', /^There is no log of the record yet\..*\.\/sallyport serve/s],
    ['record export there', /^There is no log of the record yet\..*\.\/sallyport serve/s],
  ];
  for (const [args, says] of EMPTY) {
    it(`says what comes next: ${args}`, async () => {
      const { code, out, err } = await run(args);
      assert.deepEqual([code, err], [0, ''], out);
      assert.match(out, says);
    });
  }

  for (const list of [
    ...['person list', 'session list', 'approval list', 'process list', 'resource list'],
    ...['resource invitations', 'workload list', 'device list', 'network list'],
  ]) {
    it(`is not what stands behind something that is no id: ${list}`, async () => {
      const { code, out, err } = await run(`${list} --after x`);
      assert.deepEqual([code, out], [2, '']);
      assert.match(err, /^That is no place in this list.*--after and --cursor take/s);
      const { error } = JSON.parse((await run(`${list} --after x --json`)).out);
      assert.equal(error.details.code, 'cursor-not-valid');
      assert.equal((await run(`${list} --after ${NO_ONE}`)).code, 0);
    });
  }

  for (const [list, name] of [
    ['person list', 'people'],
    ['session list', 'sessions'],
    ['approval list', 'approvals'],
    ['process list', 'processes'],
    ['resource list', 'resources'],
    ['resource invitations', 'invitations'],
    ['workload list', 'workloads'],
    ['device list', 'devices'],
    ['network list', 'logins'],
    ['certificate list', 'certificates'],
    ['record search', 'events'],
  ] as const) {
    it(`has its name and the next page for machines: ${list}`, async () => {
      const { code, out } = await run(`${list} --json`);
      assert.deepEqual([code, JSON.parse(out)], [0, { [name]: [], next: null }]);
    });
  }

  for (const [list, name] of [
    ['device exception list', 'exceptions'],
    ['authority trust list', 'trusted'],
    ['ssh list', 'certificates'],
  ] as const) {
    it(`has its name for machines where it is whole: ${list}`, async () => {
      const { code, out } = await run(`${list} --json`);
      assert.equal(code, 0, out);
      const said: Record<string, unknown> = JSON.parse(out);
      assert.deepEqual(Object.keys(said), [name]);
      assert.ok(Array.isArray(said[name]));
    });
  }

  it('is said beside an empty tail, which is to be read line by line', async () => {
    const { code, out, err } = await run('record tail');
    assert.deepEqual([code, out], [0, '']);
    assert.match(err, /^Nothing is on record yet\./);
    assert.deepEqual(await run('record tail --json'), { code: 0, out: '', err: '' });
  });

  it('is told of one person by their name', async () => {
    assert.equal((await run('person add ada')).code, 0);
    const { out } = await run('session list --person ada');
    assert.match(out, /^ada is in nowhere\.\n\n.*record search --subject ada/s);
    assert.match(
      (await run('session revoke --person ada')).out,
      /^ada is in nowhere: there was no/,
    );
    assert.match((await run('card list ada')).out, /^ada has no card\.\n\n.*card add ada/s);
  });
});

describe('a file that can’t be written', () => {
  it('is named with what to do, and the command ends with 5', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-file-'));
    t.after(() => rmSync(folder, { recursive: true }));
    await beginIn(folder);
    const { code, out, err } = await runCommand(folder, ['ssh', 'krl', 'nowhere/list']);
    assert.deepEqual([code, out], [5, '']);
    assert.match(err, /nowhere\/list is not there, and can’t be made there\.\n.*is there a folder/);
    const onFolder = await runCommand(folder, ['ssh', 'krl', '.']);
    assert.match(onFolder.err, / is a folder\.\nName a file\./);
    assert.doesNotMatch(onFolder.err, /EISDIR|doctor/);
  });
});
