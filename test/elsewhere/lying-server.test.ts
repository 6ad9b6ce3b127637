/** What a server answers is not believed: names of files, leaves, and answers that end too soon. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { MINUTE } from '../../server/kernel/clock.ts';
import { makeKey } from '../../server/main/remote/dpop-signer.ts';
import { createLoginFile } from '../../server/main/remote/login-file.ts';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import { databaseSource } from '../../server/record/database-source.ts';
import { type Desk, openDesk } from '../support/elsewhere.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';

type Answer = (url: URL, response: ServerResponse) => void;

describe('a server that lies', () => {
  let house: TestHouse;
  let server: Server;
  let origin: string;
  let desk: Desk;
  let leaves: string[];
  let logs: object;
  let answer: Answer;
  before(async () => {
    house = await openTestHouse();
    const { sequencer, store, record } = house.house;
    await sequencer.start();
    for (let n = 0; n < 300; n++) {
      await store.write((tx) =>
        record.append(tx, { type: 'signin.refused', outcome: 'refused', reason: 'wrong' }),
      );
    }
    await sequencer.settle();
    const source = databaseSource(store);
    const [log] = await source.logs();
    assert.ok(log);
    logs = { items: [{ log: 1, origin: log.origin, key: log.vkey, checkpoint: log.checkpoint }] };
    leaves = (await source.leaves(1, 0, 10_000)).map(({ leaf }) =>
      Buffer.from(leaf ?? []).toString(),
    );
    server = createServer((request, response) => {
      answer(new URL(request.url ?? '', origin), response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // It listens on TCP.
  });
  function anew(): void {
    desk?.close();
    desk = openDesk({ SALLYPORT_AT: origin });
    const login = { key: makeKey(), accessToken: 'a.b.c', refreshToken: 'r' };
    createLoginFile(desk.file).set(origin, { ...login, expiresAt: Date.now() + 60 * MINUTE });
  }
  beforeEach(anew);
  after(async () => {
    desk.close();
    server.closeAllConnections();
    server.close();
    await house.house.sequencer.stop();
    await house.close();
  });

  const json = (response: ServerResponse, body: unknown) =>
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  const record =
    (lines: (from: number, limit: number) => readonly string[]): Answer =>
    (url, response) => {
      if (url.pathname.endsWith('/record/logs')) return json(response, logs);
      const [from, limit] = ['from', 'limit'].map((name) => Number(url.searchParams.get(name)));
      return response.end(
        lines(from ?? 0, limit ?? 0)
          .map((line) => `${line}\n`)
          .join(''),
      );
    };
  const exported = () => desk.run(['record', 'export', 'out']);
  const verified = () => desk.run(['record', 'verify', '--folder', 'out']);

  it('is found out by nothing when it is honest', async () => {
    answer = record((from, limit) => leaves.slice(from, from + limit));
    assert.equal((await exported()).code, 0);
    assert.equal((await verified()).code, 0);
  });

  it('can’t alter a leaf, leave one out for another, or change two around', async () => {
    const [first = '', second = ''] = leaves;
    for (const [how, told] of [
      ['altered', leaves.with(9, leaves[9]?.replace('"wrong"', '"used"') ?? '')],
      ['doubled', [first, first, ...leaves.slice(2)]],
      ['changed around', [second, first, ...leaves.slice(2)]],
    ] as const) {
      assert.notDeepEqual(told, leaves, how);
      answer = record((from, limit) => told.slice(from, from + limit));
      anew();
      assert.equal((await exported()).code, 0, how);
      const { code, err } = await verified();
      assert.equal(code, 1, how);
      assert.match(err, /^The record is broken/, how);
    }
  });

  it('leaves no whole log behind where it gives too few, or the line breaks', async () => {
    for (const [how, says, told] of [
      ['too few', /^Events are missing from 256 on/, record((from) => leaves.slice(from, 290))],
      [
        'cut',
        /can’t be reached/,
        ((url, response) => {
          if (url.pathname.endsWith('/record/logs')) return json(response, logs);
          response.write(`${leaves[0]}\n`);
          setImmediate(() => response.destroy());
        }) satisfies Answer,
      ],
    ] as const) {
      answer = told;
      const { code, err } = await exported();
      assert.ok(code === 1 || code === 5, how);
      assert.match(err, says, how);
      assert.ok(!existsSync(join(desk.folder, 'out', '1', 'checkpoint')), how);
    }
  });

  describe('about policies', () => {
    const policies = (files: Record<string, string>): Answer => {
      const body = { version: 1, files, policies: [], versions: [] };
      return (_, response) => void json(response, body);
    };

    it('writes those that it has into the folder that was named', async () => {
      answer = policies({ ...shippedPolicies() });
      assert.equal((await desk.run(['policy', 'show', '--to', 'mine'])).code, 0);
      assert.ok(existsSync(join(desk.folder, 'mine', 'people.cedar')));
    });

    for (const name of [
      '../out.cedar',
      '/tmp/out.cedar',
      '..\\out.cedar',
      'a/b.cedar',
      '.cedar',
      'out',
    ]) {
      it(`writes nothing for a file named ${name}, there or anywhere`, async () => {
        answer = policies({ 'fine.cedar': '', [name]: 'gotcha' });
        const { code, err } = await desk.run(['policy', 'show', '--to', 'mine']);
        assert.equal(code, 1);
        assert.match(err, /Nothing was written: .* is no name of a file of policies/);
        assert.deepEqual(readdirSync(desk.folder), ['config']);
      });
    }
  });

  it('is not understood where its answer is of another form, and says so', async () => {
    answer = (_, response) => void json(response, { items: 'all of them', next: 7 });
    const { code, err } = await desk.run(['process', 'list']);
    assert.equal(code, 1);
    assert.match(err, /answered what is not understood here/);
  });

  it('is given up where its answer, or a line of it, has no end', async () => {
    let sent = 0;
    /** Until nobody takes any more. */
    const endless =
      (part: string): Answer =>
      (url, response) => {
        if (url.pathname.endsWith('/record/logs')) return json(response, logs);
        sent = 0;
        const more = () => {
          while (!response.destroyed) {
            sent += part.length;
            if (!response.write(part)) return void response.once('drain', more);
          }
        };
        more();
      };
    for (const [what, run, most] of [
      ['a list', ['process', 'list'], 48],
      ['a file', ['ssh', 'krl', 'out.krl'], 48],
      ['a line', ['record', 'export', 'out'], 16],
    ] as const) {
      answer = endless('x'.repeat(64 * 1024));
      anew();
      const { code, err } = await desk.run([...run]);
      assert.equal(code, 5, `${what}: ${err}`);
      assert.match(err, /answered what no Sallyport does: .*\nLook at the address/, what);
      assert.ok(sent < most * 1024 * 1024, `${what}: ${sent} bytes were taken`);
    }
  });
});
