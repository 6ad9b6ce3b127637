import { z } from 'zod';
import { parseJson } from '../../http/json-body.ts';

/** What comes of a browser's passkey API, in a field of a form: an attestation with its certificates fits many times over. */
export const credentialField = z.string().max(60_000);

/** What the browser made, as it was made; whether it proves anything is the gate's to say. */
export function readCredential(text: string): unknown {
  const read = parseJson(text);
  return read.ok ? read.value.value : undefined;
}
