/** What an event of the catalogue is made of, and the shapes that many of them share. */
import { z } from 'zod';
import { EventResource, type OcsfClass, type Outcome, type Severity } from '../event-parts.ts';
import { ProofKind } from '../proofs.ts';

export interface EventKind<D extends z.ZodType, O extends readonly Outcome[]> {
  readonly version: number;
  /** The OCSF class, and the activity_id in it; 99 is OCSF's "Other". */
  readonly ocsf: readonly [OcsfClass, number];
  readonly severity: Severity;
  readonly outcomes: O;
  readonly data: D;
  /** For people. {subject}, {actor}, {door}, {session}, {reason} and the data's own names are filled in. */
  readonly sentence: string;
}

export function kind<D extends z.ZodType, const O extends readonly Outcome[]>(
  ocsf: readonly [OcsfClass, number],
  severity: Severity,
  outcomes: O,
  data: D,
  sentence: string,
  version = 1,
): EventKind<D, O> {
  return { version, ocsf, severity, outcomes, data, sentence };
}

export const word = z.string().max(128);
export const text = z.string().max(4096);
export const count = z.int().min(0);
export const time = z.int().min(0);
export const words = z.array(word).max(64);
export const nothing = z.strictObject({});
export const shown = z
  .array(z.strictObject({ kind: ProofKind, proof: word, age: count.optional() }))
  .max(16);
export const oneProof = z.strictObject({ proof: word, kind: ProofKind });
export const asked = z.strictObject({
  action: word,
  resource: EventResource,
  policies: words.optional(),
});
