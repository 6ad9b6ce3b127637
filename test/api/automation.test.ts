/** docs/automation.md, run as it stands there: each of its bash blocks, one after the other, against a served house. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '../../server/kernel/clock.ts';
import { freePort } from '../support/free-port.ts';
import { softwareAuthenticator } from '../support/software-authenticator.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const script = [...readFileSync('docs/automation.md', 'utf8').matchAll(/^```bash\n(.*?)^```$/gms)]
  .map(([, block]) => block)
  .join('\n');

describe('docs/automation.md', () => {
  let database: TestStore;
  let environment: NodeJS.ProcessEnv;
  let url: string;
  let server: ReturnType<typeof spawn>;
  const said: string[] = [];

  before(async () => {
    database = await openTestStore(systemClock());
    const port = await freePort();
    url = `http://localhost:${port}`;
    environment = {
      ...process.env,
      SALLYPORT_DATA: database.folder,
      SALLYPORT_DATABASE: database.database,
      SALLYPORT_LISTEN__PORT: String(port),
      SALLYPORT_LOG__LEVEL: 'warn',
    };
    server = spawn(resolve('sallyport'), ['serve', '--json'], {
      env: environment,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const link = await new Promise<string>((found, reject) => {
      server.once('exit', () => reject(new Error(`serve ended: ${said.join('')}`)));
      server.stdout?.on('data', (chunk: Buffer) => {
        said.push(chunk.toString());
        const { firstLink } = readWhole(said.join('')) ?? {};
        if (firstLink !== undefined) found(firstLink);
      });
    });
    await setUpAdministrator(link);
  });

  after(async () => {
    // One that ended by itself, as when it could not start, ends no second time.
    if (server.exitCode === null) {
      const ended = new Promise((done) => server.once('exit', done));
      server.kill('SIGTERM');
      await ended;
    }
    await database.close();
  });

  function readWhole(text: string): { firstLink: string } | undefined {
    try {
      return JSON.parse(text);
    } catch {
      return undefined; // More is to come.
    }
  }

  // biome-ignore lint/suspicious/noExplicitAny: each answer has a form of its own.
  async function post(path: string, body: unknown, token?: string): Promise<any> {
    const response = await fetch(`${url}/api/v1${path}`, {
      method: 'POST',
      body: body === undefined ? null : JSON.stringify(body),
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
    });
    const text = await response.text();
    assert.ok(response.ok, `${path}: ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  /** Whom the page takes for granted: an administrator, who came by the first link. */
  async function setUpAdministrator(link: string): Promise<void> {
    const [person = '', code = ''] = link.slice(link.lastIndexOf('/') + 1).split('.');
    const proof = { kind: 'pass', data: { code } };
    const { session } = await post('/attempts', { to: 'enrol', person, proof });
    const enrol = async (kind: string, answer: (offer: Record<string, unknown>) => unknown) => {
      const { id, offer } = await post('/me/enrolments', { kind }, session.token);
      await post(`/me/enrolments/${id}/finish`, { data: answer(offer) }, session.token);
    };
    await enrol('webauthn', (offer) => softwareAuthenticator().create(offer, url));
    await enrol('password', () => ({ password: 'violet harbour unfolds slowly' }));
    await enrol('recovery', () => ({}));
    await post('/me/enrolment/complete', undefined, session.token);
  }

  test('brings a person through their whole life', () => {
    const run = spawnSync('bash', ['-euo', 'pipefail'], {
      input: script,
      env: { ...environment, url },
      encoding: 'utf8',
    });
    assert.equal(run.status, 0, `${run.stdout}\n${run.stderr}`);
    for (const type of ['person.created', 'pass.issued', 'signin.granted', 'person.erased']) {
      assert.match(run.stdout, new RegExp(`  ${type.replace('.', '\\.')}$`, 'm'));
    }
    assert.match(run.stdout, /The token is worthless now\./);
  });
});
