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
  list(filter: WorkloadFilter): Done<Page<ShownWorkload>>;
  add(process: string, selectors: readonly string[]): Done<ShownWorkload>;
  remove(id: string): Done<ShownWorkload>;
}
