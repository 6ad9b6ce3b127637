/** Reads the text of sallyport.yaml, and remembers on which line each key stands. */
import { isMap, isPair, isScalar, LineCounter, type Node, parseAllDocuments } from 'yaml';
import { failed, ok, type Result } from '../kernel/result.ts';
import type { ConfigProblem } from './problem.ts';

export interface YamlFile {
  readonly value: Readonly<Record<string, unknown>>;
  /** The line of a key, or of the nearest key above it that the file has. */
  lineOf(path: readonly PropertyKey[]): number;
}

const LARGEST = 1024 * 1024;

export function readYaml(name: string, text: string): Result<YamlFile, ConfigProblem[]> {
  const problem = (line: number | undefined, says: string): ConfigProblem => ({
    where: line === undefined ? name : `${name}:${line}`,
    setting: '',
    says,
  });
  if (text.length > LARGEST) return failed([problem(undefined, 'It is larger than 1 MiB.')]);

  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  const document = 'empty' in documents ? undefined : documents[0];
  if (document === undefined) return ok({ value: {}, lineOf: () => 1 });

  const lineAt = (offset: number) => lines.linePos(offset).line;
  const wrong = [...document.errors, ...document.warnings].map((error) =>
    problem(lineAt(error.pos[0]), `This is not YAML as we read it: ${error.message}.`),
  );
  if (wrong.length > 0) return failed(wrong);
  if (documents.length > 1) {
    const [start] = documents[1]?.range ?? [0];
    return failed([
      problem(lineAt(start), 'There is a second document (`---`); one file holds one.'),
    ]);
  }

  const top = document.contents;
  if (top === null) return ok({ value: {}, lineOf: () => 1 });
  if (!isMap(top))
    return failed([problem(1, 'It must begin with the name of a setting, such as `listen:`.')]);
  const value = toValue(() => document.toJS({ maxAliasCount: 20 }));
  if (value === undefined) {
    return failed([
      problem(undefined, 'It refers to itself (`*name`) more often than makes sense.'),
    ]);
  }
  return ok({ value, lineOf: (path) => lineAt(offsetOf(top, path)) });
}

function toValue(read: () => unknown): Readonly<Record<string, unknown>> | undefined {
  try {
    return read() as Readonly<Record<string, unknown>>; // A map, as was just seen.
  } catch {
    return undefined; // What yaml throws when aliases multiply.
  }
}

function offsetOf(top: Node, path: readonly PropertyKey[]): number {
  let at: unknown = top;
  let offset = top.range?.[0] ?? 0;
  for (const key of path) {
    if (isMap(at)) {
      const pair = at.items.find((item) => isScalar(item.key) && item.key.value === key);
      if (pair === undefined || !isScalar(pair.key)) break;
      offset = pair.key.range?.[0] ?? offset;
      at = pair.value;
    } else if (typeof key === 'number' && typeof at === 'object' && at !== null && 'items' in at) {
      const item = Array.isArray(at.items) ? at.items[key] : undefined;
      if (item === undefined || isPair(item)) break;
      offset = item.range?.[0] ?? offset;
      at = item;
    } else break;
  }
  return offset;
}
