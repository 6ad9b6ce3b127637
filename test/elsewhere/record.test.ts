/** `record` with `--at`: read, followed, proven and taken out by whoever signed in; verified from what was taken out. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { houseRecord } from '../../server/main/desks/house/house-record.ts';
import { policyConfig } from '../../server/policy/policy-config.ts';
import { databaseSource } from '../../server/record/database-source.ts';
import { exportRecord } from '../../server/record/export.ts';
import {
  type Administering,
  administering,
  catchUp,
  deskAt,
  signedIn,
} from '../support/elsewhere.ts';
import { count, eventsOf } from '../support/events.ts';
import { type OidcHouse, openOidcHouse } from '../support/oidc-house.ts';
import { type PasskeyPerson, passkeyPerson } from '../support/served-people.ts';

const SECOND = 1000;

describe('the record of a server elsewhere', () => {
  let house: OidcHouse;
  let auditor: Administering;
  let operator: Administering;
  let audits: PasskeyPerson;
  before(async () => {
    const policy = { ...policyConfig.parse({}), freshFor: 10 * SECOND };
    house = await openOidcHouse({ settings: { policy } });
    await house.house.sequencer.start();
    audits = await passkeyPerson(house, 'auditor', ['auditor']);
    const operates = await passkeyPerson(house, 'operator', ['operator']);
    catchUp(house);
    for (const alg of ['ES256', 'EdDSA', 'RS256'] as const) await house.house.signing.ready(alg);
    auditor = await signedIn(house, audits);
    operator = await signedIn(house, operates);
    await appended(7);
  });
  beforeEach(() => catchUp(house));
  after(async () => {
    for (const { desk } of [auditor, operator]) desk.close();
    await house.house.sequencer.stop();
    await house.close();
  });

  const refusedFrom = (address: string) =>
    house.house.store.write((tx) =>
      house.house.record.append(tx, {
        type: 'signin.refused',
        outcome: 'refused',
        reason: 'throttled',
        door: 'web',
        personal: { address },
      }),
    );
  async function appended(number: number): Promise<void> {
    for (let n = 0; n < number; n++) await refusedFrom(`192.0.2.${n}`);
    await house.house.sequencer.settle();
  }

  it('is searched page by page, by names, and told the same by either desk', async () => {
    const { out } = await auditor.run('record', 'search', '--type', 'signin.refused');
    assert.match(out, /^7 events, times in UTC:\n/);
    assert.match(out, /Someone unknown was refused at the web door: too many attempts\./);
    const some = ['record', 'search', '--type', 'signin.refused', '--limit', '4'];
    const first = await auditor.json(...some);
    const rest = await auditor.json(...some, '--cursor', first.next);
    assert.deepEqual([first.events.length, rest.events.length, rest.next], [4, 3, null]);
    const mine = await auditor.run('record', 'search', '--subject', 'auditor', '--limit', '1');
    assert.match(mine.out, /auditor \(…[0-9a-f]{6}\)/i);
    const search = { types: ['signin.refused'], order: 'oldest', limit: 100 } as const;
    const there = deskAt(house, auditor.desk).record;
    const here = houseRecord(house.house);
    for (const personal of ['open', 'closed'] as const) {
      assert.deepEqual(
        await there.search({ ...search, personal }),
        await here.search({ ...search, personal }),
      );
    }
    assert.deepEqual(await there.names([audits.id]), await here.names([audits.id]));
  });

  it('opens what is personal only when it is asked for', async () => {
    const search = ['record', 'search', '--type', 'signin.refused', '--json'];
    assert.ok(!(await auditor.run(...search)).out.includes('192.0.2.'));
    assert.ok((await auditor.run(...search, '--personal')).out.includes('192.0.2.3'));
  });

  it('mends what is typed wrong', async () => {
    for (const [code, says, args] of [
      [2, /Did you mean signin\.refused\?/, ['--type', 'signin.refuse']],
      [2, /--limit wants/, ['--limit', '0']],
      [2, /--outcome wants/, ['--outcome', 'fine']],
      [2, /A time is written/, ['--since', 'soon']],
      [2, /That is no place in this list/, ['--cursor', 'x']],
      [4, /nobody called “eve”/, ['--subject', 'eve']],
    ] as const) {
      const ran = await auditor.run('record', 'search', ...args);
      assert.deepEqual([ran.code, ran.out], [code, ''], args.join(' '));
      assert.match(ran.err, says);
    }
  });

  it('is followed, each event once and none that comes late missed, until Ctrl-C', async () => {
    let stage = 0;
    const ran = await auditor.desk.run(
      ['record', 'tail', '-f', '-n', '2', '--json'],
      undefined,
      (out) => {
        const lines = out.split('\n').length - 1;
        if (lines === 2 && stage === 0) {
          stage = 1;
          void appended(3);
        }
        if (lines >= 5 && stage === 1) {
          stage = 2;
          process.emit('SIGINT');
        }
      },
    );
    assert.equal(ran.code, 0, ran.err);
    const events = ran.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.equal(events.filter(({ type }) => type === 'signin.refused').length >= 3, true);
    assert.equal(new Set(events.map(({ id }) => id)).size, events.length);
    assert.ok(!ran.out.includes('192.0.2.'));
  });

  it('gives a proof of an event that anyone can check without Sallyport', async () => {
    const { events } = await auditor.json('record', 'search', '--type', 'signin.refused');
    const { file, vkey } = await auditor.json('record', 'prove', events[2].id);
    assert.ok(!readFileSync(file, 'utf8').includes('192.0.2.'));
    const said = execFileSync(process.execPath, ['docs/verify-inclusion.mjs', file, vkey]);
    assert.match(said.toString(), new RegExp(events[2].id));
    for (const id of ['0199e1c2-8f00-7abc-8def-0123456789ab', '../events', 'x']) {
      const none = await auditor.run('record', 'prove', id);
      assert.equal(none.code, 4);
      assert.match(none.err, /There is no event/);
    }
  });

  describe('taken out', () => {
    const files = (folder: string) =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(folder.length))
        .sort();

    it('is the same as on the machine itself, file by file, and verifies without the server', async () => {
      await appended(600);
      const there = join(auditor.desk.folder, 'there');
      const seen = await eventsOf(house, async () => {
        const { code, out, err } = await auditor.run('record', 'export', 'there');
        assert.equal(code, 0, err);
        assert.match(out, /holds 6\d\d events\. What is personal in them stays sealed\./);
      });
      assert.ok(seen.some(({ type, actor }) => type === 'record.exported' && actor === audits.id));
      const size = Number(readFileSync(join(there, '1', 'checkpoint'), 'utf8').split('\n')[1]);
      const here = join(auditor.desk.folder, 'here');
      const source = databaseSource(house.house.store);
      const checkpoint = readFileSync(join(there, '1', 'checkpoint'), 'utf8');
      const logs = async () => (await source.logs()).map((log) => ({ ...log, checkpoint }));
      await exportRecord({ ...source, logs }, here);
      assert.deepEqual(files(there), files(here));
      for (const file of files(here)) {
        assert.deepEqual(readFileSync(there + file), readFileSync(here + file), file);
      }
      assert.ok(size > 600);
      // Whoever SALLYPORT_AT names is not asked.
      const verified = await auditor.desk.run(['record', 'verify', '--folder', 'there']);
      assert.match(verified.out, /^The record is sound: 6\d\d events/);
    });

    it('goes on with what is new, and tells when it was changed on the way', async () => {
      await appended(5);
      assert.equal((await auditor.run('record', 'export', 'there')).code, 0);
      const verify = ['record', 'verify', '--folder'];
      assert.equal((await auditor.desk.run([...verify, 'there'])).code, 0);
      const [there, bent] = ['there', 'bent'].map((name) => join(auditor.desk.folder, name));
      cpSync(there ?? '', bent ?? '', { recursive: true });
      const entries = files(bent ?? '').find((file) => /entries\/000$/.test(file)) ?? '';
      const text = readFileSync(bent + entries);
      const at = text.indexOf('refused');
      text.write('granted', at);
      writeFileSync(bent + entries, text);
      const broken = await auditor.desk.run([...verify, 'bent']);
      assert.equal(broken.code, 1);
      assert.match(broken.err, /The record is broken/);
    });

    it('wants a fresh proof, once', async () => {
      house.clock.advance(15 * SECOND);
      const browse = administering(house, house.browser(), audits);
      const { code, err } = await auditor.desk.run(['record', 'export', 'again'], browse);
      assert.equal(code, 0, err);
      assert.equal(err.match(/wants a fresh proof/g)?.length, 1);
    });

    it('can’t be verified over the network, and says what to do instead', async () => {
      const { code, err } = await auditor.desk.run(['record', 'verify']);
      assert.equal(code, 2);
      assert.match(err, /record export FOLDER takes it out.*verify --folder FOLDER/s);
    });
  });

  it('is not for an operator, by none of the commands, and that they tried is on record', async () => {
    assert.equal((await operator.run('person', 'list')).code, 0);
    const { events } = await auditor.json('record', 'search', '--limit', '1');
    const tries = [
      ['search'],
      ['tail'],
      ['tail', '-f'],
      ['prove', events[0].id],
      ['export', 'stolen'],
    ];
    const seen = await eventsOf(house, async () => {
      for (const args of tries) {
        const { code, out, err } = await operator.desk.run(['record', ...args]);
        assert.deepEqual([code, out], [3, ''], args.join(' '));
        assert.match(err, /This is not yours to do/);
      }
    });
    assert.equal(count(seen, 'access.refused', 'refused'), tries.length);
    assert.equal(count(seen, 'record.exported'), 0);
    assert.ok(!readdirSync(operator.desk.folder).includes('stolen'));
  });
});
