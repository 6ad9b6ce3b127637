/**
 * Whether data are of a shape of the catalogue, asked in a fifth of the time that the schema takes: it is asked of every event, and
 * nearly always the answer is yes. What this says yes to, the schema says yes to, and gives as it was; to whatever it has no word for
 * it says no, and then the schema is asked.
 */
import type { z } from 'zod';

type Fits = (value: unknown) => boolean;

export function shapeOf(schema: z.core.$ZodType): Fits {
  return testOf(schema) ?? never;
}

const never: Fits = () => false;

/** Undefined for a schema that is of another kind, or has a check that is not known here. */
function testOf(schema: z.core.$ZodType): Fits | undefined {
  const { def } = (schema as z.core.$ZodTypes)._zod; // Every schema is one of these.
  switch (def.type) {
    case 'string':
      return 'format' in def || 'coerce' in def ? undefined : textTest(def.checks);
    case 'number':
      return wholeTest(def);
    case 'boolean':
      return def.checks === undefined && !('coerce' in def)
        ? (value) => typeof value === 'boolean'
        : undefined;
    case 'enum': {
      const words = new Set<unknown>(Object.values(def.entries));
      return (value) => typeof value === 'string' && words.has(value);
    }
    case 'literal': {
      const words = new Set<unknown>(def.values);
      return (value) => typeof value === 'string' && words.has(value);
    }
    case 'array':
      return listTest(testOf(def.element), def.checks);
    case 'object':
      return def.checks === undefined && def.catchall?._zod.def.type === 'never'
        ? objectTest(def.shape)
        : undefined;
    case 'union': {
      const some = def.options.map(testOf);
      if (def.checks !== undefined || some.includes(undefined)) return undefined;
      return (value) => some.some((fits) => fits?.(value));
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

function textTest(checks: Checks): Fits | undefined {
  const most = mostOf(checks);
  return most === undefined
    ? undefined
    : (value) => typeof value === 'string' && value.length <= most;
}

function listTest(member: Fits | undefined, checks: Checks): Fits | undefined {
  const most = mostOf(checks);
  if (most === undefined || member === undefined) return undefined;
  return (value) => {
    if (!Array.isArray(value) || value.length > most) return false;
    for (const each of value) if (!member(each)) return false;
    return true;
  };
}

/** Of whole numbers alone: JSON has others, and events have none. */
function wholeTest(def: z.core.$ZodNumberDef): Fits | undefined {
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
  return (value) => typeof value === 'number' && Number.isSafeInteger(value) && value >= least;
}

function objectTest(shape: Readonly<Record<string, z.core.$ZodType>>): Fits | undefined {
  const tests = new Map<string, Fits>();
  const required: string[] = [];
  for (const [name, schema] of Object.entries(shape)) {
    const { def } = (schema as z.core.$ZodTypes)._zod; // As above.
    const optional = def.type === 'optional' && def.checks === undefined;
    const test = testOf(optional ? def.innerType : schema);
    if (test === undefined) return undefined;
    tests.set(name, optional ? (value) => value === undefined || test(value) : test);
    if (!optional) required.push(name);
  }
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    const given = value as Readonly<Record<string, unknown>>; // An object that is no list.
    for (const name in given) if (tests.get(name)?.(given[name]) !== true) return false;
    for (const name of required) if (given[name] === undefined) return false;
    return true;
  };
}
