import type { ProcessStatus } from '@sallyport/contract/processes.ts';
import { fromUtf8, utf8 } from '../kernel/bytes.ts';
import type { PersonId, ProcessId, ResourceId } from '../kernel/id.ts';
import type { Box } from '../vault/vault.ts';
import { canAnswer } from './owned-subject.ts';
import type { ProcessRow } from './process-table.ts';

/** A resource that a process may enter, and with which of its scopes at the most. */
export interface ListedEntry {
  readonly resource: ResourceId;
  readonly scopes: readonly string[];
}

/** A program that proves itself. */
export interface Process {
  readonly id: ProcessId;
  /** Unique, and plain: see PlainName in contract/processes.ts. */
  readonly name: string;
  /** Who answers for it. */
  readonly owner: PersonId | undefined;
  /** Its owner is gone or disabled, and nobody answers for it. */
  readonly orphaned: boolean;
  readonly purpose: string;
  readonly status: ProcessStatus;
  readonly epoch: number;
  readonly groups: readonly string[];
  readonly entries: readonly ListedEntry[];
  /** Whether it is what an application proves itself as: then the resource has the same id. */
  readonly application: boolean;
  readonly createdAt: number;
  readonly changedAt: number;
  readonly lastSeenAt: number | undefined;
  readonly sealedLastSeenFrom: Uint8Array | undefined;
}

export function readProcess(
  row: ProcessRow,
  entries: readonly { readonly resource_id: ResourceId; readonly scopes: string }[],
): Process {
  return {
    id: row.id,
    name: row.name,
    owner: (row.owner_id ?? undefined) as PersonId | undefined, // Only people are written as owners.
    orphaned: !canAnswer(row.owner_status),
    purpose: row.purpose,
    status: row.status === 'active' ? 'active' : 'disabled',
    epoch: row.epoch,
    groups: JSON.parse(row.groups) as string[],
    entries: entries.map(({ resource_id, scopes }) => ({
      resource: resource_id,
      scopes: JSON.parse(scopes) as string[],
    })),
    application: row.application === 1,
    createdAt: row.created_at,
    changedAt: row.changed_at,
    lastSeenAt: row.last_seen_at ?? undefined,
    sealedLastSeenFrom: row.last_seen_from ?? undefined,
  };
}

const place = (id: ProcessId) => ({ table: 'process', column: 'last_seen_from', row: id });

export function sealFrom(box: Box, id: ProcessId, address: string): Uint8Array {
  return box.seal(place(id), utf8(address));
}

export function openFrom(box: Box, { id, sealedLastSeenFrom }: Process): string | undefined {
  return sealedLastSeenFrom && fromUtf8(box.open(place(id), sealedLastSeenFrom));
}
