/** What the API tells alike of devices and processes: whose they are, their groups, and what is weak about them. */
import { z } from 'zod';
import { GivenId, Id, line } from './parts.ts';
import { Group } from './people.ts';

export const named = (what: 'device' | 'process') =>
  z
    .strictObject({ id: GivenId.describe(`The id of the ${what}, or its name.`) })
    .describe(`Which ${what}.`);

export const namedProof = (what: 'device' | 'process') =>
  z.strictObject({
    id: GivenId.describe(`The id of the ${what}, or its name.`),
    proof: GivenId,
  });

export const owned = {
  owner: Id.nullable(),
  ownerName: z.string().nullable().describe('What the owner signs in as.'),
  orphaned: z.boolean().describe('Its owner is gone or disabled: nobody answers for it.'),
};

export const OnlyOrphaned = z
  .literal('true')
  .optional()
  .describe('Only those that nobody answers for.');

export const OwnGroups = z
  .array(Group)
  .max(64)
  .refine((list) => new Set(list).size === list.length, { error: 'must name each group once' })
  .describe('Names of your own, for policies: small letters, digits, dots, hyphens.');

export const ProofName = line(z.string().trim().min(1).max(64));

/** By their sentences, which stand worst first. */
export function weaknessesOf<W extends string>(sentences: Readonly<Record<W, string>>) {
  const codes = Object.keys(sentences) as [W, ...W[]]; // The keys of a constant are its type's keys, and there is one.
  return z
    .array(z.enum(codes))
    .describe(`Worst first. ${codes.map((code) => `\`${code}\`: ${sentences[code]}`).join('; ')}.`);
}
