/** The policies in force, and those that might be. */
import { z } from 'zod';
import { CertificateProfile, CertifiedKind } from '../certificates.ts';
import { Role } from '../people.ts';
import { processProofKinds, ScopeName } from '../processes.ts';
import { ProofKind, proofKinds } from '../proofs.ts';
import { trialDefaults } from '../trials.ts';
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

const ExplainedInFull = Explained.extend({
  text: z.string().describe('As it stands in its file.'),
});

const Address = z.union([z.ipv4(), z.ipv6()]);
const From = z
  .array(Address)
  .max(8)
  .default([])
  .describe(
    'From where else administrators come, beside this computer and where this call came from.',
  );

/** Of devices: a certificate, a pass to come to one, or an address alone. */
const Shown = z.enum([...proofKinds, ...processProofKinds, 'mac']);

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
        policies: z
          .array(ExplainedInFull)
          .describe('Each policy of them, those that forbid first.'),
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
    body: z.strictObject({ files: Files, from: From }),
    bodyBytes: POLICY_BYTES,
    answer: {
      status: 200,
      says: 'What is wrong with them; nothing is when there is no error among it.',
      body: z.strictObject({
        valid: z.boolean(),
        wouldLockOut: z
          .boolean()
          .describe(
            'Whether activating them would be refused, since no administrator could undo it.',
          ),
        problems: z.array(PolicyProblem),
      }),
    },
    problems: ['policy-not-checked'],
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
      from: From,
    }),
    bodyBytes: POLICY_BYTES,
    answer: {
      status: 201,
      says: 'They are in force.',
      body: z.strictObject({
        version: z.int(),
        unchanged: z.boolean().describe('These very files were in force already, as this version.'),
        problems: z.array(PolicyProblem).describe('Warnings.'),
      }),
    },
    problems: ['policy-not-valid', 'policy-not-checked', 'policy-locks-out', 'changed-meanwhile'],
    once: true,
  }),
  simulatePolicies: operation({
    method: 'POST',
    path: '/policies/simulate',
    tag: 'Policies',
    summary: 'Ask what would happen',
    description:
      'Nothing happens: neither policies nor sessions change, and nobody is told. Whom it names you have to be permitted to look at (`person.read` and the like): their roles and groups are told.',
    for: 'session',
    body: z
      .strictObject({
        person: GivenId.optional().describe('Who asks. This, or a process, or someone.'),
        process: GivenId.optional().describe('Which process asks, by id or name.'),
        device: GivenId.optional().describe('Which device joins or enrols, by id or name.'),
        someone: z
          .strictObject({
            roles: z.array(Role).max(8).default([]),
            groups: z.array(z.string().min(1).max(64)).max(64).default([]),
            holds: z.array(ProofKind).max(8).default([]),
          })
          .optional()
          .describe(
            'Nobody who is there: anyone with these roles and groups, holding these proofs.',
          ),
        resource: GivenId.optional().describe(
          'What is entered or signed in to, by id or name; with the actions `enter` and `signIn`.',
        ),
        about: z
          .strictObject({
            kind: z.enum(['part', 'network', 'asset']),
            name: z.string().min(1).max(64),
          })
          .optional()
          .describe('What else the action is about, where it is not its usual part of Sallyport.'),
        scopes: z.array(ScopeName).max(64).default([]).describe('With which scopes.'),
        function: z.string().max(64).default('').describe('Of a site, what its rule calls it.'),
        method: z.string().max(16).default(''),
        command: z
          .string()
          .max(2000)
          .regex(/^[\x20-\x7e]*[\x21-\x7e][\x20-\x7e]*$/)
          .optional()
          .describe(
            'With the action `runCommand`: what is run. Left out, it is taken for something sensitive, outside every window.',
          ),
        service: z
          .string()
          .max(32)
          .optional()
          .describe('With the action `logIn`: what for, such as `admin`, `vpn` or `wifi`.'),
        certificate: z
          .strictObject({
            kind: CertifiedKind,
            profile: CertificateProfile,
            names: z.array(z.string().min(1).max(2048)).max(65).default([]),
          })
          .optional()
          .describe(
            'With the action `certificate.issue`: whose it is to be, what for, and by which names. Left out, it has none.',
          ),
        action: z.string().min(1).max(64),
        concerning: GivenId.optional().describe('The person whom the action concerns.'),
        door: z.string().min(1).max(32).default(trialDefaults.door),
        source: Address.default(trialDefaults.source),
        trustedNetwork: z
          .boolean()
          .optional()
          .describe('As the settings say of the source, if left out.'),
        knownDevice: z
          .boolean()
          .default(trialDefaults.knownDevice)
          .describe('Whether they signed in with this browser before.'),
        at: Time.optional(),
        shown: z
          .array(
            z.union([
              Shown,
              z.strictObject({
                kind: Shown,
                age: z.int().min(0).max(999_999_999).describe('Seconds since.'),
              }),
            ]),
          )
          .max(5)
          .default([])
          .describe('What they have shown: just now, where no age is said.'),
        files: Files.optional().describe('Policies to try in place of those in force.'),
      })
      .refine(
        ({ person, process, device, someone }) =>
          [person, process, device, someone].filter((one) => one !== undefined).length === 1,
        { error: 'must name a person, a process, a device or someone, and one of them alone' },
      ),
    bodyBytes: POLICY_BYTES,
    answer: {
      status: 200,
      says: 'What the gate would answer, and the policies that decide it.',
      body: z.strictObject({
        state: z.enum(['granted', 'challenged', 'refused']),
        rungs: z.array(Rung).describe('When challenged: any one of these, the least effort first.'),
        missing: z.array(Rung).describe('When refused: what would do, if they held it.'),
        ways: z
          .array(
            z.strictObject({
              proofs: z.array(z.strictObject({ kind: ProofKind, hardwareBound: z.boolean() })),
              policies: z.array(z.string()).describe('Those that permit it then.'),
            }),
          )
          .describe('`rungs` or `missing`, whichever there is, in full.'),
        deciding: z.array(Explained),
        errors: z.array(z.string()),
        acr: z.string().describe('What the proofs shown are worth together.'),
        request: z
          .record(z.string(), z.unknown())
          .describe('What the policies were asked: principal, action, resource and context.'),
      }),
    },
    problems: ['not-found', 'unknown-action', 'policy-not-valid', 'policy-not-checked'],
  }),
};
