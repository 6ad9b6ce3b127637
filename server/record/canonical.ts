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
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const object = value as { readonly [key: string]: Json | undefined }; // All else was ruled out.
  let text = '';
  for (const key of Object.keys(object).sort()) {
    const member = object[key];
    if (member === undefined) continue;
    text += `${text === '' ? '' : ','}${quoted(key)}:${canonicalJson(member)}`;
  }
  return `{${text}}`;
}

/** RFC 8785 §3.2.2.2 asks for what JSON.stringify does, and refuses lone surrogates. */
export function quoted(text: string): string {
  if (!text.isWellFormed()) throw new Fault('record.event', 'a text was not well-formed Unicode');
  return JSON.stringify(text);
}
