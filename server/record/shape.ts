/**
 * The text of data that are of a shape of the catalogue, written in one pass that looks whether they are: it is asked of every event,
 * and takes a fifth of the time that the schema and a writer for anything do. What this writes, the schema says yes to, and gives as it
 * was; for whatever it has no word for it gives nothing, and then the schema is asked.
 */
import type { z } from 'zod';
import { quotedText } from './canonical.ts';

/** As `canonicalJson` writes it; undefined for what does not fit. */
type Write = (value: unknown) => string | undefined;

export function shapeOf(schema: z.core.$ZodType): Write {
  return writerOf(schema) ?? never;
}

const never: Write = () => undefined;

/** Undefined for a schema that is of another kind, or has a check that is not known here. */
function writerOf(schema: z.core.$ZodType): Write | undefined {
  const { def } = (schema as z.core.$ZodTypes)._zod; // Every schema is one of these.
  switch (def.type) {
    case 'string':
      return 'format' in def || 'coerce' in def ? undefined : textWriter(def.checks);
    case 'number':
      return wholeWriter(def);
    case 'boolean':
      return def.checks === undefined && !('coerce' in def)
        ? (value) => (typeof value === 'boolean' ? String(value) : undefined)
        : undefined;
    case 'enum':
      return wordWriter(Object.values(def.entries));
    case 'literal':
      return wordWriter(def.values);
    case 'array':
      return listWriter(writerOf(def.element), def.checks);
    case 'object':
      return def.checks === undefined && def.catchall?._zod.def.type === 'never'
        ? objectWriter(def.shape)
        : undefined;
    case 'union': {
      const some = def.options.map(writerOf);
      if (def.checks !== undefined || some.includes(undefined)) return undefined;
      return (value) => {
        for (const write of some) {
          const text = write?.(value);
          if (text !== undefined) return text;
        }
        return undefined;
      };
    }
    default:
      return undefined;
  }
}

type Checks = readonly z.core.$ZodCheck<never>[] | undefined;

/** The most characters or members; undefined where anything else is asked. */
function mostOf(checks: Checks): number | undefined {
  let most = Number.POSITIVE_INFINITY;
  for (const check of checks ?? []) {
    const { def } = check._zod;
    if (def.check !== 'max_length' || !('maximum' in def)) return undefined;
    most = Math.min(most, Number(def.maximum));
  }
  return most;
}

function wordWriter(words: readonly unknown[]): Write {
  const texts = new Map<unknown, string | undefined>();
  for (const word of words) if (typeof word === 'string') texts.set(word, quotedText(word));
  return (value) => texts.get(value);
}

function textWriter(checks: Checks): Write | undefined {
  const most = mostOf(checks);
  return most === undefined
    ? undefined
    : (value) =>
        typeof value === 'string' && value.length <= most ? quotedText(value) : undefined;
}

function listWriter(member: Write | undefined, checks: Checks): Write | undefined {
  const most = mostOf(checks);
  if (most === undefined || member === undefined) return undefined;
  return (value) => {
    if (!Array.isArray(value) || value.length > most) return undefined;
    let text = '';
    for (const each of value) {
      const one = member(each);
      if (one === undefined) return undefined;
      text = text === '' ? one : `${text},${one}`;
    }
    return `[${text}]`;
  };
}

/** Of whole numbers alone: JSON has others, and events have none. */
function wholeWriter(def: z.core.$ZodNumberDef): Write | undefined {
  if (!('format' in def) || def.format !== 'safeint' || 'coerce' in def) return undefined;
  let least = Number.MIN_SAFE_INTEGER;
  for (const check of def.checks ?? []) {
    const { def: asked } = check._zod;
    if (asked.check === 'number_format' && 'format' in asked && asked.format === 'safeint')
      continue;
    const isLeast = asked.check === 'greater_than' && 'inclusive' in asked && asked.inclusive;
    if (!isLeast || !('value' in asked) || typeof asked.value !== 'number') return undefined;
    least = Math.max(least, asked.value);
  }
  return (value) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= least
      ? String(value)
      : undefined;
}

interface Field {
  readonly name: string;
  /** Its name as text, and what follows it. */
  readonly start: string;
  readonly optional: boolean;
  readonly write: Write;
}

function objectWriter(shape: Readonly<Record<string, z.core.$ZodType>>): Write | undefined {
  const fields: Field[] = [];
  // In the order of `canonicalJson`.
  for (const name of Object.keys(shape).sort()) {
    const schema = shape[name]!; // One of its own keys.
    const { def } = (schema as z.core.$ZodTypes)._zod; // As above.
    const optional = def.type === 'optional' && def.checks === undefined;
    const write = writerOf(optional ? def.innerType : schema);
    const quoted = quotedText(name);
    if (write === undefined || quoted === undefined) return undefined;
    fields.push({ name, start: `${quoted}:`, optional, write });
  }
  const names = new Set(fields.map(({ name }) => name));
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    const given = value as Readonly<Record<string, unknown>>; // An object that is no list.
    for (const name in given) if (!names.has(name)) return undefined;
    let text = '';
    for (const { name, start, optional, write } of fields) {
      const member = given[name];
      if (member === undefined) {
        if (optional) continue;
        return undefined;
      }
      const one = write(member);
      if (one === undefined) return undefined;
      text = text === '' ? start + one : `${text},${start}${one}`;
    }
    return `{${text}}`;
  };
}
