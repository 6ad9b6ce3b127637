import { createRequire } from 'node:module';

export type Cedar = typeof import('@cedar-policy/cedar-wasm/nodejs');

/**
 * A new instance of Cedar's WebAssembly, apart from every earlier one: a text that nests too deep, or a stack that runs
 * out, leaves an instance broken for good. The package makes its instance as its module loads, so the module is loaded
 * again; a `require` of its own each time lets the old one be collected. Costs about 15 ms.
 */
export function loadCedar(): Cedar {
  const load = createRequire(import.meta.url);
  const path = load.resolve('@cedar-policy/cedar-wasm/nodejs');
  delete load.cache[path];
  return load(path) as Cedar; // The package's own types.
}
