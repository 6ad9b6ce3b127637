import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import type { Generator } from './generator.ts';

const FOLDER = 'server/doors/web/browser';
const ROOT = new URL('../../', import.meta.url);

/** What runs in browsers, as it is served: stripped here, since what strips types would take 18 MiB of a server's memory. */
export const browserScripts: readonly Generator[] = ['page', 'bound', 'passkey'].map((name) => ({
  file: `${FOLDER}/generated/${name}.js`,
  from: `${FOLDER}/${name}.ts`,
  make: () => stripped(readFileSync(new URL(`${FOLDER}/${name}.ts`, ROOT), 'utf8')),
}));

/** Node leaves blanks where types stood, and our comments are for readers of the source. */
function stripped(source: string): string {
  return stripTypeScriptTypes(source)
    .replaceAll(/^\s*\/\*\*[\s\S]*?\*\/\n/gm, '')
    .replaceAll(/[ \t]+$/gm, '')
    .replaceAll(/^ +/gm, (indent) => '\t'.repeat(indent.length / 2))
    .replaceAll(/\n{2,}/g, '\n');
}
