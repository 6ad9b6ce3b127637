/** `sallyport serve` in a process of its own: how it comes up, when it does not, and how it ends. */
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { loadConfig } from '../../server/config/load-config.ts';
import { lookAtServer } from '../../server/main/doctor/server-look.ts';
import { takeServeLock } from '../../server/store/serve-lock.ts';
import { makeCertificate } from '../support/certificates.ts';
import { manualClock } from '../support/clock.ts';
import { runCommand } from '../support/command.ts';
import { look, states } from '../support/doctor.ts';
import { freePort } from '../support/free-port.ts';
import { seededRandom } from '../support/random.ts';
import { startServe } from '../support/served.ts';

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-serve-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function served(t: TestContext, folder: string) {
  const server = await startServe({ folder });
  t.after(() => server.kill('SIGKILL'));
  return server;
}

const note = (folder: string) => join(folder, 'data/serving.json');
const linkOf = (out: string) => JSON.parse(out).link as string;

describe('serve does not come up', () => {
  it('on a port that is taken: it says so, and ends with 5', async (t) => {
    const folder = folderOf(t);
    const other = createServer();
    t.after(() => other.close());
    const port = await freePort();
    await new Promise<void>((resolve) => other.listen(port, 'localhost', resolve));
    const { code, out, err } = await runCommand(folder, ['serve'], {
      SALLYPORT_LISTEN__PORT: String(port),
    });
    assert.deepEqual([code, out], [5, '']);
    assert.match(err, new RegExp(`^Port ${port} is taken: something else listens on localhost:`));
    assert.match(err, /SALLYPORT_LISTEN__PORT=9000/);
    assert.ok(!existsSync(note(folder)));
    // What it had opened is closed: the folder can be served from.
    takeServeLock(join(folder, 'data'))?.release();
    assert.ok(takeServeLock(join(folder, 'data')));
  });

  it('at an address that is not of this machine: it names the address, and ends with 5', async (t) => {
    const { code, out, err } = await runCommand(folderOf(t), ['serve'], {
      SALLYPORT_LISTEN__PORT: '0',
      SALLYPORT_RADIUS__ENABLED: 'true',
      SALLYPORT_RADIUS__HOST: '192.0.2.4',
      SALLYPORT_RADIUS__PORT: '0',
      SALLYPORT_RADIUS__ACCOUNTING_PORT: '0',
    });
    assert.deepEqual([code, out], [5, '']);
    assert.match(err, /^192\.0\.2\.4 is no address of this machine/);
    assert.match(err, /config show/);
  });

  it('on a database that is damaged: it says what to do, and ends with 5', async (t) => {
    const folder = folderOf(t);
    mkdirSync(join(folder, 'data'), { mode: 0o700 });
    writeFileSync(join(folder, 'data/sallyport.db'), 'x'.repeat(5000), { mode: 0o600 });
    const { code, out, err } = await runCommand(folder, ['serve'], { SALLYPORT_LISTEN__PORT: '0' });
    assert.deepEqual([code, out], [5, '']);
    assert.match(err, /put a backup in its\s+place\s+\(docs\/backup\.md\)/);
  });

  it('on a data folder that is served already: it touches nothing in there, and ends with 5', async (t) => {
    const folder = folderOf(t);
    mkdirSync(join(folder, 'data'), { mode: 0o700 });
    const lock = takeServeLock(join(folder, 'data'));
    assert.ok(lock);
    const { code, out, err } = await runCommand(folder, ['serve'], { SALLYPORT_LISTEN__PORT: '0' });
    assert.deepEqual([code, out], [5, '']);
    assert.match(err, /^Another Sallyport serves from \S+\/data already\.\nStop it first, or/);
    const there = readdirSync(join(folder, 'data'));
    assert.deepEqual(
      there.filter((name) => !name.startsWith('serve.lock')),
      [],
    );
    lock.release();
  });

  const issuer = makeCertificate({ subject: { CN: 'localhost' }, authority: false });
  const other = makeCertificate({ subject: { CN: 'localhost' }, authority: false });
  const WRONG: readonly (readonly [what: string, cert: string, key: string, says: RegExp])[] = [
    ['a certificate that is none', 'nonsense', issuer.keyPem, /cert\.pem is no certificate in PEM/],
    ['a key that is none', issuer.pem, 'nonsense', /key\.pem is no private key in PEM/],
    ['the key of another', issuer.pem, other.keyPem, /key\.pem is not the key of\s\S+cert\.pem/],
    ['no key at all', issuer.pem, '', /key\.pem can’t be read \(ENOENT\)/],
  ];
  for (const [what, cert, key, says] of WRONG) {
    it(`with ${what}: it says which file is wrong, and makes nothing`, async (t) => {
      const folder = folderOf(t);
      writeFileSync(join(folder, 'cert.pem'), cert);
      if (key !== '') writeFileSync(join(folder, 'key.pem'), key);
      writeFileSync(
        join(folder, 'sallyport.yaml'),
        'listen: { port: 0, tls: { certificate: cert.pem, key: key.pem } }\n',
      );
      const { code, out, err } = await runCommand(folder, ['serve']);
      assert.deepEqual([code, out], [5, '']);
      assert.match(err, says);
      assert.ok(!existsSync(join(folder, 'data')));
    });
  }
});

describe('serve', () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`ends with 0 on ${signal}, leaves nothing behind, and goes on where it was`, async (t) => {
      const folder = folderOf(t);
      const first = await served(t, folder);
      const added = await runCommand(folder, ['person', 'add', 'ada', '--json']);
      assert.equal(added.code, 0);
      assert.ok(existsSync(note(folder)));
      assert.equal(await first.kill(signal), 0);
      assert.ok(!existsSync(note(folder)));
      assert.doesNotMatch(first.log(), /"level":(40|50)|did not close/);

      const second = await served(t, folder);
      const shown = await runCommand(folder, ['person', 'show', 'ada', '--json']);
      assert.equal(JSON.parse(shown.out).id, JSON.parse(added.out).id);
      // Nobody used the first link, so there is another; the old one leads nowhere.
      assert.ok(second.firstLink);
      assert.notEqual(second.firstLink, first.firstLink);
      const tail = await runCommand(folder, ['record', 'search', '--json']);
      const types = JSON.parse(tail.out).events.map(({ type }: { type: string }) => type);
      assert.equal(types.filter((type: string) => type === 'house.started').length, 2);
      assert.equal(types.filter((type: string) => type === 'house.stopped').length, 1);
      const verified = await runCommand(folder, ['record', 'verify']);
      assert.match(verified.out, /^The record is sound/);
    });
  }

  it('goes on, and ends in good order, when whoever read its log is gone', async (t) => {
    const folder = folderOf(t);
    const environment = { SALLYPORT_LOG__LEVEL: 'debug' }; // Each request is told of.
    const server = await startServe({ folder, environment });
    t.after(() => server.kill('SIGKILL'));
    server.leaveLog();
    for (let times = 0; times < 3; times++) {
      assert.equal((await fetch(`${server.address}/healthz`)).status, 200);
    }
    assert.equal(await server.kill('SIGTERM'), 0);
    assert.ok(!existsSync(note(folder)));
  });

  it('tells commands on its machine where it listens, until it is stopped', async (t) => {
    const folder = folderOf(t);
    const server = await served(t, folder);
    assert.equal(statSync(note(folder)).mode & 0o777, 0o600);
    const { origin, pid, since } = JSON.parse(readFileSync(note(folder), 'utf8'));
    assert.deepEqual([origin, pid], [server.address, server.pid]);
    assert.match(since, /^\d{4}-\d\d-\d\dT.*Z$/);
    // Another terminal, that knows nothing of the port that this one was started with.
    const added = await runCommand(folder, ['person', 'add', 'ada', '--json']);
    assert.ok(linkOf(added.out).startsWith(`${server.address}/enrol/`), added.out);
    const issued = await runCommand(folder, ['pass', 'issue', 'ada', '--json']);
    assert.ok(linkOf(issued.out).startsWith(`${server.address}/enrol/`), issued.out);
    const [running] = await look(lookAtServer, folder);
    assert.match(
      running?.what ?? '',
      new RegExp(`^It serves ${server.address} since .* ${pid}\\.`),
    );
    const again = await runCommand(folder, ['serve'], { SALLYPORT_LISTEN__PORT: '0' });
    assert.equal(again.code, 5);
    assert.ok(again.err.startsWith(`Another Sallyport serves ${server.address} from `), again.err);

    await server.kill('SIGTERM');
    const after = await runCommand(folder, ['pass', 'issue', 'ada', '--json']);
    assert.ok(linkOf(after.out).startsWith('http://localhost:8080/enrol/'), after.out);
    assert.match((await look(lookAtServer, folder))[0]?.what ?? '', /^None runs on /);
  });

  it('is told to be restarted when its file was changed after it started', async (t) => {
    const folder = folderOf(t);
    const file = join(folder, 'sallyport.yaml');
    writeFileSync(file, '');
    const server = await served(t, folder);
    const { since } = JSON.parse(readFileSync(note(folder), 'utf8'));
    const lookWhenChanged = async (at: number) => {
      const loaded = loadConfig({ environment: {}, folder });
      assert.ok(loaded.ok);
      utimesSync(file, at / 1000, at / 1000);
      const context = { loaded: loaded.value, environment: {}, online: false };
      const deps = { clock: manualClock(), random: seededRandom('look') };
      return [await lookAtServer.look({ ...context, ...deps })].flat();
    };
    assert.deepEqual(states(await lookWhenChanged(Date.parse(since) - 5000)), ['ok']);
    const found = await lookWhenChanged(Date.parse(since) + 5000);
    assert.deepEqual(states(found), ['ok', 'warn']);
    assert.match(
      found[1]?.what ?? '',
      /^The settings in sallyport\.yaml were changed after it started/,
    );
    assert.match(found[1]?.mend ?? '', /^Restart it/);
    await server.kill('SIGTERM');
  });

  it('that was killed is believed to listen nowhere, whatever it left behind', async (t) => {
    const folder = folderOf(t);
    const server = await served(t, folder);
    await server.kill('SIGKILL');
    assert.ok(existsSync(note(folder)));
    const added = await runCommand(folder, ['person', 'add', 'ada', '--json']);
    assert.ok(linkOf(added.out).startsWith('http://localhost:8080/enrol/'), added.out);
    assert.match((await look(lookAtServer, folder))[0]?.what ?? '', /^None runs on /);
  });
});
