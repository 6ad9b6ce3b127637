import { z } from 'zod';

/** What a person may do to Sallyport itself. Everyone may look after their own proofs and sessions without any. */
export const roles = ['administrator', 'operator', 'auditor', 'viewer'] as const;
export const Role = z.enum(roles);
export type Role = z.infer<typeof Role>;

/**
 * `enrolling` has not yet two proofs; `erased` keeps its row and nothing else, so that the record can still name it.
 */
export const personStatuses = ['enrolling', 'active', 'disabled', 'erased'] as const;
export const PersonStatus = z.enum(personStatuses);
export type PersonStatus = z.infer<typeof PersonStatus>;
