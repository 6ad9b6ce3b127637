/** Looking after which programs are which process (desk.ts). */
import type { AnswerOf } from '../remote/connection.ts';
import type { Done, Page } from './done.ts';

export type ShownWorkload = AnswerOf<'addWorkload'>;

export interface WorkloadFilter {
  /** By name or id. */
  readonly process?: string;
  readonly after?: string;
  readonly limit: number;
}

export interface WorkloadsDesk {
  /** Where programs of this machine ask; null while spiffe.enabled is off. Undefined of a server elsewhere, which does not tell. */
  readonly socket: string | null | undefined;
  list(filter: WorkloadFilter): Done<Page<ShownWorkload>>;
  add(process: string, selectors: readonly string[]): Done<ShownWorkload>;
  remove(id: string): Done<ShownWorkload>;
}
