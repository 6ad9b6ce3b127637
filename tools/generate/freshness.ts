/** Makes each generated file anew and compares it with what is committed, or writes it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Generator } from './generator.ts';

export interface Freshness {
  readonly file: string;
  readonly from: string;
  readonly state: 'fresh' | 'stale' | 'missing' | 'written';
}

export async function renew(
  root: string,
  generators: readonly Generator[],
  write: boolean,
): Promise<Freshness[]> {
  const found: Freshness[] = [];
  for (const { file, from, make } of generators) {
    const path = join(root, file);
    const [wanted, there] = [await make(), read(path)];
    if (there === wanted) {
      found.push({ file, from, state: 'fresh' });
    } else if (write) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, wanted);
      found.push({ file, from, state: 'written' });
    } else {
      found.push({ file, from, state: there === undefined ? 'missing' : 'stale' });
    }
  }
  return found;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
