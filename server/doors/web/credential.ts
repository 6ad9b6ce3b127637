import { parseJson } from '../../http/json-body.ts';

/** What the browser made, as it was made; whether it proves anything is the gate's to say. */
export function readCredential(text: string): unknown {
  const read = parseJson(text);
  return read.ok ? read.value.value : undefined;
}
