import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { examineTables, type Ownership, type Source } from '../../tools/check/read-tables.ts';

const MIGRATIONS: readonly Source[] = [
  {
    file: 'server/store/migrations/0001-houses.ts',
    text: `export const up = ({ schema, keyed }) => [
      keyed(schema.createTable('cat').addColumn('id')), schema.createTable('dog'), schema.createTable('mouse')];`,
  },
  {
    file: 'server/store/migrations/0002-fewer.ts',
    text: `export const up = ({ schema }) => [schema.dropTable('mouse')];`,
  },
];

const OWNED: Ownership = {
  owners: [
    { folder: 'server/cats/indoors/', tables: ['cat'] },
    { folder: 'server/dogs/', tables: ['dog'] },
  ],
  loans: [],
};

function rules(sources: readonly Source[], ownership = OWNED): string[] {
  return examineTables([...MIGRATIONS, ...sources], ownership).findings.map(({ rule }) => rule);
}

const ofDogs = (text: string) => rules([{ file: 'server/dogs/dog-table.ts', text }]);

const ELSEWHERE = 'a table is named in its room';

describe('the rules for tables', () => {
  const WRONG: readonly (readonly [text: string, rule: string])[] = [
    [`db.selectFrom('cat').selectAll()`, ELSEWHERE],
    [`db.selectFrom('cat as tom').selectAll()`, ELSEWHERE],
    [`db.selectFrom(['dog', 'cat']).selectAll()`, ELSEWHERE],
    [`db.selectFrom('dog').innerJoin('cat', 'cat.id', 'dog.id')`, ELSEWHERE],
    [`db.selectFrom('dog').leftJoin('cat', (on) => on.onTrue())`, ELSEWHERE],
    [`where(({ exists, selectFrom }) => exists(selectFrom('cat')))`, ELSEWHERE],
    ['sql`select 1 from cat`', ELSEWHERE],
    ['sql<string>`count(cat.id)`', ELSEWHERE],
    [`db.insertInto('cat').values({})`, 'rows are written by their owner'],
    [`db.updateTable('cat').set({})`, 'rows are written by their owner'],
    [`db.deleteFrom('cat')`, 'rows are written by their owner'],
    ['sql`delete from cat`', 'rows are written by their owner'],
    [`const kept = { existing: ['cat'], rows: ['dog'], tables: [] };`, ELSEWHERE],
    ['db.selectFrom(whatever).selectAll()', 'a statement names its tables'],
  ];
  for (const [text, rule] of WRONG) {
    it(`find ${text} elsewhere`, () => assert.deepEqual(ofDogs(text), [rule]));
  }

  const RIGHT = [
    `db.selectFrom('dog').innerJoin('dog as father', 'father.id', 'dog.father_id')`,
    `db.updateTable('dog').set({ afraid_of: 'cat' })`,
    "sql`kind <> 'cat'`",
    'cat.sits()',
    `const kept = { existing: [], rows: ['dog'], tables: [] };`,
  ];
  for (const text of RIGHT) it(`let be ${text}`, () => assert.deepEqual(ofDogs(text), []));

  it('let the room of its owner read a table, and its folder alone write it', () => {
    const beside = (text: string) => rules([{ file: 'server/cats/outdoors/seen-table.ts', text }]);
    assert.deepEqual(beside(`db.selectFrom('cat').selectAll()`), []);
    assert.deepEqual(beside(`db.deleteFrom('cat')`), ['rows are written by their owner']);
    const indoors = { file: 'server/cats/indoors/cat-table.ts', text: `db.deleteFrom('cat')` };
    assert.deepEqual(rules([indoors]), []);
  });

  it('find a statement that stands in no table file', () => {
    const source = {
      file: 'server/dogs/dogs.ts',
      text: `t.statement((db) => db.selectFrom('dog'))`,
    };
    assert.deepEqual(rules([source]), ['statements stand in tables']);
  });

  it('let what is lent be read there, and not written', () => {
    const loans = [{ table: 'cat', to: 'server/dogs/chase-table.ts', because: 'They meet.' }];
    const lent = { ...OWNED, loans };
    const chase = (text: string) => rules([{ file: 'server/dogs/chase-table.ts', text }], lent);
    assert.deepEqual(chase(`db.selectFrom('cat')`), []);
    assert.deepEqual(chase(`db.selectFrom('cat'); db.deleteFrom('cat')`), [
      'rows are written by their owner',
    ]);
    const other = { file: 'server/dogs/other-table.ts', text: `db.selectFrom('cat')` };
    assert.deepEqual(rules([other], lent), [ELSEWHERE, 'a loan is needed']);
  });

  it('find a table without an owner, and an owner without the table', () => {
    const without = { ...OWNED, owners: OWNED.owners.slice(1) };
    assert.deepEqual(rules([], without), ['a table has an owner']);
    const mice = { folder: 'server/mice/', tables: ['mouse'] };
    assert.deepEqual(rules([], { ...OWNED, owners: [...OWNED.owners, mice] }), [
      'an owner has what there is',
    ]);
  });

  it('tell the line', () => {
    const source = { file: 'server/dogs/dog-table.ts', text: `\n\ndb.selectFrom('cat')\n` };
    const [finding] = examineTables([...MIGRATIONS, source], OWNED).findings;
    assert.equal(finding?.line, 3);
  });
});
