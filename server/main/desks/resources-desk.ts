/** Looking after resources (desk.ts). */
import type { EnterableKind, Openness } from '@sallyport/contract/resources.ts';
import type { ResourceDetail } from '../../subjects/resource.ts';
import type { AnswerOf } from '../remote/connection.ts';
import type { Done, Page } from './done.ts';

export type ShownResource = AnswerOf<'showResource'>;

export interface ResourceFilter {
  readonly kind?: EnterableKind;
  readonly after?: string;
  readonly limit: number;
}

interface Common {
  readonly name: string;
  readonly groups: readonly string[];
  readonly open: Openness;
  readonly members: readonly string[];
}

export type NewResource = Common &
  ResourceDetail & {
    /** The id of who answers for an application that proves itself. */
    readonly owner: string | undefined;
  };

export type ResourceEdit = Partial<Common> & {
  /** Parts of it; the rest stays. */
  readonly detail?: Readonly<Record<string, unknown>>;
};

export interface ResourcesDesk {
  /** By name or id. */
  find(named: string): Done<ShownResource | undefined>;
  list(filter: ResourceFilter): Done<Page<ShownResource>>;
  add(resource: NewResource): Done<ShownResource>;
  change(id: string, edit: ResourceEdit): Done<ShownResource>;
  remove(id: string): Done<unknown>;
}

/** The detail as its kind has it: the API shows what it took by the schema of that kind. */
export function detailOf({ kind, detail }: ShownResource): ResourceDetail {
  return { kind, detail } as ResourceDetail; // As said.
}
