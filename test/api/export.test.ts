/** The record taken out by the API: bounded, in pages, as it is hashed, and never off the record. RFC 6962 §2.1 for the hashes. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { utf8 } from '../../server/kernel/bytes.ts';
import { MINUTE } from '../../server/kernel/clock.ts';
import { databaseSource } from '../../server/record/database-source.ts';
import { count, eventsOf } from '../support/events.ts';
import { type ApiHouse, openApiHouse } from './api-house.ts';
import { type ApiPerson, enrolled, signIn, stepUp } from './people.ts';

describe('the record by the API', () => {
  let api: ApiHouse;
  let boss: ApiPerson;
  let token: string;
  before(async () => {
    api = await openApiHouse();
    await api.house.sequencer.start();
    boss = await enrolled(api, 'boss', ['administrator']);
    token = await signIn(api, boss);
    await api.house.sequencer.settle();
  });
  after(async () => {
    await api.house.sequencer.stop();
    await api.close();
  });

  async function leaves(): Promise<string[]> {
    const source = databaseSource(api.house.store);
    const rows = await source.leaves(1, 0, 1_000_000);
    return rows.map(({ leaf }) => Buffer.from(leaf ?? []).toString());
  }

  test('is handed out page by page, every leaf as it is hashed', async () => {
    const expected = await leaves();
    assert.ok(expected.length > 4);
    const lines: string[] = [];
    let path: string | undefined = '/record/export?limit=4';
    let pages = 0;
    while (path !== undefined) {
      const answer: Response = await fetch(api.url(path), {
        headers: { authorization: `Bearer ${token}` },
      });
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get('content-type'), 'application/x-ndjson');
      const page = (await answer.text()).split('\n').slice(0, -1);
      assert.ok(page.length > 0 && page.length <= 4);
      lines.push(...page);
      pages += 1;
      path = /^<\/api\/v1(\/record\/export\?[^>]*)>; rel="next"$/.exec(
        answer.headers.get('link') ?? '',
      )?.[1];
    }
    assert.deepEqual(lines, expected);
    assert.equal(pages, Math.ceil(expected.length / 4));
    assert.ok(lines.every((line) => utf8(line).length > 0 && !line.includes('boss@')));
  });

  test('is nowhere behind its end, and in no log that there is not', async () => {
    const { length } = await leaves();
    assert.deepEqual(await api.done('exportEvents', { token, query: { from: length } }), []);
    await api.problem('not-found', 'exportEvents', { token, query: { from: 1_000_000 } });
    await api.problem('not-found', 'exportEvents', { token, query: { log: 2 } });
    await api.problem('not-valid', 'exportEvents', { token, query: { limit: 4097 } });
    await api.problem('not-valid', 'exportEvents', { token, query: { from: -1 } });
  });

  test('was taken out by someone, and that is on record before the first line', async () => {
    const seen = await eventsOf(api, () =>
      api.done('exportEvents', { token, query: { limit: 3 } }),
    );
    const [exported, ...others] = seen.filter(({ type }) => type === 'record.exported');
    assert.equal(others.length, 0);
    assert.equal(exported?.actor, boss.id);
    assert.deepEqual(exported?.data, { origin: 'localhost/record', size: 3, personal: false });
  });

  test('wants a passkey that was shown a moment ago', async () => {
    api.clock.advance(30 * MINUTE);
    const again = await signIn(api, boss);
    api.clock.advance(10 * MINUTE);
    const { body } = await api.problem('fresh-proof-needed', 'exportEvents', { token: again });
    assert.equal(body.stepUp.action, 'record.export');
    const stepped = await stepUp(api, boss, again, 'record.export');
    assert.ok((await api.done('exportEvents', { token: stepped })).length > 4);
  });

  test('is not for an operator, and the record shows that one asked', async () => {
    const operator = await enrolled(api, 'operator', ['operator']);
    const asking = await signIn(api, operator);
    const seen = await eventsOf(api, () =>
      api.problem('not-permitted', 'exportEvents', { token: asking }),
    );
    assert.equal(count(seen, 'record.exported', 'done'), 0);
    const [refused] = seen.filter(({ type }) => type === 'access.refused');
    assert.equal(refused?.actor, operator.id);
    assert.equal(refused?.reason, 'not-permitted');
    assert.equal(refused?.data.action, 'record.export');
  });
});
