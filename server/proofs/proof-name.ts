import { z } from 'zod';
import { NAME_LENGTH } from './held-proofs.ts';

/** The name that a person gives a proof: shown on pages and in records, so nothing that could disguise it. */
export const proofName = z
  .string()
  .max(NAME_LENGTH * 4)
  .transform((text) => text.normalize('NFC').trim())
  .pipe(
    z
      .string()
      .min(1)
      .max(NAME_LENGTH)
      // Control, format (bidirectional overrides among them), surrogate, private and unassigned characters.
      .regex(/^[^\p{C}\p{Zl}\p{Zp}]*$/u),
  );
