import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { Fault } from '../../server/kernel/fault.ts';
import { openPostgres, type PostgresOptions } from '../../server/store/postgres.ts';
import type { Queries, Store } from '../../server/store/store.ts';
import { asAdmin, isPostgres } from '../support/store.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { scratchStore } from './scratch-store.ts';
import { add, byId, get, ids, put, raw } from './scratch-table.ts';

const unavailable = (error: unknown) =>
  error instanceof Fault && error.code === 'store.unavailable';

/** Lets two transactions get to the same point before either goes on. */
function meeting(of: number): () => Promise<void> {
  let there = 0;
  let open: () => void;
  const all = new Promise<void>((resolve) => {
    open = resolve;
  });
  return async () => {
    there += 1;
    if (there === of) open();
    if (there <= of) await all;
  };
}

/**
 * Well before the limits that hold where a test sets none (5 s for a connection or a lock, 15 s for a statement, 30 s for a transaction):
 * those that it sets are what ended it. How long a busy machine takes for that is nobody's business.
 */
async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  const began = performance.now();
  try {
    return await work;
  } finally {
    const took = performance.now() - began;
    assert.ok(took < milliseconds, `took ${Math.round(took)} ms`);
  }
}

describe('PostgreSQL', { skip: !isPostgres() && 'runs with STORE=postgres' }, () => {
  const scratch = scratchStore();

  /** The same database, over a network that can be cut. */
  async function overProxy(options: Partial<PostgresOptions> = {}): Promise<[Store, TcpProxy]> {
    const url = new URL(scratch.database);
    const proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) });
    url.port = String(proxy.port);
    const remote = openPostgres({ url: url.href, poolSize: 2, ...options });
    scratch.closing(proxy);
    scratch.closing(remote);
    return [remote, proxy];
  }

  it('runs work again after a deadlock', async () => {
    await scratch.store.write((tx) => put(tx, 'a').then(() => put(tx, 'b')));
    const both = meeting(2);
    let runs = 0;
    const cross = (first: string, second: string) =>
      scratch.store.write(async (tx) => {
        runs += 1;
        await tx.run(add, { id: first, n: 1 });
        await both();
        await tx.run(add, { id: second, n: 1 });
      });
    await Promise.all([cross('a', 'b'), cross('b', 'a')]);
    assert.equal((await get(scratch.store, 'a'))?.n, 2);
    assert.equal((await get(scratch.store, 'b'))?.n, 2);
    assert.ok(runs > 2);
  });

  it('runs work again after a serialisation failure, its effects once', async () => {
    await scratch.store.write((tx) => put(tx, 'a'));
    const both = meeting(2);
    let runs = 0;
    let effects = 0;
    const increment = () =>
      scratch.store.write(async (tx) => {
        runs += 1;
        tx.afterCommit(() => {
          effects += 1;
        });
        await tx.run(raw('set transaction isolation level serializable'), {});
        await tx.one(byId, { id: 'a' });
        await both();
        await tx.run(add, { id: 'a', n: 1 });
      });
    await Promise.all([increment(), increment()]);
    assert.equal((await get(scratch.store, 'a'))?.n, 2);
    assert.equal(runs, 3);
    assert.equal(effects, 2);
  });

  it('gives up on work that always clashes', async () => {
    let runs = 0;
    const clash = raw("do $$ begin raise exception 'clash' using errcode = '40001'; end $$");
    await assert.rejects(
      scratch.store.write(async (tx) => {
        runs += 1;
        await tx.run(clash, {});
      }),
      unavailable,
    );
    assert.ok(runs > 3 && runs < 30, `${runs} runs`);
  });

  it('runs work again when its connection was terminated before COMMIT', async () => {
    let runs = 0;
    await scratch.store.write(async (tx) => {
      runs += 1;
      await put(tx, 'a');
      if (runs > 1) return;
      const row = await tx.one(raw<{ pid: number }>('select pg_backend_pid() as pid'), {});
      await asAdmin((admin) => admin.query('select pg_terminate_backend($1)', [row?.pid]));
      await put(tx, 'b');
    });
    assert.equal(runs, 2);
    assert.deepEqual(await scratch.store.read(ids), ['a']);
  });

  it('runs work again when its connection ends while it waits for nothing', async () => {
    let runs = 0;
    await scratch.store.write(async (tx) => {
      runs += 1;
      await put(tx, 'a');
      if (runs > 1) return;
      const row = await tx.one(raw<{ pid: number }>('select pg_backend_pid() as pid'), {});
      await asAdmin((admin) => admin.query('select pg_terminate_backend($1)', [row?.pid]));
      await new Promise(() => {}); // Noticed, although it never says anything again.
    });
    assert.equal(runs, 2);
  });

  it('finds another connection when all of its idle ones were terminated', async () => {
    await Promise.all(
      Array.from({ length: 5 }, (_, i) => scratch.store.write((tx) => put(tx, `${i}`))),
    );
    await scratch.store.read(ids);
    await asAdmin((admin) =>
      admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [
        new URL(scratch.database).pathname.slice(1),
      ]),
    );
    assert.equal((await scratch.store.read(ids)).length, 5);
    await scratch.store.write((tx) => put(tx, 'after'));
  });

  it('reports a COMMIT without an answer, and does not repeat it', async () => {
    const [remote, proxy] = await overProxy({
      limits: { statement: 1000, transaction: 2000 },
    });
    let runs = 0;
    let effects = 0;
    proxy.onSend = (bytes) => (bytes.includes('commit') ? 'deaf' : 'pass');
    await assert.rejects(
      within(
        12_000,
        remote.write(async (tx) => {
          runs += 1;
          tx.afterCommit(() => {
            effects += 1;
          });
          await put(tx, 'a');
        }),
      ),
      unavailable,
    );
    assert.deepEqual([runs, effects], [1, 0]);
    // It had taken place: whoever asks again finds it.
    assert.deepEqual(await scratch.store.read(ids), ['a']);
  });

  it('runs work again when its connection was cut before COMMIT', async () => {
    const [remote, proxy] = await overProxy();
    await remote.write((tx) => put(tx, 'before'));
    let cuts = 0;
    proxy.onSend = (bytes) => (bytes.includes('insert') && ++cuts === 1 ? 'cut' : 'pass');
    let runs = 0;
    await remote.write(async (tx) => {
      runs += 1;
      await tx.run(raw("insert into scratch values ('a', 1, null)"), {});
    });
    assert.deepEqual([runs, cuts], [2, 2]);
    assert.deepEqual(await scratch.store.read(ids), ['a', 'before']);
  });

  it('fails in bounded time while the database says nothing, and works again after', async () => {
    const [remote, proxy] = await overProxy({
      limits: { connect: 1000, statement: 500, transaction: 1000 },
    });
    await remote.write((tx) => put(tx, 'a'));
    proxy.onSend = () => 'deaf';
    await assert.rejects(
      within(
        12_000,
        remote.write((tx) => put(tx, 'b')),
      ),
      unavailable,
    );
    await assert.rejects(within(12_000, remote.read(ids)), unavailable);
    proxy.onSend = () => 'pass';
    proxy.cut();
    assert.ok((await remote.read(ids)).includes('a'));
    await remote.write((tx) => put(tx, 'c'));
  });

  it('fails in bounded time when the database is gone', async () => {
    const [remote, proxy] = await overProxy({ limits: { connect: 1000 } });
    await remote.write((tx) => put(tx, 'a'));
    await proxy.close();
    await assert.rejects(
      within(
        12_000,
        remote.write((tx) => put(tx, 'b')),
      ),
      unavailable,
    );
    await assert.rejects(within(12_000, remote.read(ids)), unavailable);
  });

  it('refuses in bounded time when every connection is in use', async () => {
    const small = scratch.another({ poolSize: 1, limits: { connect: 1000 } });
    let finish: (() => void) | undefined;
    const holding = small.write(async (tx) => {
      await put(tx, 'held');
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
    });
    await assert.rejects(
      within(
        4_500,
        small.write((tx) => put(tx, 'b')),
      ),
      unavailable,
    );
    // Reads do not stand in that queue.
    assert.deepEqual(await small.read(ids), []);
    finish?.();
    await holding;
    await small.write((tx) => put(tx, 'c'));
  });

  it('lets go of a transaction that hangs', async () => {
    const strict = scratch.another({ poolSize: 1, limits: { transaction: 1000 } });
    await assert.rejects(
      within(
        20_000,
        strict.write(async (tx) => {
          await put(tx, 'a');
          await new Promise(() => {});
        }),
      ),
      unavailable,
    );
    await strict.write((tx) => put(tx, 'b'));
    assert.deepEqual(await scratch.store.read(ids), ['b']);
  });

  it('ends statements and waits for locks that take too long', async () => {
    const strict = scratch.another({ limits: { statement: 200 } });
    await assert.rejects(
      within(
        12_000,
        strict.read((q) => q.one(raw('select pg_sleep(20)'), {})),
      ),
      unavailable,
    );
    const impatient = scratch.another({ limits: { lock: 100 } });
    await scratch.store.write((tx) => put(tx, 'a'));
    await scratch.store.write(async (tx) => {
      await tx.run(add, { id: 'a', n: 1 });
      await assert.rejects(
        within(
          4_500,
          impatient.write((other) => other.run(add, { id: 'a', n: 1 })),
        ),
        unavailable,
      );
    });
  });

  it('goes on when a migration made its prepared statements void', async () => {
    const node = scratch.another();
    await node.write((tx) => put(tx, 'a'));
    await Promise.all(Array.from({ length: 8 }, () => get(node, 'a')));
    await scratch.store.write((tx) => tx.run(raw('alter table scratch add column more text'), {}));
    await Promise.all(
      Array.from({ length: 8 }, async () => assert.equal((await get(node, 'a'))?.id, 'a')),
    );
    await node.write(async (tx) => void (await tx.one(byId, { id: 'a' })));
  });

  it('notices a failed statement that nobody waited for', async () => {
    await scratch.store.write((tx) => put(tx, 'a'));
    await assert.rejects(
      scratch.store.write(async (tx) => {
        put(tx, 'a').catch(() => {});
      }),
      (error) => error instanceof Fault && error.code === 'store.conflict',
    );
  });

  it('prepares a statement once, also when it failed the first time that it was used', async () => {
    const remote = openPostgres({ url: scratch.database, poolSize: 1 });
    scratch.closing(remote);
    await scratch.store.write((tx) => put(tx, 'a'));
    for (let i = 0; i < 2; i++) await assert.rejects(remote.write((tx) => put(tx, 'a')));
    await remote.write((tx) => put(tx, 'b'));
    assert.deepEqual(await remote.read(ids), ['a', 'b']);
  });

  it('answers statements that travel together each with its own rows', async () => {
    const remote = openPostgres({ url: scratch.database, poolSize: 1 });
    scratch.closing(remote);
    const rows = await remote.write((tx) =>
      Promise.all([
        put(tx, 'a', 1),
        tx.one(byId, { id: 'a' }),
        put(tx, 'b', 2),
        tx.one(byId, { id: 'b' }),
        tx.one(byId, { id: 'none' }),
        tx.run(add, { id: 'b', n: 5 }),
        tx.one(byId, { id: 'b' }),
      ]),
    );
    const row = (id: string, n: number) => ({ id, n, data: null });
    assert.deepEqual(rows, [1, row('a', 1), 1, row('b', 2), undefined, 1, row('b', 7)]);
  });

  it('gives each of the reads that travel together its own answer, or its own error', async () => {
    const remote = openPostgres({ url: scratch.database, poolSize: 1 });
    scratch.closing(remote);
    await scratch.store.write((tx) => put(tx, 'a', 1));
    const wrong = raw('select 1 / (n - 1) as x from scratch');
    const read = <T>(work: (q: Queries) => Promise<T>) => remote.read(work);
    const answers = await Promise.allSettled([
      read((q) => q.one(byId, { id: 'a' })),
      read((q) => q.one(wrong, {})),
      read((q) => q.one(byId, { id: 'a' })),
      read((q) => q.one(wrong, {})),
      read((q) => q.all(byId, { id: 'none' })),
    ]);
    assert.deepEqual(
      answers.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'],
    );
    const [first, second, third] = answers as { value?: unknown; reason?: unknown }[];
    assert.deepEqual([first?.value, third?.value], [first?.value, first?.value]);
    assert.ok(unavailable(second?.reason));
  });

  it('keeps the password out of its errors', async () => {
    const url = new URL(scratch.database);
    url.username = 'nobody';
    url.password = 'hunter2-secret';
    const wrong = openPostgres({ url: url.href });
    const error: unknown = await wrong.read(ids).catch((reason: unknown) => reason);
    assert.ok(unavailable(error));
    assert.ok(!inspect(error, { depth: 20, showHidden: true }).includes('hunter2-secret'));
    await wrong.close();
  });
});
