/** Checkpoints (https://c2sp.org/tlog-checkpoint): a tree's origin, size and root, as the text of a signed note. */
import { base64, fromBase64 } from '../kernel/bytes.ts';
import { type NoteKey, openNote, splitNote } from './note.ts';
import { HASH } from './tree.ts';

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
}

export function checkpointText({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${base64(root)}\n`;
}

/** Lines after the third are extensions, which anyone may add and nobody must read. */
function parseCheckpointText(text: string): Checkpoint | undefined {
  const lines = text.split('\n');
  if (lines.pop() !== '' || lines.length < 3 || lines.includes('')) return undefined;
  const [origin, digits, encoded] = lines as [string, string, string]; // At least three.
  const root = fromBase64(encoded);
  const size = Number(digits);
  if (!/^(0|[1-9][0-9]*)$/.test(digits) || !Number.isSafeInteger(size)) return undefined;
  if (root === undefined || root.length !== HASH) return undefined;
  return { origin, size, root };
}

/** What a checkpoint says, before anyone vouched for it. */
export function readCheckpoint(note: string): Checkpoint | undefined {
  const parts = splitNote(note);
  return parts && parseCheckpointText(parts.text);
}

export type OpenedCheckpoint =
  | { readonly state: 'signed'; readonly checkpoint: Checkpoint }
  | { readonly state: 'malformed' | 'unsigned' | 'forged' };

export function openCheckpoint(note: string, key: NoteKey): OpenedCheckpoint {
  const opened = openNote(note, key);
  if (opened.state !== 'signed') return opened;
  const checkpoint = parseCheckpointText(opened.text);
  return checkpoint === undefined ? { state: 'malformed' } : { state: 'signed', checkpoint };
}
