import type { ResourceId } from '../kernel/id.ts';
import { tables } from '../store/statement.ts';
import type { Footing } from '../store/store.ts';

export interface ResourceRow {
  id: ResourceId;
  name: string;
  kind: string;
  /** Rises with each change. */
  epoch: number;
  /** JSON lists of text: groups that policies name, and groups whose people are listed. */
  groups: string;
  open: string;
  members: string;
  /** JSON, of the kind's own form (contract/resources.ts). */
  detail: string;
  created_at: number;
  changed_at: number;
}

interface ResourceTables {
  resource: ResourceRow;
  /** What a resource is found by beside its name: audiences and hosts, each leading to one resource. */
  resource_key: { key: string; resource_id: ResourceId };
}

const t = tables<ResourceTables>();

export const resourceById = t.statement((db, p: { id: ResourceId }) =>
  db.selectFrom('resource').selectAll().where('id', '=', p.id),
);

export const resourceByName = t.statement((db, p: { name: string }) =>
  db.selectFrom('resource').selectAll().where('name', '=', p.name),
);

export const resourceByKey = t.statement((db, p: { key: string }) =>
  db
    .selectFrom('resource_key')
    .innerJoin('resource', 'resource.id', 'resource_key.resource_id')
    .selectAll('resource')
    .where('resource_key.key', '=', p.key),
);

export interface ResourceFilter {
  readonly after?: string;
  readonly kind?: string;
  readonly limit: number;
}

export const listResources = (filter: ResourceFilter) =>
  t.query((db) => {
    let query = db.selectFrom('resource').selectAll();
    const { after, kind } = filter;
    if (after !== undefined) query = query.where('id', '>', after as ResourceId); // Compared as text.
    if (kind !== undefined) query = query.where('kind', '=', kind);
    return query.orderBy('id').limit(filter.limit);
  });

/** What these three rest on: both are read by their keys alone. */
export const resourceFooting: Footing = {
  existing: [],
  rows: ['resource', 'resource_key'],
  tables: [],
};

export const insertResource = t.statement((db, p: ResourceRow) =>
  db
    .insertInto('resource')
    .values({
      id: p.id,
      name: p.name,
      kind: p.kind,
      epoch: p.epoch,
      groups: p.groups,
      open: p.open,
      members: p.members,
      detail: p.detail,
      created_at: p.created_at,
      changed_at: p.changed_at,
    })
    .onConflict((oc) => oc.column('name').doNothing()),
);

export const updateResource = t.statement(
  (
    db,
    p: {
      id: ResourceId;
      seen: number;
      name: string;
      groups: string;
      open: string;
      members: string;
      detail: string;
      now: number;
    },
  ) =>
    db
      .updateTable('resource')
      .set((eb) => ({
        name: p.name,
        groups: p.groups,
        open: p.open,
        members: p.members,
        detail: p.detail,
        changed_at: p.now,
        epoch: eb('epoch', '+', 1),
      }))
      .where('id', '=', p.id)
      .where('epoch', '=', p.seen),
);

export const deleteResource = t.statement((db, p: { id: ResourceId }) =>
  db.deleteFrom('resource').where('id', '=', p.id),
);

export const insertResourceKey = t.statement((db, p: { key: string; resource: ResourceId }) =>
  db
    .insertInto('resource_key')
    .values({ key: p.key, resource_id: p.resource })
    .onConflict((oc) => oc.doNothing()),
);

export const deleteResourceKeys = t.statement((db, p: { resource: ResourceId }) =>
  db.deleteFrom('resource_key').where('resource_id', '=', p.resource),
);
