/** Names beside the subject's (RFC 5280 §4.2.1.6), read from the bytes and written to them: never by way of a line of text. */
import { Buffer } from 'node:buffer';
import { isIPv4 } from 'node:net';
import {
  context,
  type Der,
  readAscii,
  readOid,
  readOne,
  readText,
  TAG,
  within,
} from '../der/der-reader.ts';
import { oid, sequence, tagged, utf8String } from '../der/der-writer.ts';
import { userPrincipalName } from './oids.ts';

export interface AlternativeNames {
  readonly dns: readonly string[];
  readonly ip: readonly string[];
  readonly uri: readonly string[];
  readonly email: readonly string[];
  readonly upn: readonly string[];
  /** How many there are of other kinds: what is not understood is not believed, and not overlooked either. */
  readonly others: number;
  /** Distinguished names among the others, in DER. */
  readonly directory: readonly Uint8Array[];
  /** The tags of all the names that are neither hosts, addresses, mail nor URIs: what name constraints may speak of. */
  readonly forms: readonly number[];
}

export const noNames: AlternativeNames = Object.freeze({
  dns: [],
  ip: [],
  uri: [],
  email: [],
  upn: [],
  others: 0,
  directory: [],
  forms: [],
});

/** The value of the extension; undefined where it is malformed. */
export function readAlternativeNames(value: Uint8Array): AlternativeNames | undefined {
  const list = within(readOne(value), TAG.sequence);
  if (list === undefined || list.length === 0) return undefined;
  const names = {
    dns: [] as string[],
    ip: [] as string[],
    uri: [] as string[],
    email: [] as string[],
    upn: [] as string[],
    others: 0,
    directory: [] as Uint8Array[],
    forms: [] as number[],
  };
  for (const name of list) {
    if (name.tag === context(7, false)) {
      const address = addressOf(name.content);
      if (address === undefined) return undefined;
      names.ip.push(address);
      continue;
    }
    if (name.tag === context(0)) {
      const upn = upnOf(name);
      names.forms.push(name.tag);
      if (upn === undefined) names.others += 1;
      else names.upn.push(upn);
      continue;
    }
    const kind = TEXTS[name.tag];
    if (kind === undefined) {
      names.others += 1;
      names.forms.push(name.tag);
      if (name.tag === context(4)) names.directory.push(name.content);
      continue;
    }
    const text = readAscii(name.content);
    if (text === undefined || text === '') return undefined;
    names[kind].push(kind === 'dns' ? text.toLowerCase() : text);
  }
  return names;
}

const TEXTS: Readonly<Record<number, 'email' | 'dns' | 'uri'>> = {
  [context(1, false)]: 'email',
  [context(2, false)]: 'dns',
  [context(6, false)]: 'uri',
};

function upnOf({ content }: Der): string | undefined {
  const [type, value] = within({ tag: TAG.sequence, content, whole: content }, TAG.sequence) ?? [];
  if (readOid(type) !== userPrincipalName || value?.tag !== context(0)) return undefined;
  return readText(readOne(value.content));
}

function addressOf(bytes: Uint8Array): string | undefined {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) return undefined;
  const words: string[] = [];
  for (let at = 0; at < 16; at += 2) {
    words.push((((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)).toString(16));
  }
  // In the form that URL gives them, so that the same address is the same text.
  return new URL(`http://[${words.join(':')}]`).hostname.slice(1, -1);
}

export type NamesToWrite = Readonly<
  Partial<Pick<AlternativeNames, 'dns' | 'ip' | 'uri' | 'email' | 'upn'>>
>;

/** Undefined where there are none: an empty list is not allowed. The text of each was checked before. */
export function writeAlternativeNames(names: NamesToWrite): Buffer | undefined {
  const parts = [
    ...(names.uri ?? []).map((text) => tagged(context(6, false), Buffer.from(text, 'latin1'))),
    ...(names.dns ?? []).map((text) => tagged(context(2, false), Buffer.from(text, 'latin1'))),
    ...(names.ip ?? []).map((text) => tagged(context(7, false), addressBytes(text))),
    ...(names.email ?? []).map((text) => tagged(context(1, false), Buffer.from(text, 'latin1'))),
    ...(names.upn ?? []).map((text) =>
      tagged(context(0), oid(userPrincipalName), tagged(context(0), utf8String(text))),
    ),
  ];
  return parts.length === 0 ? undefined : sequence(...parts);
}

/** An address as text, which is one. */
export function addressBytes(address: string): Uint8Array {
  if (isIPv4(address)) return Uint8Array.from(address.split('.').map(Number));
  const plain = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = '', tail] = plain.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const middle = tail === undefined ? 0 : 8 - before.length - after.length;
  const words = [...before, ...new Array<string>(middle).fill('0'), ...after];
  return Uint8Array.from(
    words.flatMap((word) => {
      const value = Number.parseInt(word, 16);
      return [value >> 8, value & 0xff];
    }),
  );
}
