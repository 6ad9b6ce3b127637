import { Fault } from '../kernel/fault.ts';

export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/**
 * One text for one value: keys in the order of their UTF-16 code units, no spaces, as RFC 8785 has it for the values that
 * events hold. Numbers are whole; strings are well-formed. Keys whose value is undefined are left out.
 */
export function canonicalJson(value: Json): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) {
      throw new Fault('record.event', `events hold whole numbers only, not ${value}`);
    }
    return String(value);
  }
  if (value === null || typeof value === 'boolean') return String(value);
  let text = '';
  if (Array.isArray(value)) {
    for (const member of value) text += `${text === '' ? '' : ','}${canonicalJson(member)}`;
    return `[${text}]`;
  }
  const object = value as { readonly [key: string]: Json | undefined }; // All else was ruled out.
  for (const key of inOrder(Object.keys(object))) {
    const member = object[key];
    if (member === undefined) continue;
    text += `${text === '' ? '' : ','}${quoted(key)}:${canonicalJson(member)}`;
  }
  return `{${text}}`;
}

/** The same with what was cut in the middle of a letter made whole, as it is shown anyway. */
export function wellFormed(value: Json): Json {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(wellFormed);
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      member === undefined ? undefined : wellFormed(member),
    ]),
  );
}

/** Few, and most of them in order: the runtime's own sort allocates as much as all the rest of an event. */
function inOrder(keys: string[]): string[] {
  if (keys.length > MOST_BY_HAND) return keys.sort();
  for (let i = 1; i < keys.length; i++) {
    const key = keys[i]!; // Within the length, as are those below.
    let at = i;
    for (; at > 0 && keys[at - 1]! > key; at--) keys[at] = keys[at - 1]!;
    keys[at] = key;
  }
  return keys;
}

const MOST_BY_HAND = 16;
/** What JSON.stringify puts between quotation marks as it is. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** RFC 8785 §3.2.2.2 asks for what JSON.stringify does, and refuses lone surrogates. */
export function quoted(text: string): string {
  const written = quotedText(text);
  if (written === undefined) throw new Fault('record.event', 'a text was not well-formed Unicode');
  return written;
}

/** The same; undefined for what is not well-formed. */
export function quotedText(text: string): string | undefined {
  if (PLAIN.test(text)) return `"${text}"`;
  return text.isWellFormed() ? JSON.stringify(text) : undefined;
}
