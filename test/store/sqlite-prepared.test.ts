import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { prepareSqlite } from '../../server/store/sqlite-prepared.ts';

function opened() {
  const database = new DatabaseSync(':memory:');
  database.exec('create table t (id text, n integer, b blob)');
  database.exec("insert into t values ('a', 1, x'00ff'), ('b', 2, null)");
  return database;
}

test('rows are plain objects by the names of their columns', () => {
  const statement = prepareSqlite(opened(), 'select id, n as number, b from t where n >= ?');
  assert.deepEqual(statement.one([2]), { id: 'b', number: 2, b: null });
  assert.equal(statement.one([3]), undefined);
  const a = { id: 'a', number: 1, b: new Uint8Array([0, 0xff]) };
  assert.deepEqual(statement.all([1]), [a, { id: 'b', number: 2, b: null }]);
  assert.deepEqual(statement.all([3]), []);
});

test('what changes rows tells how many, and may give them', () => {
  const database = opened();
  assert.equal(prepareSqlite(database, 'update t set n = n + ?').run([1]), 2);
  const returning = prepareSqlite(database, 'delete from t where n = ? returning id');
  assert.deepEqual(returning.one([2]), { id: 'a' });
  assert.equal(returning.one([2]), undefined);
});

test('a column that comes later is among what a statement from before gives', () => {
  const database = opened();
  const statement = prepareSqlite(database, 'select * from t where id = ?');
  assert.deepEqual(statement.one(['b']), { id: 'b', n: 2, b: null });
  database.exec("alter table t add column late text default 'later'");
  assert.deepEqual(statement.one(['b']), { id: 'b', n: 2, b: null, late: 'later' });
});
