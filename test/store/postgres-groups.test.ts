/** Transactions that are committed together on PostgreSQL: in which order, behind what, and for how long. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Fault } from '../../server/kernel/fault.ts';
import { openPostgres } from '../../server/store/postgres.ts';
import type { Store } from '../../server/store/store.ts';
import { isPostgres } from '../support/store.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { scratchStore } from './scratch-store.ts';
import { add, get, ids, insert, put, raw } from './scratch-table.ts';

/** How many wait for a lock of whoever asks. */
const WAITING =
  'select count(*) as n from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))';

const fault = (code: string) => (error: unknown) => error instanceof Fault && error.code === code;

describe('groups on PostgreSQL', { skip: !isPostgres() && 'runs with STORE=postgres' }, () => {
  const scratch = scratchStore();

  it('takes locks for several in one order, so that groups of two nodes do not wait in a ring', async () => {
    const other = openPostgres({ url: scratch.database, poolSize: 3 });
    scratch.closing(other);
    const names = ['a', 'b', 'c', 'd'];
    await scratch.store.write((tx) => Promise.all(names.map((id) => put(tx, id))));
    const deadlocks = raw<{ n: number }>(
      'select deadlocks as n from pg_stat_database where datname = current_database()',
    );
    const addTo = (at: Store, id: string) =>
      at.write(async (tx) => tx.put(add, { id, n: 1 }), { of: id });
    for (let round = 0; round < 30; round++) {
      await Promise.all([
        ...names.map((id) => addTo(scratch.store, id)),
        ...names.toReversed().map((id) => addTo(other, id)),
      ]);
    }
    for (const id of names) assert.equal((await get(scratch.store, id))?.n, 60);
    assert.equal((await scratch.store.read((q) => q.one(deadlocks, {})))?.n, 0);
  });

  it('keeps nobody waiting for long behind a lock that a neighbour waits for', async () => {
    await scratch.store.write((tx) => put(tx, 'held').then(() => put(tx, 'free')));
    const addTo = (id: string) =>
      scratch.store.write(async (tx) => tx.put(add, { id, n: 1 }), { of: id });
    let waiting: Promise<unknown> | undefined;
    await scratch.store.write(async (tx) => {
      await tx.run(add, { id: 'held', n: 1 });
      waiting = addTo('held');
      // Comes when the group with the one that is held is on its way.
      while ((await tx.one(raw<{ n: number }>(WAITING), {}))?.n === 0);
      await addTo('free');
      assert.equal((await get(scratch.store, 'free'))?.n, 1);
    });
    await waiting;
    assert.equal((await get(scratch.store, 'held'))?.n, 2);
  });

  it('hears of a commit that failed though no statement did', async () => {
    const later = 'alter table scratch add unique (n) deferrable initially deferred';
    await scratch.store.write((tx) => tx.run(raw(later), {}));
    await scratch.store.write((tx) => put(tx, 'a', 7));
    const again = (id: string, of?: string) =>
      scratch.store.write(async (tx) => tx.put(insert, { id, n: 7, data: null }), { of });
    const conflict = (error: unknown) => error instanceof Fault && error.code === 'store.conflict';
    await assert.rejects(again('b'), conflict);
    await assert.rejects(again('c', 'c'), conflict);
    assert.deepEqual(await scratch.store.read(ids), ['a']);
  });

  it('lets nobody wait behind several that a silent database keeps', async () => {
    const url = new URL(scratch.database);
    const proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) });
    url.port = String(proxy.port);
    const limits = { connect: 300, statement: 400, transaction: 800 };
    const remote = openPostgres({ url: url.href, poolSize: 4, limits });
    scratch.closing(proxy);
    scratch.closing(remote);
    await remote.write((tx) => put(tx, 'a'));
    let sent = 0;
    proxy.onSend = () => {
      sent += 1;
      return 'deaf';
    };
    const waits = await Promise.allSettled(
      Array.from({ length: 2000 }, (_, i) =>
        remote.write(async (tx) => tx.put(insert, { id: `${i}`, n: 0, data: null }), {
          of: `${i}`,
        }),
      ),
    );
    // Of some 60 groups, of which three are under way at a time, each until its limits are over: the others wait for none of them.
    assert.ok(sent < 20, `${sent} were sent`);
    for (const each of waits) {
      assert.ok(each.status === 'rejected' && fault('store.unavailable')(each.reason));
    }
    proxy.onSend = () => 'pass';
    proxy.cut();
    await remote.write(async (tx) => tx.put(add, { id: 'a', n: 1 }), { of: 'a' });
    assert.equal((await get(remote, 'a'))?.n, 1);
  });
});
