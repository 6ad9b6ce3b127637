/** `sallyport serve --workers 2`: two processes behind one port, on one PostgreSQL. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { loadConfig } from '../../server/config/load-config.ts';
import { hex } from '../../server/kernel/bytes.ts';
import { systemClock } from '../../server/kernel/clock.ts';
import { systemRandom } from '../../server/kernel/random.ts';
import { openHouse } from '../../server/main/open-house.ts';
import { databaseSource } from '../../server/record/database-source.ts';
import { verifyRecord } from '../../server/record/verify.ts';
import { tables } from '../../server/store/statement.ts';
import { browserArrival } from '../support/arrival.ts';
import { runCommand } from '../support/command.ts';
import {
  addPerson,
  comeWithPass,
  enrol,
  issuePass,
  PASSWORD,
  type Visited,
} from '../support/people.ts';
import { addProcess } from '../support/processes.ts';
import { callApi, type ServedProcess, startServe } from '../support/served.ts';
import { workloadClient } from '../support/spiffe-client.ts';
import { OWN_UID } from '../support/spiffe-house.ts';
import { isPostgres, openEmptyStore } from '../support/store.ts';
import { createTotpApp } from '../support/totp-app.ts';
import { until } from '../support/until.ts';

const t = tables<{ lease: { name: string; holder: string } }>();
const holders = t.statement((db) =>
  db.selectFrom('lease').select('holder').where('name', '=', 'record'),
);

function folderOf(test: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-workers-'));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A server of two, and a house of the test's own on its database. */
async function open(test: TestContext, more: Readonly<Record<string, string>> = {}) {
  const database = await openEmptyStore();
  test.after(() => database.close());
  const folder = folderOf(test);
  const environment = {
    THE_DATABASE: database.database,
    THE_KEY: hex(systemRandom().bytes(32)),
    SALLYPORT_LOG__FORMAT: 'json',
    SALLYPORT_LOG__LEVEL: 'debug', // Where each request is told of, with the process that answered.
    ...more,
  };
  writeFileSync(
    join(folder, 'sallyport.yaml'),
    'database: { env: THE_DATABASE }\nvault: { rootKey: { env: THE_KEY } }\n',
  );
  const server = await startServe({ folder, environment, options: ['--workers', '2'] });
  test.after(() => server.kill('SIGKILL'));
  const loaded = loadConfig({ environment, folder });
  assert.ok(loaded.ok);
  const notice = (_level: string, message: string, cause?: unknown) => {
    if (cause !== undefined) throw new Error(message, { cause });
  };
  const opened = await openHouse({ config: loaded.value.config, environment, notice });
  assert.ok(opened.ok);
  test.after(() => opened.value.close());
  const { house } = opened.value;
  const clock = { ...systemClock(), advance() {} };
  const visited: Visited = { house, clock, arrival: browserArrival };
  return { server, folder, environment, house, visited };
}

function lines(server: ServedProcess): Record<string, unknown>[] {
  return server
    .log()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}

/** The processes that said so. */
const serving = (server: ServedProcess) =>
  lines(server)
    .filter(({ msg }) => msg === 'A worker serves.')
    .map(({ process }) => Number(process));

/** One request by a connection of its own, so that another worker may be given it than the last. */
function status(server: ServedProcess, path: string, token = ''): Promise<number> {
  const headers = token === '' ? {} : { authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    const asked = get(server.address + path, { agent: false, headers }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
    });
    asked.on('error', reject);
  });
}

async function signIn(server: ServedProcess, identifier: string, code: string | undefined) {
  const asked = await callApi(server, 'POST /attempts', { body: { to: 'signIn', identifier } });
  const { id, token } = asked.body.attempt;
  const offer = (kind: string, data: object) =>
    callApi(server, `POST /attempts/${id}/proofs`, {
      body: { attempt: token, proof: { kind, data } },
    });
  await offer('password', { password: PASSWORD });
  const answer = await offer('recovery', { code });
  assert.equal(answer.body.state, 'granted', JSON.stringify(answer));
  return answer.body.session.token as string;
}

/** A connection to the one that was killed is broken, as anyone's would be: they try again. */
async function throughBreaks<T>(work: () => Promise<T>): Promise<T> {
  for (let breaks = 0; ; breaks++) {
    try {
      return await work();
    } catch (error) {
      const broken = error instanceof TypeError && error.message === 'fetch failed';
      if (!broken || breaks === 4) throw error;
    }
  }
}

async function somebody(visited: Visited): Promise<{ identifier: string; codes: string[] }> {
  const identifier = 'ada';
  const id = await addPerson(visited, identifier);
  const token = await comeWithPass(visited, identifier, await issuePass(visited, id));
  await enrol(visited, token, 'password', () => ({ password: PASSWORD }));
  await enrol(visited, token, 'totp', ({ uri }) => ({
    code: createTotpApp(String(uri), visited.clock).code(),
  }));
  const codes = await enrol(visited, token, 'recovery', () => ({}));
  const completed = await visited.house.enrolments.complete(token, visited.arrival());
  assert.equal(completed.state, 'done', JSON.stringify(completed));
  return { identifier, codes: [...codes] };
}

describe('two workers', { skip: !isPostgres() && 'runs with STORE=postgres' }, () => {
  it('answer both, and one that is killed comes back while no session is lost', async (test) => {
    const { server, house, visited } = await open(test);
    const pids = serving(server);
    assert.equal(new Set(pids).size, 2);
    assert.ok(!pids.includes(server.pid), 'the one that started them opens no door');
    assert.match(server.firstLink ?? '', /\/enrol\//);

    const answered = () =>
      new Set(
        lines(server)
          .filter(({ route }) => route)
          .map(({ pid }) => pid),
      );
    await until('both answer', async () => {
      await status(server, '/signin');
      return answered().size === 2;
    });
    assert.deepEqual([...answered()].sort(), [...pids].sort());

    const { identifier, codes } = await somebody(visited);
    const sessions: string[] = [];
    for (let i = 0; i < 4; i++) sessions.push(await signIn(server, identifier, codes.pop()));

    // The one that does the work of the record, which is the harder of the two to miss.
    const lease = await house.store.read((q) => q.one(holders, {}));
    const dying = Number(lease?.holder.split('/').at(-1));
    assert.ok(pids.includes(dying), `${dying} holds the lease`);
    process.kill(dying, 'SIGKILL');
    const meanwhile = await throughBreaks(() => signIn(server, identifier, codes.pop()));
    await until('another takes its place', () => serving(server).length === 3);
    assert.ok(lines(server).some(({ how, process }) => how === 'SIGKILL' && process === dying));

    for (const token of [...sessions, meanwhile]) {
      // Each of the two is asked.
      for (let i = 0; i < 2; i++) assert.equal(await status(server, '/api/v1/me', token), 200);
    }
    await until('the record is sequenced', async () => {
      const verified = await verifyRecord(databaseSource(house.store));
      assert.equal(verified.state, 'sound', JSON.stringify(verified));
      const now = await house.store.read((q) => q.one(holders, {}));
      return Number(now?.holder.split('/').at(-1)) !== dying;
    });
  });

  it('tell programs who they are again when the one that did so is killed', {
    skip: process.platform !== 'linux' && 'only Linux tells who calls',
  }, async (test) => {
    const { server, folder, house, visited } = await open(test, {
      SALLYPORT_SPIFFE__ENABLED: 'true',
    });
    const billing = await addProcess(visited, 'billing');
    const by = { door: 'cli' } as const;
    const own = [`uid:${OWN_UID}`];
    await house.store.write((tx) => house.workloads.add(tx, billing.id, own, by));
    const told = async () => {
      const client = workloadClient(join(folder, 'data/workload.sock'), folder);
      try {
        return (await client.ask('FetchX509SVID')).svids[0]?.spiffe_id;
      } finally {
        client.close();
      }
    };
    const identity = 'spiffe://localhost/process/billing';
    assert.equal(await told(), identity);
    const listening = lines(server).find(({ msg }) => /SPIFFE Workload API on/.test(String(msg)));
    process.kill(Number(listening?.pid), 'SIGKILL');
    await until('another takes its place', () => serving(server).length === 3);
    assert.equal(await told(), identity);
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`stop in good order on ${signal}, and leave nothing behind`, async (test) => {
      const { server, folder, environment } = await open(test);
      const note = join(folder, 'data/serving.json');
      assert.equal(JSON.parse(readFileSync(note, 'utf8')).pid, server.pid);
      const pids = serving(server);
      assert.equal(await server.kill(signal), 0);
      assert.ok(!existsSync(note));
      for (const pid of pids) assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
      assert.ok(!lines(server).some(({ level }) => Number(level) >= 40), server.log());
      assert.equal(await count('house.started', folder, environment), 2);
      assert.equal(await count('house.stopped', folder, environment), 2);
    });
  }

  it('end in good order by themselves when the one that started them is killed', async (test) => {
    const { server, folder, environment } = await open(test);
    const pids = serving(server);
    await server.kill('SIGKILL');
    await until('both have ended', () => pids.every((pid) => !isAlive(pid)));
    assert.equal(await count('house.stopped', folder, environment), 2);
  });
});

describe('workers on SQLite', () => {
  it('are refused: it has one writer, and what to do is said', async (test) => {
    const folder = folderOf(test);
    const { code, out, err } = await runCommand(folder, ['serve', '--workers', '2']);
    assert.deepEqual([code, out], [2, '']);
    assert.match(
      err.replaceAll('\n', ' '),
      /SQLite has one writer: [^.]*\. Leave it at 1, or name a PostgreSQL/,
    );
    assert.ok(!existsSync(join(folder, 'data')));
  });

  it('are refused when only the environment says that it is SQLite', async (test) => {
    const folder = folderOf(test);
    writeFileSync(join(folder, 'sallyport.yaml'), 'database: { env: THE_DATABASE }\n');
    const environment = { THE_DATABASE: 'sqlite' };
    const { code, out, err } = await runCommand(folder, ['serve', '--workers', '2'], environment);
    assert.deepEqual([code, out], [5, '']);
    assert.match(err.replaceAll('\n', ' '), /2 workers were asked for, and SQLite has one writer/);
  });

  for (const workers of ['0', '1.5', 'many', '65']) {
    it(`are not ${workers}`, async (test) => {
      const { code, err } = await runCommand(folderOf(test), ['serve', '--workers', workers]);
      assert.equal(code, 2);
      assert.match(err, /listen\.workers/);
    });
  }
});

/** How many events of a type are on record. */
async function count(type: string, folder: string, environment: Readonly<Record<string, string>>) {
  const found = await runCommand(folder, ['record', 'search', '--json'], environment);
  const { events } = JSON.parse(found.out) as { events: { type: string }[] }; // As the command answers.
  return events.filter((event) => event.type === type).length;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
