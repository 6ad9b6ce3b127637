/**
 * Reads which tables of the database each statement names, by the words in which kysely is told of one, by the text of what is written
 * in SQL itself, and by what something that is kept is said to rest on; and holds it against table-owners.ts.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript-6';
import type { Finding } from './read-sources.ts';
import type { Loan, Owner } from './table-owners.ts';

const STORE = 'server/store/';
const MIGRATIONS = `${STORE}migrations/`;
const TABLE = 'tools/check/table-owners.ts';

const WRITES = new Set(['insertInto', 'updateTable', 'deleteFrom', 'replaceInto', 'mergeInto']);
const READS = new Set([
  'selectFrom',
  'innerJoin',
  'leftJoin',
  'rightJoin',
  'fullJoin',
  'crossJoin',
  'innerJoinLateral',
  'leftJoinLateral',
  'using',
]);

const FOOTING = new Set(['existing', 'rows', 'tables']);

/** Most files do not, and need not be read further. */
const TELLS_OF_TABLES = new RegExp(
  `\\b(?:createTable|dropTable|sql|existing|${[...WRITES, ...READS].join('|')})\\b`,
);

export interface Source {
  readonly file: string;
  readonly text: string;
}

export interface Ownership {
  readonly owners: readonly Owner[];
  readonly loans: readonly Loan[];
}

interface Naming {
  /** Undefined where it can't be read off the statement. */
  readonly table: string | undefined;
  readonly writes: boolean;
  readonly line: number;
}

export function readTables(root: string, ownership: Ownership) {
  const files = globSync('server/**/*.ts', { cwd: root }).sort();
  const sources = files.map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }));
  return examineTables(sources, ownership);
}

export function examineTables(
  sources: readonly Source[],
  { owners, loans }: Ownership,
): { tables: number; findings: Finding[] } {
  const tables = tablesThatMigrationsLeave(sources);
  const ownerOf = new Map(owners.flatMap((owner) => owner.tables.map((t) => [t, owner.folder])));
  const taken = new Set<Loan>();
  const findings: Finding[] = [];

  for (const { file, text } of sources.filter((source) => !source.file.startsWith(STORE))) {
    for (const { table, writes, line } of namedIn(file, text, tables)) {
      const found = (rule: string, because: string) => findings.push({ file, line, rule, because });
      const owner = table === undefined ? undefined : ownerOf.get(table);
      if (!file.endsWith('-table.ts')) {
        found('statements stand in tables', 'A statement stands in a *-table.ts of its room.');
      } else if (table === undefined) {
        found('a statement names its tables', 'Whose it is can be told only where it is written.');
      } else if (owner === undefined || file.startsWith(owner)) {
        // Its own; and a table without an owner is told of once, below.
      } else if (writes) {
        found('rows are written by their owner', `${table} is written in ${owner} alone.`);
      } else if (!file.startsWith(roomOf(owner))) {
        const loan = loans.find((one) => one.table === table && file.startsWith(one.to));
        if (loan) taken.add(loan);
        else {
          found(
            'a table is named in its room',
            `${table} is of ${owner}: let the statement stand there, or that part of it.`,
          );
        }
      }
    }
  }

  const stale = (rule: string, because: string) =>
    findings.push({ file: TABLE, line: 1, rule, because });
  for (const table of tables) {
    if (!ownerOf.has(table)) stale('a table has an owner', `No folder owns ${table}.`);
  }
  for (const table of ownerOf.keys()) {
    if (!tables.has(table)) stale('an owner has what there is', `No migration leaves a ${table}.`);
  }
  for (const loan of loans) {
    if (!taken.has(loan)) stale('a loan is needed', `Nothing names ${loan.table} in ${loan.to}.`);
  }
  return { tables: tables.size, findings };
}

/** `server/gate/sessions/` is in `server/gate/`. */
function roomOf(folder: string): string {
  return `${folder.split('/').slice(0, 2).join('/')}/`;
}

function tablesThatMigrationsLeave(sources: readonly Source[]): ReadonlySet<string> {
  const tables = new Set<string>();
  for (const { file, text } of sources.filter((source) => source.file.startsWith(MIGRATIONS))) {
    for (const { word, first } of callsIn(file, text)) {
      const name = first === undefined ? undefined : tableIn(first);
      if (name === undefined) continue;
      if (word === 'createTable') tables.add(name);
      if (word === 'dropTable') tables.delete(name);
    }
  }
  return tables;
}

function namedIn(file: string, text: string, tables: ReadonlySet<string>): Naming[] {
  const inWords = callsIn(file, text).flatMap(({ word, first, line }): Naming[] => {
    const writes = WRITES.has(word);
    if (!(writes || READS.has(word)) || first === undefined) return [];
    const named = ts.isArrayLiteralExpression(first) ? [...first.elements] : [first];
    return named.map((node) => ({ table: tableIn(node), writes, line }));
  });
  const inSql = sqlIn(file, text).flatMap(({ sql, line }): Naming[] =>
    [...sql.matchAll(/\b(?:from|join|into|update)\s+"?([a-z0-9_]+)|\b([a-z0-9_]+)"?\./gi)]
      .map(([, after, before]) => after ?? before ?? '')
      .filter((word) => tables.has(word))
      .map((table) => ({ table, writes: /\b(?:insert|update|delete)\b/i.test(sql), line })),
  );
  const inFootings = [...footingsIn(file, text)].filter(({ table }) => tables.has(table));
  return [...inWords, ...inSql, ...inFootings.map((one) => ({ ...one, writes: false }))];
}

/** `'subject as owner'` names subject. */
function tableIn(node: ts.Node): string | undefined {
  return ts.isStringLiteralLike(node) ? node.text.split(' ')[0] : undefined;
}

interface Call {
  readonly word: string;
  readonly first: ts.Expression | undefined;
  readonly line: number;
}

/** Each call of a word, also where it was taken out of its builder: `({ selectFrom }) => selectFrom('subject')`. */
function callsIn(file: string, text: string): Call[] {
  return collect(file, text, (node, line) => {
    if (!ts.isCallExpression(node)) return undefined;
    const { expression } = node;
    const word = ts.isPropertyAccessExpression(expression) ? expression.name : expression;
    return ts.isIdentifier(word) ? { word: word.text, first: node.arguments[0], line } : undefined;
  });
}

function sqlIn(file: string, text: string): { sql: string; line: number }[] {
  return collect(file, text, (node, line) =>
    ts.isTaggedTemplateExpression(node) && node.tag.getText().startsWith('sql')
      ? { sql: node.template.getText(), line }
      : undefined,
  );
}

/** What is kept in memory says which tables it rests on: `rows: ['subject']` (Footing in server/store/store.ts). */
function footingsIn(file: string, text: string): { table: string; line: number }[] {
  return collect(file, text, (node, line) => {
    if (!ts.isPropertyAssignment(node) || !ts.isArrayLiteralExpression(node.initializer)) {
      return undefined;
    }
    if (!(ts.isIdentifier(node.name) && FOOTING.has(node.name.text))) return undefined;
    return node.initializer.elements
      .filter(ts.isStringLiteralLike)
      .map((element) => ({ table: element.text, line }));
  }).flat();
}

function collect<T>(
  file: string,
  text: string,
  pick: (node: ts.Node, line: number) => T | undefined,
): T[] {
  if (!TELLS_OF_TABLES.test(text)) return [];
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true, ts.ScriptKind.TS);
  const picked: T[] = [];
  const visit = (node: ts.Node): void => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
    const one = pick(node, line + 1);
    if (one !== undefined) picked.push(one);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return picked;
}
