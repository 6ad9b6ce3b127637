/**
 * Processes and what they were granted, for benches: real rows, written by the rooms' own statements in bulk. Each process has
 * a key of its own and ten grants that live for a day.
 */
import { type GrantId, type GrantRow, insertGrant } from '../../server/gate/entry/grant-table.ts';
import { DAY } from '../../server/kernel/clock.ts';
import type { ProcessId, ResourceId } from '../../server/kernel/id.ts';
import { readJwk } from '../../server/proofs/jwk.ts';
import { addProcessProof } from '../../server/proofs/process-held.ts';
import type { Tx } from '../../server/store/store.ts';
import { insertEntry, insertProcess } from '../../server/subjects/process-table.ts';
import { insertSubject } from '../../server/subjects/subject-table.ts';
import { type BenchClient, makeClient, SCOPES } from './bench-clients.ts';
import type { BenchHouse } from './bench-house.ts';

const TOGETHER = 500;

export interface AddedClients {
  readonly ids: readonly ProcessId[];
  /** Those whose private keys were kept, from all over. */
  readonly kept: readonly BenchClient[];
}

export async function addManyClients(
  opened: BenchHouse,
  api: ResourceId,
  { count, keep }: { readonly count: number; readonly keep: number },
  onAdded: (count: number) => void,
): Promise<AddedClients> {
  const ids: ProcessId[] = [];
  const kept: BenchClient[] = [];
  const apart = Math.max(1, Math.floor(count / keep));
  for (let at = 0; at < count; at += TOGETHER) {
    const clients = Array.from({ length: Math.min(TOGETHER, count - at) }, (_, i) =>
      makeClient(`client-${at + i}`),
    );
    const added = await opened.store.write(async (tx) => {
      const fresh: ProcessId[] = [];
      for (const client of clients) fresh.push(await addOne(tx, opened, api, client));
      return fresh;
    });
    ids.push(...added);
    kept.push(...clients.filter((_, i) => (at + i) % apart === 0));
    onAdded(clients.length);
  }
  return { ids, kept: kept.slice(0, keep) };
}

async function addOne(
  tx: Tx,
  { house, clock }: BenchHouse,
  api: ResourceId,
  client: BenchClient,
): Promise<ProcessId> {
  const { ids, vault } = house;
  const id = ids.next<'process'>();
  const now = clock.now();
  await vault.createSubjectKey(tx, id);
  await tx.run(insertSubject, {
    ...{ id, kind: 'process', status: 'active', owner_id: null, epoch: 1, roles: '[]' },
    ...{ groups: '[]', profile: null, created_at: now, changed_at: now },
  });
  await tx.run(insertProcess, { id, name: client.id, purpose: 'Measuring.', application: 0 });
  await tx.run(insertEntry, { process: id, resource: api, scopes: JSON.stringify(SCOPES) });
  const key = readJwk(client.publicJwk);
  if (!key.ok) throw new Error(`a key that ${key.error}`);
  const { alg, jwk, thumbprint } = key.value;
  const added = await addProcessProof(
    { clock, ids },
    { kind: 'key', most: 1 },
    tx,
    { process: id, held: [], name: 'key', settings: {} },
    { facts: { jwk: { ...jwk, alg }, thumbprint }, unique: thumbprint, usual: 365 * DAY },
  );
  if (!added.ok) throw new Error(`no proof: ${added.error.code}`);
  return id;
}

/** In turns, so that what one process was granted lies all over. Each is as `like`, which was given out in earnest. */
export async function addManyGrants(
  { house, store, clock }: BenchHouse,
  { count, like }: { readonly count: number; readonly like: GrantRow },
  clients: readonly ProcessId[],
  onAdded: (count: number) => void,
): Promise<GrantId[]> {
  const added: GrantId[] = [];
  for (let at = 0; at < count; at += TOGETHER) {
    const now = clock.now();
    const rows = Array.from({ length: Math.min(TOGETHER, count - at) }, (_, i): GrantRow => {
      const subject = clients[(at + i) % clients.length]!; // Within the list.
      const times = { created_at: now, expires_at: now + DAY };
      return { ...like, ...times, id: house.ids.next(), subject_id: subject, client_id: subject };
    });
    await store.write(async (tx) => {
      for (const row of rows) await tx.run(insertGrant, row);
    });
    for (const { id } of rows) added.push(id);
    onAdded(rows.length);
  }
  return added;
}
