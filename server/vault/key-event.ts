import type { SubjectId } from '../kernel/id.ts';
import type { Tx } from '../store/store.ts';

/** By whom and by which way, where keys are changed from outside. The record's events have these fields. */
export interface KeyEventBy {
  readonly actor?: SubjectId | undefined;
  readonly door?: string | undefined;
  readonly session?: string | undefined;
  readonly request?: string | undefined;
  readonly personal?: Readonly<Record<string, string | undefined>> | undefined;
}

/** What the record is told, in the transaction that does it. The record's own events have this shape. */
export interface KeyEvent extends KeyEventBy {
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
