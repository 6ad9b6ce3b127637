/**
 * Signed notes (https://c2sp.org/signed-note) with Ed25519: a text, an empty line, and lines of signatures.
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { base64, concat, fromBase64, fromHex, hex, utf8 } from '../kernel/bytes.ts';
import { sha256 } from '../kernel/digest.ts';
import { equal } from '../kernel/equal.ts';
import { Fault } from '../kernel/fault.ts';

const ED25519 = 0x01;
/** DER of an Ed25519 key up to its 32 bytes (RFC 8410 §4 and §7). */
const SPKI = fromHex('302a300506032b6570032100')!;
const PKCS8 = fromHex('302e020100300506032b657004220420')!;
const LONGEST_NOTE = 64 * 1024;

export interface NoteKey {
  readonly name: string;
  readonly id: Uint8Array;
  readonly publicKey: KeyObject;
  /** `<name>+<key id>+<type and key>`, the form in which note keys are handed around. */
  readonly vkey: string;
}

export interface NoteSigner extends NoteKey {
  sign(text: string): string;
}

/** Names have no spaces and no plus, so that lines and vkeys stay readable. */
function isKeyName(name: string): boolean {
  return name !== '' && !/[\s+\p{Cc}]/u.test(name) && name.isWellFormed();
}

function noteKey(name: string, raw: Uint8Array): NoteKey {
  const typed = concat(Uint8Array.of(ED25519), raw);
  const id = sha256(concat(utf8(`${name}\n`), typed)).subarray(0, 4);
  return {
    name,
    id,
    publicKey: createPublicKey({ key: view(concat(SPKI, raw)), format: 'der', type: 'spki' }),
    vkey: `${name}+${hex(id)}+${base64(typed)}`,
  };
}

const view = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

/** A signer from a seed of 32 bytes (RFC 8032 §5.1.5). */
export function noteSigner(name: string, seed: Uint8Array): NoteSigner {
  if (!isKeyName(name)) throw new Fault('record.tree', `"${name}" can’t name a key of a note`);
  const privateKey = createPrivateKey({
    key: view(concat(PKCS8, seed)),
    format: 'der',
    type: 'pkcs8',
  });
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  const key = noteKey(name, spki.subarray(SPKI.length));
  return {
    ...key,
    sign(text) {
      const signature = sign(null, utf8(text), privateKey);
      return `${text}\n— ${name} ${base64(concat(key.id, signature))}\n`;
    },
  };
}

/** Undefined unless the text is the vkey of an Ed25519 key, with the id that belongs to it. */
export function parseVkey(vkey: string): NoteKey | undefined {
  const [, name, id, encoded] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(vkey.trim()) ?? [];
  if (name === undefined || id === undefined || encoded === undefined) return undefined;
  const typed = fromBase64(encoded);
  if (!isKeyName(name) || typed?.length !== 33 || typed[0] !== ED25519) return undefined;
  const key = noteKey(name, typed.subarray(1));
  return hex(key.id) === id ? key : undefined;
}

export type OpenedNote =
  | { readonly state: 'signed'; readonly text: string }
  | { readonly state: 'malformed' }
  /** No signature by this key's name and id. */
  | { readonly state: 'unsigned' }
  | { readonly state: 'forged' };

/** The text of a note that this key signed. Signatures of others are ignored, as the specification has it. */
export function openNote(note: string, key: NoteKey): OpenedNote {
  const parts = splitNote(note);
  if (parts === undefined) return { state: 'malformed' };
  let signed = false;
  for (const line of parts.signatures) {
    const [, name, encoded] = /^— (\S+) (\S+)$/.exec(line) ?? [];
    const bytes = encoded === undefined ? undefined : fromBase64(encoded);
    if (name === undefined || bytes === undefined || bytes.length < 5)
      return { state: 'malformed' };
    if (name !== key.name || !equal(bytes.subarray(0, 4), key.id)) continue;
    if (!verify(null, utf8(parts.text), key.publicKey, bytes.subarray(4)))
      return { state: 'forged' };
    signed = true;
  }
  return signed ? { state: 'signed', text: parts.text } : { state: 'unsigned' };
}

/** The text with its last newline, and the signature lines. */
export function splitNote(note: string): { text: string; signatures: string[] } | undefined {
  if (note.length > LONGEST_NOTE || !note.endsWith('\n') || !note.isWellFormed()) return undefined;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused.
  if (/[\u0000-\u0009\u000b-\u001f]/.test(note)) return undefined;
  const gap = note.lastIndexOf('\n\n');
  if (gap < 0) return undefined;
  const signatures = note.slice(gap + 2, -1).split('\n');
  if (signatures.some((line) => !line.startsWith('— '))) return undefined;
  return { text: note.slice(0, gap + 1), signatures };
}
