/**
 * Resources: what can be entered. An application that people sign in to, an API that tokens are for, a site that the proxy door
 * stands before. Each change is one transaction with its event; whether the one who asks may do it was judged before.
 *
 * Who may enter is for policy to say. What policy is told of here is whether someone is listed: a process by its entries, a
 * person by a group of members, or everyone where it is open (resource.ts).
 */
import { PlainName } from '@sallyport/contract/processes.ts';
import type { Openness } from '@sallyport/contract/resources.ts';
import type { Clock } from '../kernel/clock.ts';
import { Fault } from '../kernel/fault.ts';
import { type Ids, type PersonId, type ProcessId, parseId, type ResourceId } from '../kernel/id.ts';
import type { OutOfReach } from '../kernel/out-of-reach.ts';
import { failed, ok, type Result } from '../kernel/result.ts';
import type { By, Recorder } from '../record/record.ts';
import { createKept } from '../store/kept.ts';
import type { Queries, Tx } from '../store/store.ts';
import type { BuiltIn } from './built-in.ts';
import { deleteEntriesTo, raiseEpochsAt } from './process-table.ts';
import type { Processes } from './processes.ts';
import {
  audienceKey,
  hostKey,
  keysOf,
  type Resource,
  type ResourceDetail,
  readResource,
} from './resource.ts';
import {
  deleteResource,
  deleteResourceKeys,
  insertResource,
  insertResourceKey,
  listResources,
  type ResourceFilter,
  type ResourceRow,
  resourceById,
  resourceByKey,
  resourceByName,
  resourceFooting,
  updateResource,
} from './resource-table.ts';

interface Common {
  readonly name: string;
  readonly groups: readonly string[];
  readonly open: Openness;
  readonly members: readonly string[];
}

export type NewResource = Common &
  ResourceDetail & {
    /** Who answers for an application that proves itself. */
    readonly owner?: PersonId | undefined;
  };

/** The detail is given as a whole, of the kind that the resource has. */
export type ResourceChange = Partial<Common> & { readonly detail?: ResourceDetail['detail'] };

export type ResourceError =
  | { readonly code: 'name-taken' }
  /** Another resource has this audience or host. */
  | { readonly code: 'address-taken'; readonly address: string }
  /** Nothing there would ever be told anything. */
  | { readonly code: 'address-out-of-reach'; readonly address: string; readonly says: string }
  | { readonly code: 'owner-not-found' }
  | { readonly code: 'not-found' }
  | { readonly code: 'changed-meanwhile' };

export interface Resources {
  get(q: Queries, id: ResourceId): Promise<Resource | undefined>;
  /** By id or name. */
  find(q: Queries, idOrName: string): Promise<Resource | undefined>;
  byAudience(q: Queries, uri: string): Promise<Resource | undefined>;
  /** As it stands in the list of hosts: in small letters, with a port only where it is not the usual one. */
  byHost(q: Queries, host: string): Promise<Resource | undefined>;
  list(q: Queries, filter: ResourceFilter): Promise<Resource[]>;
  add(tx: Tx, resource: NewResource, by: By): Promise<Result<Resource, ResourceError>>;
  change(
    tx: Tx,
    id: ResourceId,
    change: ResourceChange,
    by: By,
    /** Who answers for an application that is to prove itself from now on. */
    owner?: PersonId,
  ): Promise<Result<Resource, ResourceError>>;
  remove(tx: Tx, id: ResourceId, by: By): Promise<Result<void, ResourceError>>;
}

export interface ResourcesDeps {
  readonly record: Recorder;
  readonly processes: Processes;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly builtIn: BuiltIn;
  readonly outOfReach: OutOfReach;
}

const MOST_KEPT = 10_000;

export function createResources(deps: ResourcesDeps): Resources {
  const { record, processes, clock, ids, builtIn, outOfReach } = deps;
  const kept = createKept<Resource>(MOST_KEPT, resourceFooting);

  const keep = (q: Queries, key: string, read: (q: Queries) => Promise<ResourceRow | undefined>) =>
    kept.of(q, key, async (reading) => {
      const row = await read(reading);
      return row && readResource(row);
    });

  const get = async (q: Queries, id: ResourceId) =>
    builtIn.get(id) ?? keep(q, `id ${id}`, (reading) => reading.one(resourceById, { id }));
  const byKey = async (q: Queries, key: string) =>
    builtIn.byKey(key) ??
    // No address has a NUL in it, and PostgreSQL takes none.
    (key.includes('\0')
      ? undefined
      : keep(q, `key ${key}`, (reading) => reading.one(resourceByKey, { key })));

  /** Takes the addresses of a resource; all of them or, by the caller's rollback, none. */
  async function claim(tx: Tx, id: ResourceId, of: ResourceDetail): Promise<string | undefined> {
    await tx.run(deleteResourceKeys, { resource: id });
    for (const key of keysOf(of)) {
      if (builtIn.byKey(key) || (await tx.run(insertResourceKey, { key, resource: id })) !== 1) {
        return key.slice(key.indexOf(' ') + 1);
      }
    }
    return undefined;
  }

  /** Of what an application wants to be told at, and was not to be before. */
  function notReached(of: ResourceDetail, before?: ResourceDetail): ResourceError | undefined {
    const known = before === undefined ? [] : toldAt(before);
    for (const address of toldAt(of)) {
      const says = known.includes(address) ? undefined : outOfReach(address);
      if (says !== undefined) return { code: 'address-out-of-reach', address, says };
    }
    return undefined;
  }

  /** An application with a key or secret of its own is a process as well, and one without is not. */
  async function attend(
    tx: Tx,
    { id, name, kind, detail }: Pick<Resource, 'id' | 'name'> & ResourceDetail,
    owner: PersonId | undefined,
    by: By,
  ): Promise<ResourceError | undefined> {
    const provesItself = kind === 'application' && detail.clientAuth !== 'none';
    const process = await processes.get(tx, id as string as ProcessId); // They share an id.
    if (provesItself && process === undefined) {
      const purpose = 'What the application of this name proves itself as.';
      const fresh = { name, owner, purpose, groups: [], entries: [] };
      const added = await processes.addForApplication(tx, id, fresh, by);
      return added.ok ? undefined : asResourceError(added.error.code);
    }
    if (process === undefined) return undefined;
    if (!provesItself) {
      const removed = await processes.remove(tx, process.id, by);
      return removed.ok ? undefined : asResourceError(removed.error.code);
    }
    if (process.name === name) return undefined;
    const renamed = await processes.change(tx, process.id, { name }, by);
    return renamed.ok ? undefined : asResourceError(renamed.error.code);
  }

  const reference = ({ id, kind }: Pick<Resource, 'id' | 'kind'>) => ({ kind, id });

  async function there(tx: Tx, id: ResourceId): Promise<Resource> {
    const row = await tx.one(resourceById, { id });
    if (row === undefined) throw new Fault('store.misuse', `the resource ${id} is not there`);
    return readResource(row);
  }

  return {
    get,

    async find(q, idOrName) {
      const id = parseId<'resource'>(idOrName);
      if (id !== undefined) return get(q, id);
      // What can be no name need not be asked for; PostgreSQL would not even take some of it.
      if (!PlainName.safeParse(idOrName).success) return undefined;
      return (
        builtIn.named(idOrName) ??
        keep(q, `name ${idOrName}`, (reading) => reading.one(resourceByName, { name: idOrName }))
      );
    },

    byAudience: (q, uri) => byKey(q, audienceKey(uri)),
    byHost: (q, host) => byKey(q, hostKey(host)),

    async list(q, filter) {
      return (await q.all(listResources(filter), {})).map(readResource);
    },

    async add(tx, { name, groups, open, members, owner, ...of }, by) {
      if (builtIn.named(name)) return failed({ code: 'name-taken' });
      const unreachable = notReached(of);
      if (unreachable !== undefined) return failed(unreachable);
      const id = ids.next<'resource'>();
      const now = clock.now();
      const inserted = await tx.run(insertResource, {
        id,
        name,
        kind: of.kind,
        epoch: 1,
        groups: JSON.stringify(groups),
        open,
        members: JSON.stringify(members),
        detail: JSON.stringify(of.detail),
        created_at: now,
        changed_at: now,
      });
      if (inserted !== 1) return failed({ code: 'name-taken' });
      const taken = await claim(tx, id, of);
      if (taken !== undefined) return failed({ code: 'address-taken', address: taken });
      await record.append(tx, {
        type: 'resource.added',
        outcome: 'done',
        ...by,
        data: { resource: reference({ id, kind: of.kind }), name },
      });
      const error = await attend(tx, { id, name, ...of }, owner, by);
      return error === undefined ? ok(await there(tx, id)) : failed(error);
    },

    async change(tx, id, change, by, owner) {
      const row = await tx.one(resourceById, { id });
      if (row === undefined) return failed({ code: 'not-found' });
      const before = readResource(row);
      // The kind stays, and the caller read the detail as of that kind.
      const after = { ...before, ...change } as Resource;
      const unreachable = notReached(after, before);
      if (unreachable !== undefined) return failed(unreachable);
      if (after.name !== before.name) {
        const other =
          builtIn.named(after.name) ?? (await tx.one(resourceByName, { name: after.name }));
        if (other !== undefined) return failed({ code: 'name-taken' });
      }
      const changed = await tx.run(updateResource, {
        id,
        seen: before.epoch,
        name: after.name,
        groups: JSON.stringify(after.groups),
        open: after.open,
        members: JSON.stringify(after.members),
        detail: JSON.stringify(after.detail),
        now: clock.now(),
      });
      if (changed !== 1) return failed({ code: 'changed-meanwhile' });
      const taken = await claim(tx, id, after);
      if (taken !== undefined) return failed({ code: 'address-taken', address: taken });
      await record.append(tx, {
        type: 'resource.changed',
        outcome: 'done',
        ...by,
        data: {
          resource: reference(after),
          name: after.name,
          fields: Object.keys(change).sort(),
        },
      });
      const error = await attend(tx, after, owner, by);
      return error === undefined ? ok(await there(tx, id)) : failed(error);
    },

    async remove(tx, id, by) {
      const row = await tx.one(resourceById, { id });
      if (row === undefined) return failed({ code: 'not-found' });
      const resource = readResource(row);
      await tx.run(raiseEpochsAt, { resource: id, now: clock.now() });
      await tx.run(deleteEntriesTo, { resource: id });
      const process = await processes.get(tx, id as string as ProcessId); // They share an id.
      if (process !== undefined) {
        const removed = await processes.remove(tx, process.id, by);
        if (!removed.ok) return failed({ code: 'changed-meanwhile' });
      }
      await tx.run(deleteResourceKeys, { resource: id });
      await tx.run(deleteResource, { id });
      await record.append(tx, {
        type: 'resource.removed',
        outcome: 'done',
        ...by,
        data: { resource: reference(resource), name: resource.name },
      });
      return ok(undefined);
    },
  };
}

const toldAt = ({ kind, detail }: ResourceDetail): readonly string[] =>
  kind === 'application'
    ? [detail.backchannelLogoutUri, detail.cibaNotificationUri].filter((uri) => uri !== null)
    : [];

function asResourceError(
  code: 'name-taken' | 'owner-not-found' | 'changed-meanwhile' | string,
): ResourceError {
  switch (code) {
    case 'name-taken':
    case 'owner-not-found':
    case 'changed-meanwhile':
      return { code };
    default:
      throw new Fault('store.misuse', `the process of an application could not be: ${code}`);
  }
}
