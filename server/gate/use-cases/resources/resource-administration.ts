/** What administrators do to resources: applications, APIs and sites. */
import { details } from '@sallyport/contract/resources.ts';
import type { z } from 'zod';
import type { Clock } from '../../../kernel/clock.ts';
import { Fault } from '../../../kernel/fault.ts';
import type { PersonId, ProcessId, ResourceId } from '../../../kernel/id.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import type { Action } from '../../../policy/actions.ts';
import { removeAllHeld } from '../../../proofs/held-proofs.ts';
import type { By } from '../../../record/record.ts';
import type { Queries, Tx } from '../../../store/store.ts';
import type { Resource } from '../../../subjects/resource.ts';
import type { ResourceFilter } from '../../../subjects/resource-table.ts';
import type {
  NewResource,
  ResourceChange,
  ResourceError,
  Resources,
} from '../../../subjects/resources.ts';
import type { Arrival } from '../../arrival.ts';
import { endGrantsWith } from '../../entry/grant-table.ts';
import type { Gate, Performed } from '../../gate.ts';
import type { Keeping, KeyReused, OnceKey } from '../../once/once.ts';
import type { Wish } from '../../wish.ts';
import { RESOURCES } from '../../wishes.ts';
import { found, NOT_FOUND, type NotFound, type Page } from '../answered.ts';
import { deleteRegistration } from '../apps/registration/registration-table.ts';

/** What is given of the detail takes the place of what was; the rest stays. */
export type ResourceEdit = Omit<ResourceChange, 'detail'> & {
  readonly detail?: Readonly<Record<string, unknown>>;
};

/** What was given does not fit the kind. */
export interface DetailNotValid {
  readonly code: 'detail-not-valid';
  readonly error: z.ZodError;
}

export type EditError = ResourceError | DetailNotValid;

export interface ResourceActs {
  list(q: Queries, filter: ResourceFilter): Promise<Page<Resource>>;
  edit(
    tx: Tx,
    named: string,
    edit: ResourceEdit,
    by: By,
    /** Who makes it, and so answers for an application that is to prove itself from now on. */
    maker?: PersonId,
  ): Promise<Result<Resource, EditError>>;
  remove(tx: Tx, named: string, by: By): Promise<Result<void, ResourceError>>;
}

/** Whoever may do it: the command line on the machine itself calls these. */
export function createResourceActs(deps: {
  readonly resources: Resources;
  readonly clock: Clock;
}): ResourceActs {
  const { resources, clock } = deps;
  return {
    async list(q, filter) {
      const items = await resources.list(q, filter);
      return { items, next: items.length === filter.limit ? items.at(-1)?.id : undefined };
    },

    async edit(tx, named, { detail, ...change }, by, maker) {
      const before = await resources.find(tx, named);
      if (before === undefined) return failed(NOT_FOUND);
      if (detail === undefined) return resources.change(tx, before.id, change, by);
      const read = details[before.kind].safeParse({ ...before.detail, ...detail });
      if (!read.success) return failed({ code: 'detail-not-valid', error: read.error });
      const whole = { ...change, detail: read.data };
      const changed = await resources.change(tx, before.id, whole, by, maker);
      const after = changed.ok ? changed.value : undefined;
      if (after?.kind !== 'application' || before.kind !== 'application') return changed;
      // By what it proved itself once, it must not once more when it is to prove itself again.
      const isPublic = [before, after].some((one) => one.detail.clientAuth === 'none');
      if (isPublic) await removeProofsOf(tx, after.id);
      // Whoever registered it looks after it no more: it is the organisation's.
      if (after.detail.firstParty) await tx.run(deleteRegistration, { app: after.id });
      return changed;
    },

    async remove(tx, named, by) {
      const resource = await resources.find(tx, named);
      if (resource === undefined) return failed(NOT_FOUND);
      const removed = await resources.remove(tx, resource.id, by);
      if (!removed.ok) return removed;
      await removeProofsOf(tx, resource.id);
      await tx.run(endGrantsWith, { resource: resource.id, now: clock.now() });
      await tx.run(deleteRegistration, { app: resource.id });
      return removed;
    },
  };
}

/** An application that proved itself had proofs under the same id. */
const removeProofsOf = (tx: Tx, id: ResourceId) => removeAllHeld(tx, id as string as ProcessId);

/** Resources are named by id or by name throughout. */
export interface ResourceAdministration {
  list(
    token: string,
    filter: ResourceFilter,
    arrival: Arrival,
  ): Promise<Performed<Page<Resource>, never>>;
  show(token: string, named: string, arrival: Arrival): Promise<Performed<Resource, NotFound>>;
  add(
    token: string,
    resource: NewResource,
    arrival: Arrival,
    once?: OnceKey,
  ): Promise<Performed<Resource, ResourceError | KeyReused>>;
  change(
    token: string,
    named: string,
    edit: ResourceEdit,
    arrival: Arrival,
  ): Promise<Performed<Resource, EditError>>;
  remove(token: string, named: string, arrival: Arrival): Promise<Performed<void, ResourceError>>;
}

export interface ResourceAdministrationDeps {
  readonly gate: Gate;
  readonly resources: Resources;
  readonly resourceActs: ResourceActs;
}

const wish = (action: Action): Wish => ({ action, resource: RESOURCES });

export function createResourceAdministration({
  gate,
  resources,
  resourceActs,
}: ResourceAdministrationDeps): ResourceAdministration {
  return {
    list: (token, filter, arrival) =>
      gate.read(token, wish('resource.read'), arrival, (q) => resourceActs.list(q, filter)),

    show: (token, named, arrival) =>
      found(gate.read(token, wish('resource.read'), arrival, (q) => resources.find(q, named))),

    add(token, resource, arrival, once) {
      const keeping: Keeping<Resource> = {
        once,
        keep: ({ id }) => id,
        async again(tx, id) {
          const added = await resources.get(tx, id as ResourceId); // Kept two lines above.
          if (added === undefined) throw new Fault('store.misuse', `the resource ${id} is gone`);
          return added;
        },
      };
      return gate.performOnce(token, wish('resource.create'), arrival, keeping, (tx, { by }) =>
        resources.add(tx, resource, by),
      );
    },

    change: (token, named, edit, arrival) =>
      gate.perform(token, wish('resource.change'), arrival, (tx, { by, session }) =>
        resourceActs.edit(tx, named, edit, by, session.subject),
      ),

    remove: (token, named, arrival) =>
      gate.perform(token, wish('resource.remove'), arrival, async (tx, { by }) => {
        const removed = await resourceActs.remove(tx, named, by);
        return removed.ok ? ok(undefined) : removed;
      }),
  };
}
