import { readdirSync, readFileSync } from 'node:fs';
import type { PolicyFiles } from './policy-files.ts';

/** The policies that are in force until others are activated. */
export function shippedPolicies(): PolicyFiles {
  return readPolicyFolder(new URL('./defaults/', import.meta.url));
}

export function policySchema(): string {
  return readFileSync(new URL('./schema.cedarschema', import.meta.url), 'utf8');
}

/** The `.cedar` files of a folder, by name. */
export function readPolicyFolder(folder: URL): PolicyFiles {
  const names = readdirSync(folder).filter((name) => name.endsWith('.cedar'));
  return Object.fromEntries(
    names
      .sort()
      .map((name) => [name, readFileSync(new URL(encodeURIComponent(name), folder), 'utf8')]),
  );
}
