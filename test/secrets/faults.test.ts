/** Parts of a house are broken while people sign in. The log tells of each in full, and of nobody's secrets. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { loadConfig } from '../../server/config/load-config.ts';
import { systemClock } from '../../server/kernel/clock.ts';
import type { PersonId } from '../../server/kernel/id.ts';
import { type OpenedHouse, openHouse } from '../../server/main/open-house.ts';
import { createLog, noticeTo } from '../../server/main/start/log.ts';
import { tables } from '../../server/store/statement.ts';
import { comeWithPass, enrol, issuePass, type Visited } from '../support/people.ts';
import { openEmptyStore, type TestStore } from '../support/store.ts';
import { createTotpApp, type TotpApp } from '../support/totp-app.ts';
import { needlesFor, type Secret, searchBytes } from './byte-search.ts';

const t = tables<{
  policy_set: { version: number; files: string; sha256: string; activated_at: number };
  proof: { kind: string; sealed: Uint8Array | null; detail: string };
  subject: { roles: string };
}>();
const broken = new Uint8Array(randomBytes(120));

/** What is done to the house while it is open. */
const BREAKS: Record<string, (house: OpenedHouse['house']) => Promise<unknown>> = {
  'the database is closed': ({ store }) => store.close(),
  'the record can’t be written': ({ store }) =>
    store.write((tx) =>
      tx.run(
        t.query((db) => db.schema.alterTable('record_event').renameTo('gone')),
        {},
      ),
    ),
  'the policies are damaged': ({ store }) =>
    store.write((tx) =>
      tx.run(
        t.query((db) =>
          db
            .insertInto('policy_set')
            .values({ version: 9, files: '{', sha256: 'x', activated_at: 0 }),
        ),
        {},
      ),
    ),
  'a sealed proof is damaged': ({ store }) =>
    store.write((tx) =>
      tx.run(
        t.query((db) => db.updateTable('proof').set({ sealed: broken })),
        {},
      ),
    ),
  'the facts of a proof are damaged': ({ store }) =>
    store.write((tx) =>
      tx.run(
        t.query((db) => db.updateTable('proof').set({ detail: '{"algorithm":1' })),
        {},
      ),
    ),
  'roles are damaged': ({ store }) =>
    store.write((tx) =>
      tx.run(
        t.query((db) => db.updateTable('subject').set({ roles: 'nothing' })),
        {},
      ),
    ),
};

describe('the log of a house with a broken part', () => {
  let test: TestStore;
  let opened: OpenedHouse;
  let visited: Visited;
  let secrets: Secret[];
  let log: string;
  let person: { identifier: string; password: string; app: TotpApp; recovery: readonly string[] };

  const keep = (name: string, value: string) => {
    secrets.push({ name, value });
    return value;
  };

  beforeEach(async () => {
    secrets = [];
    log = '';
    test = await openEmptyStore();
    await test.store.close();
    const out = new Writable({
      write(chunk, _encoding, done) {
        log += String(chunk);
        done();
      },
    });
    writeFileSync(join(test.folder, 'sallyport.yaml'), 'database: { env: THE_DATABASE }');
    const environment = { THE_DATABASE: test.database };
    const loaded = loadConfig({ environment, folder: test.folder });
    assert.ok(loaded.ok);
    const { config } = loaded.value;
    // A stream is a stream to what writes to it.
    const written = createLog({ level: 'debug', format: 'json' }, out as NodeJS.WriteStream);
    const house = await openHouse({ config, environment, notice: noticeTo(written) });
    assert.ok(house.ok);
    opened = house.value;
    const address = keep('address', '203.0.113.177');
    const userAgent = keep('browser', `Brauser/${randomBytes(8).toString('hex')}`);
    visited = {
      house: opened.house,
      clock: { ...systemClock(), advance() {} },
      arrival: (change = {}) => ({
        ...{ door: 'web', channel: 'browser', address, network: address, trustedNetwork: false },
        ...{ userAgent, origin: 'http://localhost:8080', request: 'r', device: undefined },
        carries: ['password', 'totp', 'webauthn', 'recovery', 'pass'],
        ...change,
      }),
    };
    person = await somebody();
  });
  afterEach(async () => {
    await opened.close().catch(() => {});
    await test.close();
  });

  async function somebody(): Promise<typeof person> {
    const { house } = visited;
    const word = randomBytes(6).toString('hex');
    const identifier = keep('name', `zq-${word}`);
    const displayName = keep('display name', `Ottilie Quarn ${word}`);
    const email = keep('mail address', `${word}@quarn.example`);
    const added = await house.store.write((tx) =>
      house.people.add(
        tx,
        { identifier, displayName, email, roles: [], groups: [] },
        { door: 'cli' },
      ),
    );
    assert.ok(added.ok);
    const id: PersonId = added.value.id;
    const pass = keep('pass', await issuePass(visited, id));
    const token = keep('session', await comeWithPass(visited, identifier, pass));
    const password = keep('password', `An Old Oak By The Weir ${word}`);
    await enrol(visited, token, 'password', () => ({ password }));
    let app: TotpApp | undefined;
    await enrol(visited, token, 'totp', (offer) => {
      app = createTotpApp(String(offer.uri), visited.clock);
      keep('TOTP key', new URL(app.uri).searchParams.get('secret') ?? '');
      return { code: app.code() };
    });
    const recovery = await enrol(visited, token, 'recovery', () => ({}));
    for (const code of recovery) keep('recovery code', code);
    const done = await house.enrolments.complete(token, visited.arrival());
    assert.equal(done.state, 'done', JSON.stringify(done));
    assert.ok(app);
    return { identifier, password, app, recovery };
  }

  /** As far as it goes; nobody is let in by a fault. */
  async function everyWay(): Promise<string[]> {
    const { gate } = visited.house;
    const arrival = visited.arrival();
    const states: string[] = [];
    for (const [kind, code] of [
      ['totp', person.app.code(1)],
      ['recovery', person.recovery[0] ?? ''],
    ] as const) {
      const asked = await gate.ask({ to: 'signIn', identifier: person.identifier }, arrival);
      if (asked.state !== 'challenged') continue;
      const { token } = asked.attempt;
      const { password } = person;
      await gate.prove(token, { kind: 'password', data: { password } }, arrival);
      const outcome = await gate.prove(token, { kind, data: { code } }, arrival);
      states.push(outcome.state);
    }
    return states;
  }

  for (const [name, damage] of Object.entries(BREAKS)) {
    it(`tells of the fault and of no secret when ${name}`, async () => {
      const before = log.length;
      await damage(opened.house);
      const states = await everyWay();
      assert.ok(!states.includes('granted'), states.join());
      assert.ok(log.slice(before).includes('"level":50'), `nothing was told: ${log}`);
      const needles = secrets.flatMap(needlesFor);
      assert.deepEqual(searchBytes('log', Buffer.from(log), needles), []);
    });
  }
});
