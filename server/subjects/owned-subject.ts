/**
 * What devices and processes have in common: each is a subject with a key and an epoch, has no role, and is somebody's, who answers
 * for it. What tells them apart is in devices.ts and processes.ts.
 */
import type { PersonId, SubjectId } from '../kernel/id.ts';
import type { Queries, Tx } from '../store/store.ts';
import type { Vault } from '../vault/vault.ts';
import { updateOwned } from './owned-subject-table.ts';
import { insertSubject, subjectById } from './subject-table.ts';

interface Owned {
  readonly owner: PersonId | undefined;
  readonly groups: readonly string[];
}

/** People in one of these states can answer for what is theirs. */
export const ANSWERING: readonly string[] = ['active', 'enrolling'];

export function canAnswer(status: string | null | undefined): boolean {
  return status !== null && status !== undefined && ANSWERING.includes(status);
}

/** Whether this is a person, and one who can answer. */
export async function isOwner(q: Queries, id: PersonId): Promise<boolean> {
  const row = await q.one(subjectById, { id });
  return row?.kind === 'person' && canAnswer(row.status);
}

export async function addOwned(
  tx: Tx,
  vault: Pick<Vault, 'createSubjectKey'>,
  kind: 'device' | 'process',
  id: SubjectId,
  { owner, groups }: Owned,
  now: number,
): Promise<void> {
  await vault.createSubjectKey(tx, id);
  await tx.run(insertSubject, {
    id,
    kind,
    status: 'active',
    owner_id: owner ?? null,
    epoch: 1,
    roles: '[]',
    groups: JSON.stringify(groups),
    profile: null,
    created_at: now,
    changed_at: now,
  });
}

/** False where somebody else changed it meanwhile. What it was granted is judged anew. */
export async function changeOwned(
  tx: Tx,
  before: { readonly id: SubjectId; readonly epoch: number },
  after: Owned & { readonly status: string },
  now: number,
): Promise<boolean> {
  const changed = await tx.run(updateOwned, {
    id: before.id,
    seen: before.epoch,
    status: after.status,
    owner: after.owner ?? null,
    groups: JSON.stringify(after.groups),
    now,
  });
  return changed === 1;
}
