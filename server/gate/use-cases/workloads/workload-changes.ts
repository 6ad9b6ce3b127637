/** Tells doors that keep a stream open when what they told on it may have changed. Other nodes look every few seconds. */
import type { EventType } from '@sallyport/contract/events.ts';
import type { RecordListener } from '../../../record/record.ts';

const CHANGING: ReadonlySet<EventType> = new Set<EventType>([
  'workload.added',
  'workload.removed',
  'process.changed',
  'process.disabled',
  'process.enabled',
  'process.removed',
  'certificate.revoked',
  'key.rotated',
]);

export interface WorkloadChanges {
  readonly seen: RecordListener;
  /** Until the function that it gives back is called. */
  onChange(tell: () => void): () => void;
}

export function createWorkloadChanges(): WorkloadChanges {
  const listening = new Set<() => void>();
  return {
    seen(_id, { type }) {
      if (CHANGING.has(type)) for (const tell of listening) tell();
    },
    onChange(tell) {
      listening.add(tell);
      return () => void listening.delete(tell);
    },
  };
}
