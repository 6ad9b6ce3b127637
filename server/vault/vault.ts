import type { SubjectId } from '../kernel/id.ts';
import type { Queries, Tx } from '../store/store.ts';
import type { Box } from './box.ts';

export type { Box, Place } from './box.ts';

export type SystemPurpose = 'signing' | 'record' | 'settings';

export interface Vault {
  /** The box of a system data key. */
  system(purpose: SystemPurpose): Box;
  /** A subject's own box; undefined when its key was destroyed or never made. Ask again each time: do not keep it. */
  subject(q: Queries, id: SubjectId): Promise<Box | undefined>;
  createSubjectKey(tx: Tx, id: SubjectId): Promise<Box>;
  /** Erasure: whatever was sealed under the subject's key can never be read again. */
  destroySubjectKey(tx: Tx, id: SubjectId): Promise<void>;
  /** A keyed HMAC-SHA-256 of the value, for finding a sealed value without opening any. 32 bytes. */
  blindIndex(purpose: string, value: string): Uint8Array;
  /** A key of 32 bytes for MACs, the same on every node and after every rotation. */
  derive(purpose: string): Uint8Array;
}
