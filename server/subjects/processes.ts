/**
 * Processes: programs that prove themselves, each with an owner who answers for it, and the resources that it may enter. Each
 * change is one transaction with its event; whether the one who asks may do it was judged before, by the gate.
 *
 * A process is a subject like a person: the same row, the same epoch, a data key of its own, proofs in the same table. What it
 * has not is a role: it administers nothing, and enters what it is listed for and nothing else.
 *
 * An application that proves itself (an OAuth client with a key, a certificate or a secret) is a process with the id of its
 * resource. `resources.ts` adds and removes it together with that.
 */
import { PlainName } from '@sallyport/contract/processes.ts';
import type { Clock } from '../kernel/clock.ts';
import { MINUTE } from '../kernel/clock.ts';
import { Fault } from '../kernel/fault.ts';
import { type Ids, type PersonId, type ProcessId, parseId, type ResourceId } from '../kernel/id.ts';
import { failed, ok, type Result } from '../kernel/result.ts';
import type { By, Recorder } from '../record/record.ts';
import type { Queries, Tx } from '../store/store.ts';
import type { Vault } from '../vault/vault.ts';
import { ANSWERING, addOwned, changeOwned, isOwner } from './owned-subject.ts';
import { raiseEpoch } from './owned-subject-table.ts';
import { type ListedEntry, openFrom, type Process, readProcess, sealFrom } from './process.ts';
import {
  deleteEntriesOf,
  deleteProcess,
  entriesOf,
  insertEntry,
  insertProcess,
  listProcesses,
  type ProcessFilter,
  type ProcessRow,
  processById,
  processByName,
  processNamed,
  seeProcess,
  updateProcess,
} from './process-table.ts';
import { readResource, scopesOf } from './resource.ts';
import { resourceById } from './resource-table.ts';
import { subjectById } from './subject-table.ts';

export interface NewProcess {
  readonly name: string;
  readonly owner: PersonId | undefined;
  readonly purpose: string;
  readonly groups: readonly string[];
  readonly entries: readonly ListedEntry[];
}

export type ProcessChange = Partial<NewProcess>;

export type ProcessError =
  | { readonly code: 'name-taken' }
  /** Nobody of that id, or nobody who could answer for anything. */
  | { readonly code: 'owner-not-found' }
  | { readonly code: 'resource-not-found'; readonly resource: string }
  | { readonly code: 'scope-not-known'; readonly resource: string; readonly scope: string }
  | { readonly code: 'not-found' }
  | { readonly code: 'changed-meanwhile' };

/** Ends what a process holds elsewhere, in the transaction that shuts it out: under its old name, for a while, or for good. */
export type ShutOut = (
  tx: Tx,
  id: ProcessId,
  how: 'renamed' | 'disabled' | 'removed',
  by: By,
) => Promise<void>;

export interface ProcessesDeps {
  readonly vault: Vault;
  readonly record: Recorder;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly shutOut?: ShutOut | undefined;
}

export interface Processes {
  get(q: Queries, id: ProcessId): Promise<Process | undefined>;
  /** By id or name, as a client says it. */
  find(q: Queries, idOrName: string): Promise<Process | undefined>;
  list(q: Queries, filter: ProcessFilter): Promise<Process[]>;
  /** The address that it last came from, if it can be read. */
  lastSeenFrom(q: Queries, process: Process): Promise<string | undefined>;
  add(tx: Tx, process: NewProcess, by: By): Promise<Result<Process, ProcessError>>;
  /** The process of an application, under the id of its resource. */
  addForApplication(
    tx: Tx,
    resource: ResourceId,
    process: NewProcess,
    by: By,
  ): Promise<Result<Process, ProcessError>>;
  change(
    tx: Tx,
    id: ProcessId,
    change: ProcessChange,
    by: By,
  ): Promise<Result<Process, ProcessError>>;
  disable(tx: Tx, id: ProcessId, by: By): Promise<Result<Process, ProcessError>>;
  enable(tx: Tx, id: ProcessId, by: By): Promise<Result<Process, ProcessError>>;
  /** Only for what belongs to an application. Its row as a subject stays, so that the record can still name it. */
  remove(tx: Tx, id: ProcessId, by: By): Promise<Result<void, ProcessError>>;
  /** What it was granted is judged anew from now on: for when a proof that it rested on is gone. */
  raise(tx: Tx, id: ProcessId): Promise<void>;
  /** Notes that it came, and from where: once in a minute, so that busy processes cost no write each time. */
  seen(tx: Tx, process: Process, from: string): Promise<void>;
}

const SEEN_EVERY = MINUTE;

export function createProcesses(deps: ProcessesDeps): Processes {
  const { vault, record, clock, ids, shutOut } = deps;

  async function whole(q: Queries, row: ProcessRow | undefined): Promise<Process | undefined> {
    return row && readProcess(row, await q.all(entriesOf, { id: row.id }));
  }

  async function get(q: Queries, id: ProcessId): Promise<Process | undefined> {
    return whole(q, await q.one(processById, { id }));
  }

  async function ownerProblem(q: Queries, owner: PersonId | undefined) {
    return owner === undefined || (await isOwner(q, owner))
      ? undefined
      : ({ code: 'owner-not-found' } as const);
  }

  /** Writes what it may enter, in place of what it might before. */
  async function list(
    tx: Tx,
    process: ProcessId,
    entries: readonly ListedEntry[],
  ): Promise<ProcessError | undefined> {
    await tx.run(deleteEntriesOf, { process });
    const seen = new Set<ResourceId>();
    for (const { resource, scopes } of entries) {
      const row = await tx.one(resourceById, { id: resource });
      // Applications are for people.
      if (row === undefined || row.kind === 'application' || seen.has(resource)) {
        return { code: 'resource-not-found', resource };
      }
      seen.add(resource);
      const known = scopesOf(readResource(row));
      const scope = scopes.find((one) => !known.includes(one));
      if (scope !== undefined) return { code: 'scope-not-known', resource: row.name, scope };
      await tx.run(insertEntry, { process, resource, scopes: JSON.stringify(scopes) });
    }
    return undefined;
  }

  /** An application that proved itself once, and then by nothing, left its row as a subject, which is its own again. */
  async function begin(
    tx: Tx,
    id: ProcessId,
    owned: Pick<NewProcess, 'owner' | 'groups'>,
    application: boolean,
  ): Promise<boolean> {
    const now = clock.now();
    const former = application ? await tx.one(subjectById, { id }) : undefined;
    if (former !== undefined) {
      return changeOwned(tx, { id, epoch: former.epoch }, { ...owned, status: 'active' }, now);
    }
    await addOwned(tx, vault, 'process', id, owned, now);
    return true;
  }

  async function create(
    tx: Tx,
    id: ProcessId,
    { name, owner, purpose, groups, entries }: NewProcess,
    application: boolean,
    by: By,
  ): Promise<Result<Process, ProcessError>> {
    const stranger = await ownerProblem(tx, owner);
    if (stranger !== undefined) return failed(stranger);
    if (!(await begin(tx, id, { owner, groups }, application)))
      return failed({ code: 'changed-meanwhile' });
    const row = { id, name, purpose, application: application ? 1 : 0 };
    if ((await tx.run(insertProcess, row)) !== 1) return failed({ code: 'name-taken' });
    const error = await list(tx, id, entries);
    if (error !== undefined) return failed(error);
    await record.append(tx, {
      type: 'process.added',
      outcome: 'done',
      subject: id,
      ...by,
      data: { name, ...(owner === undefined ? {} : { owner }), resources: named(entries) },
    });
    return ok(await there(tx, id));
  }

  async function there(q: Queries, id: ProcessId): Promise<Process> {
    const process = await get(q, id);
    if (process === undefined) throw new Fault('store.misuse', `the process ${id} is not there`);
    return process;
  }

  async function setStatus(
    tx: Tx,
    id: ProcessId,
    status: 'active' | 'disabled',
    by: By,
  ): Promise<Result<Process, ProcessError>> {
    const process = await get(tx, id);
    if (process === undefined) return failed({ code: 'not-found' });
    if (!(await changeOwned(tx, process, { ...process, status }, clock.now()))) {
      return failed({ code: 'changed-meanwhile' });
    }
    await record.append(tx, {
      type: status === 'disabled' ? 'process.disabled' : 'process.enabled',
      outcome: 'done',
      subject: id,
      ...by,
      data: { name: process.name },
    });
    if (status === 'disabled') await shutOut?.(tx, id, 'disabled', by);
    return ok(await there(tx, id));
  }

  return {
    get,

    async find(q, idOrName) {
      const id = parseId<'process'>(idOrName);
      if (id !== undefined) return get(q, id);
      // What can be nobody's name need not be asked for; PostgreSQL would not even take some of it.
      if (!PlainName.safeParse(idOrName).success) return undefined;
      return whole(q, await q.one(processByName, { name: idOrName }));
    },

    async list(q, filter) {
      const found: Process[] = [];
      for (const row of await q.all(listProcesses(filter, ANSWERING), {})) {
        found.push(readProcess(row, await q.all(entriesOf, { id: row.id })));
      }
      return found;
    },

    async lastSeenFrom(q, process) {
      if (process.sealedLastSeenFrom === undefined) return undefined;
      const box = await vault.subject(q, process.id);
      return box && openFrom(box, process);
    },

    add: (tx, process, by) => create(tx, ids.next<'process'>(), process, false, by),

    addForApplication: (tx, resource, process, by) =>
      // One id for both: a client id is the id of the application, and of what proves itself as it.
      create(tx, resource as string as ProcessId, process, true, by),

    async change(tx, id, change, by) {
      const before = await get(tx, id);
      if (before === undefined) return failed({ code: 'not-found' });
      const after = { ...before, ...change };
      if (change.owner !== undefined) {
        const stranger = await ownerProblem(tx, change.owner);
        if (stranger !== undefined) return failed(stranger);
      }
      const { name, purpose } = after;
      if (name !== before.name && (await tx.one(processNamed, { name })) !== undefined) {
        return failed({ code: 'name-taken' });
      }
      if (!(await changeOwned(tx, before, after, clock.now())))
        return failed({ code: 'changed-meanwhile' });
      await tx.run(updateProcess, { id, name, purpose });
      if (name !== before.name) await shutOut?.(tx, id, 'renamed', by);
      if (change.entries !== undefined) {
        const error = await list(tx, id, change.entries);
        if (error !== undefined) return failed(error);
      }
      await record.append(tx, {
        type: 'process.changed',
        outcome: 'done',
        subject: id,
        ...by,
        data: {
          name,
          fields: Object.keys(change).sort(),
          ...(after.owner === undefined ? {} : { owner: after.owner }),
          resources: named(after.entries),
        },
      });
      return ok(await there(tx, id));
    },

    disable: (tx, id, by) => setStatus(tx, id, 'disabled', by),
    enable: (tx, id, by) => setStatus(tx, id, 'active', by),

    async remove(tx, id, by) {
      const process = await get(tx, id);
      if (process === undefined) return failed({ code: 'not-found' });
      await record.append(tx, {
        type: 'process.removed',
        outcome: 'done',
        subject: id,
        ...by,
        data: { name: process.name },
      });
      if (
        !(await changeOwned(
          tx,
          process,
          { ...process, owner: undefined, status: 'erased' },
          clock.now(),
        ))
      ) {
        return failed({ code: 'changed-meanwhile' });
      }
      await shutOut?.(tx, id, 'removed', by);
      await tx.run(deleteEntriesOf, { process: id });
      await tx.run(deleteProcess, { id });
      return ok(undefined);
    },

    async raise(tx, id) {
      await tx.run(raiseEpoch, { id, now: clock.now() });
    },

    async seen(tx, process, from) {
      const now = clock.now();
      const { id, lastSeenAt } = process;
      if (lastSeenAt !== undefined && lastSeenAt + SEEN_EVERY > now) return;
      const box = await vault.subject(tx, id);
      if (box === undefined) throw new Fault('vault.key', `${id} has no key`);
      await tx.run(seeProcess, {
        id,
        now,
        from: sealFrom(box, id, from),
        before: now - SEEN_EVERY,
      });
    },
  };
}

const named = (entries: readonly ListedEntry[]): string[] =>
  entries.slice(0, 64).map(({ resource }) => resource);
