/** Who is at which network device (desk.ts). */
import type { AnswerOf } from '../remote/connection.ts';
import type { Done, Page } from './done.ts';

export type ShownLogIn = AnswerOf<'listLogIns'>['items'][number];

export interface LogInsDesk {
  list(filter: { readonly after?: string; readonly limit: number }): Done<Page<ShownLogIn>>;
  reauthorize(id: string): Done<AnswerOf<'reauthorizeLogIn'>>;
  end(id: string): Done<unknown>;
}
