import type { Fault, FaultCode } from '../../kernel/fault.ts';
import { isDamaged } from '../../store/sqlite-connection.ts';

export const FOREIGN_DATABASE =
  'Run the version that made it, or a newer release. What was made between two releases can’t always be brought forward: then begin anew in another folder (the setting data).';

const DAMAGED_DATABASE =
  'It is damaged, or is none. Stop the server, keep a copy of the data folder as it is, look at the disk, and put a backup in its place (docs/backup.md).';

const FAULT_MENDS: Partial<Record<FaultCode, string>> = {
  'store.foreign': FOREIGN_DATABASE,
  'vault.root':
    'Put back the key that belongs to it, from your copy or another node (docs/keys.md).',
};

/** What whoever runs Sallyport can do about a fault themselves. */
export function faultMend(fault: Fault): string | undefined {
  let first: unknown = fault;
  while (first instanceof Error && first.cause !== undefined) first = first.cause;
  return FAULT_MENDS[fault.code] ?? (isDamaged(first) ? DAMAGED_DATABASE : undefined);
}
