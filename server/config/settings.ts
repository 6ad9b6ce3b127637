/** Every setting by its path, read off the schema: what names, kinds, defaults and sentences there are. */
import { z } from 'zod';
import { configSchema } from './sections.ts';

/** The part of JSON Schema that our sections come out as, with the notes that kernel/setting.ts adds. */
export interface SettingSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly description?: string;
  readonly format?: string;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, SettingSchema>>;
  readonly items?: SettingSchema;
  readonly anyOf?: readonly SettingSchema[];
  readonly wanted?: string;
  readonly secret?: boolean;
  readonly path?: boolean;
}

export interface Setting {
  /** Such as `listen.port`. */
  readonly path: string;
  readonly schema: SettingSchema;
  /** A section holds settings and is none itself. */
  readonly section: boolean;
}

export function rootSchema(): SettingSchema {
  // Zod types its output as every JSON Schema there is; ours is made of the few words above.
  return z.toJSONSchema(configSchema, { io: 'input', target: 'draft-7' }) as SettingSchema;
}

/** All settings and sections, in the order of the sections' files. */
export function listSettings(root: SettingSchema = rootSchema()): readonly Setting[] {
  const found: Setting[] = [];
  const walk = (schema: SettingSchema, prefix: string) => {
    for (const [name, child] of Object.entries(schema.properties ?? {})) {
      const path = prefix === '' ? name : `${prefix}.${name}`;
      found.push({ path, schema: child, section: child.properties !== undefined });
      walk(child, path);
      // A value with several forms, such as {file: …}: each form's names can be set by themselves.
      for (const form of child.anyOf ?? []) walk(form, path);
    }
  };
  walk(root, '');
  return found;
}

const FORMATS: Readonly<Record<string, string>> = {
  uuid: 'a UUID',
  uri: 'an address such as https://signin.example.com',
  email: 'a mail address',
  hostname: 'the name of a host',
};

/** What a setting wants, in words that fit behind "must be". */
export function wantedBy(schema: SettingSchema): string {
  if (schema.wanted !== undefined) return schema.wanted;
  if (schema.enum !== undefined) return `one of ${schema.enum.join(', ')}`;
  if (schema.const !== undefined) return String(schema.const);
  if (schema.anyOf !== undefined) return schema.anyOf.map(wantedBy).join(', or ');
  if (schema.type === 'array') return `a list, each ${wantedBy(schema.items ?? {})}`;
  if (schema.type === 'integer') return `a whole number${rangeOf(schema)}`;
  if (schema.type === 'number') return `a number${rangeOf(schema)}`;
  if (schema.type === 'boolean') return 'true or false';
  if (schema.type === 'object') return 'a group of settings';
  return FORMATS[schema.format ?? ''] ?? 'a text';
}

function rangeOf({ minimum, maximum }: SettingSchema): string {
  if (minimum === undefined || maximum === undefined) return '';
  return ` from ${minimum} to ${maximum}`;
}

/** The variable that overrides a setting: `listen.trustedProxies` is `SALLYPORT_LISTEN__TRUSTED_PROXIES`. */
export function variableOf(path: string): string {
  const words = path
    .split('.')
    .map((key) => key.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toUpperCase());
  return `SALLYPORT_${words.join('__')}`;
}
