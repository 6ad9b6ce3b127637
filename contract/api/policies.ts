/** The policies in force, and those that might be. */
import { z } from 'zod';
import { processProofKinds, ScopeName } from '../processes.ts';
import { ProofKind, proofKinds } from '../proofs.ts';
import { operation } from './operation.ts';
import { GivenId, Id, lines, Time } from './parts.ts';

/** File names to Cedar texts, several policies in each. */
const Files = z
  .record(
    z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.cedar$/),
    lines(z.string().max(524_288)),
  )
  .refine((files) => Object.keys(files).length > 0 && Object.keys(files).length <= 100, {
    error: 'must be 1 to 100 files',
  })
  .describe('File names, such as `people.cedar`, and their texts.');

/** Half a mebibyte of policies, quoted. */
const POLICY_BYTES = 1024 * 1024;

const PolicyProblem = z
  .strictObject({
    severity: z.enum(['error', 'warning']),
    message: z.string(),
    suggestion: z.string().optional(),
    policy: z.string().optional(),
    file: z.string(),
    line: z.int(),
    column: z.int(),
    width: z.int(),
    source: z.string().describe('The line of the file.'),
  })
  .meta({ id: 'PolicyProblem', description: 'Something wrong with a policy, at its place.' });

const Explained = z
  .strictObject({
    id: z.string(),
    effect: z.enum(['permit', 'forbid']),
    because: z.string(),
    file: z.string(),
    line: z.int(),
  })
  .meta({ id: 'Policy', description: 'A policy, as it is told to people.' });

const Rung = z.array(ProofKind).describe('Kinds of proof that would do together.');

export const policyOperations = {
  showPolicies: operation({
    method: 'GET',
    path: '/policies',
    tag: 'Policies',
    summary: 'Show the policies in force',
    for: 'session',
    answer: {
      status: 200,
      says: 'The version in force and those before it.',
      body: z.strictObject({
        version: z.int().describe('0 for the policies that Sallyport ships.'),
        files: z.record(z.string(), z.string()),
        versions: z.array(
          z.strictObject({
            version: z.int(),
            sha256: z.string(),
            activatedAt: Time,
            activatedBy: Id.nullable(),
          }),
        ),
      }),
    },
    problems: [],
  }),
  checkPolicies: operation({
    method: 'POST',
    path: '/policies/check',
    tag: 'Policies',
    summary: 'Check policies without activating them',
    for: 'session',
    body: z.strictObject({ files: Files }),
    bodyBytes: POLICY_BYTES,
    answer: {
      status: 200,
      says: 'What is wrong with them; nothing is when there is no error among it.',
      body: z.strictObject({ valid: z.boolean(), problems: z.array(PolicyProblem) }),
    },
    problems: [],
  }),
  activatePolicies: operation({
    method: 'POST',
    path: '/policies',
    tag: 'Policies',
    summary: 'Activate policies',
    description:
      'In force everywhere at once, and refused when they would lock out every administrator.',
    for: 'session',
    body: z.strictObject({
      files: Files,
      expected: z
        .int()
        .min(0)
        .optional()
        .describe('The version that they were made from: refused when another is in force by now.'),
    }),
    bodyBytes: POLICY_BYTES,
    answer: {
      status: 201,
      says: 'They are in force.',
      body: z.strictObject({ version: z.int() }),
    },
    problems: ['policy-not-valid', 'policy-locks-out', 'changed-meanwhile'],
    once: true,
  }),
  simulatePolicies: operation({
    method: 'POST',
    path: '/policies/simulate',
    tag: 'Policies',
    summary: 'Ask what would happen',
    description: 'Nothing happens: neither policies nor sessions change, and nobody is told.',
    for: 'session',
    body: z
      .strictObject({
        person: GivenId.optional().describe('Who asks. This, or a process.'),
        process: GivenId.optional().describe('Which process asks, by id or name.'),
        resource: GivenId.optional().describe(
          'What is entered, by id or name; with the action `enter` alone.',
        ),
        scopes: z.array(ScopeName).max(64).default([]).describe('With which scopes.'),
        function: z.string().max(64).default('').describe('Of a site, what its rule calls it.'),
        method: z.string().max(16).default(''),
        action: z.string().min(1).max(64),
        concerning: GivenId.optional().describe('The person whom the action concerns.'),
        door: z.string().min(1).max(32).default('web'),
        source: z.union([z.ipv4(), z.ipv6()]).default('192.0.2.1'),
        trustedNetwork: z.boolean().default(false),
        knownDevice: z.boolean().default(false),
        at: Time.optional(),
        shown: z
          .array(z.enum([...proofKinds, ...processProofKinds]))
          .max(5)
          .default([])
          .describe('What they have shown just now.'),
        files: Files.optional().describe('Policies to try in place of those in force.'),
      })
      .refine(({ person, process }) => (person === undefined) !== (process === undefined), {
        error: 'must name a person or a process',
      }),
    bodyBytes: POLICY_BYTES,
    answer: {
      status: 200,
      says: 'What the gate would answer, and the policies that decide it.',
      body: z.strictObject({
        state: z.enum(['granted', 'challenged', 'refused']),
        rungs: z.array(Rung).describe('When challenged: any one of these, the least effort first.'),
        missing: z.array(Rung).describe('When refused: what would do, if they held it.'),
        deciding: z.array(Explained),
        errors: z.array(z.string()),
        acr: z.string().describe('What the proofs shown are worth together.'),
      }),
    },
    problems: ['not-found', 'unknown-action', 'policy-not-valid'],
  }),
};
