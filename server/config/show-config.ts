/** The configuration in force, setting by setting, with where each value comes from. Secrets are named, never shown. */
import { valueAt } from './issue-words.ts';
import type { LoadedConfig } from './load-config.ts';
import { listSettings, type SettingSchema } from './settings.ts';

export interface ShownSetting {
  readonly setting: string;
  readonly value: unknown;
  /** `sallyport.yaml:12`, a variable's name, or `default`. */
  readonly from: string;
}

export function showConfig({ given, origin }: LoadedConfig): ShownSetting[] {
  const secret: string[] = [];
  return listSettings()
    .filter(({ section }) => !section)
    .flatMap(({ path, schema }) => {
      // The forms of a secret are shown as part of it.
      if (secret.some((parent) => path.startsWith(`${parent}.`))) return [];
      if (schema.secret === true) secret.push(path);
      const keys = path.split('.');
      const value = valueAt(given, keys) ?? schema.default;
      if (value === undefined) return [];
      return [{ setting: path, value: masked(value, schema), from: origin(keys) ?? 'default' }];
    });
}

function masked(value: unknown, schema: SettingSchema): unknown {
  if (schema.secret !== true || typeof value !== 'string' || value === schema.default) return value;
  if (!URL.canParse(value)) return '(hidden)';
  const url = new URL(value);
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:') return '(hidden)';
  if (url.password !== '') url.password = 'hidden';
  url.searchParams.delete('password');
  return url.href;
}
