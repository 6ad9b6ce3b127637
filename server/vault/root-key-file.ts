/** The root key's file: made on the first start, and rewritten when the key is changed. Never half written. */
import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { hex } from '../kernel/bytes.ts';
import { Fault } from '../kernel/fault.ts';
import { makeFolder } from '../kernel/make-folder.ts';
import type { Random } from '../kernel/random.ts';
import { KEY_BYTES } from './box.ts';
import { parseRootKeys, rootKeyWords } from './root-key.ts';

const HEADING = `# The root key of this Sallyport. Whoever has it and the database can read every secret in it;
# without it nobody can. Keep a copy, apart from the backups of the database.
`;

/** Makes a key and its file, and the folder around it (0700). A file that is there already is left alone. */
export function createRootKeyFile(path: string, random: Random): 'created' | 'exists' {
  makeFolder(dirname(path), 0o700);
  const draft = writeDraft(path, [newKey(random)], random);
  try {
    // A link comes into being with all its content, and only where there is nothing of that name: of two processes that
    // start together one makes the key, and no one reads half of it.
    linkSync(draft, path);
    return 'created';
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return 'exists';
    throw cause;
  } finally {
    unlinkSync(draft);
    syncFolder(path);
  }
}

/**
 * The first step of a change: a new key in front of those that the file holds. From here on the file opens the database
 * whether its ring keys were wrapped again or not.
 */
export function addRootKey(path: string, random: Random): void {
  replace(path, [newKey(random), ...words(path)], random);
}

/** The last step: only the key that the ring is under stays, told by its check value. */
export function keepOneRootKey(path: string, id: string, random: Random): void {
  const kept = wordOf(path, id, random);
  if (kept === undefined)
    throw new Fault('vault.root', `${path} does not hold the root key in use`);
  replace(path, [kept], random);
}

/** Whether the file holds the key of this check value. */
export function holdsRootKey(path: string, id: string, random: Random): boolean {
  return wordOf(path, id, random) !== undefined;
}

function wordOf(path: string, id: string, random: Random): string | undefined {
  return words(path).find((word) => {
    const key = parseRootKeys(word, random);
    return key.ok && key.value[0].id === id;
  });
}

function words(path: string): string[] {
  return rootKeyWords(readFileSync(path, 'utf8'));
}

function newKey(random: Random): string {
  const bytes = random.bytes(KEY_BYTES);
  const text = hex(bytes);
  bytes.fill(0);
  return text;
}

function replace(path: string, keys: readonly string[], random: Random): void {
  renameSync(writeDraft(path, keys, random), path);
  syncFolder(path);
}

function writeDraft(path: string, keys: readonly string[], random: Random): string {
  const draft = `${path}.${hex(random.bytes(6))}`;
  const file = openSync(draft, 'wx', 0o600);
  try {
    writeFileSync(file, `${HEADING}${keys.join('\n')}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return draft;
}

/** Makes the name as durable as the file. */
function syncFolder(path: string): void {
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
