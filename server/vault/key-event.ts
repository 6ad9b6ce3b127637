import type { SubjectId } from '../kernel/id.ts';
import type { Tx } from '../store/store.ts';

/** What the record is told, in the transaction that does it. The record's own events have this shape. */
export interface KeyEvent {
  readonly type: 'key.created' | 'key.rotated' | 'key.destroyed';
  readonly outcome: 'done';
  readonly subject?: SubjectId;
  readonly data: {
    readonly purpose: 'ring' | 'root' | 'subject';
    readonly version: number;
    readonly previous?: number;
  };
}
export type NoteKeyEvent = (tx: Tx, event: KeyEvent) => Promise<unknown>;
