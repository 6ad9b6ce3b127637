import { z } from 'zod';

/** How a process proves itself, strongest first. Closed: a new kind adds its word here first. */
export const processProofKinds = ['certificate', 'key', 'workload', 'secret'] as const;
export const ProcessProofKind = z.enum(processProofKinds);
export type ProcessProofKind = z.infer<typeof ProcessProofKind>;

export const processStatuses = ['active', 'disabled'] as const;
export const ProcessStatus = z.enum(processStatuses);
export type ProcessStatus = z.infer<typeof ProcessStatus>;

/** What a process or a resource is called in policies' reasons, lists and tokens. It can't pass for anything else. */
export const PlainName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, {
    error:
      'must be 1 to 64 small letters, digits, dots, hyphens and underscores, and begin with a letter or digit',
  })
  .refine((name) => !/^[0-9a-f]{8}-[0-9a-f]{4}-/.test(name), {
    error: 'must not look like an id',
  });

/** One scope of OAuth (RFC 6749 §3.3): printable, without spaces, quotation marks and backslashes. */
export const ScopeName = z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,64}$/, {
  error: 'must be 1 to 64 printable characters without spaces, quotation marks and backslashes',
});

/** What is weak about a process, worst first. Reported in lists and by `doctor`. */
export const weaknesses = {
  orphaned: 'nobody answers for it',
  'no-proof': 'it can’t prove itself',
  secret: 'it proves itself with a secret',
  distrusted: 'a proof of its names a CA that is trusted no more',
  ended: 'a proof of its has ended',
  'ends-soon': 'a proof of its ends soon',
  unused: 'a proof of its is not used',
} as const;
export type Weakness = keyof typeof weaknesses;
export const weaknessCodes = Object.keys(weaknesses) as [Weakness, ...Weakness[]]; // There is at least one.
