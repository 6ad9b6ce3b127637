import type { FaultCode } from '../../kernel/fault.ts';

export const FOREIGN_DATABASE =
  'Run the version that made it, or a newer release. What was made between two releases can’t always be brought forward: then begin anew in another folder (the setting data).';

/** What whoever runs Sallyport can do about a fault themselves. */
export const FAULT_MENDS: Partial<Record<FaultCode, string>> = {
  'store.foreign': FOREIGN_DATABASE,
  'vault.root':
    'Put back the key that belongs to it, from your copy or another node (docs/keys.md).',
};
