/** Looking after smart cards of people (desk.ts). */
import type { AnswerOf } from '../remote/connection.ts';
import type { Done } from './done.ts';

export type ShownCard = AnswerOf<'addCard'>;

export interface CardsDesk {
  /** Of one person, by their id. */
  list(person: string): Done<AnswerOf<'listCards'>>;
  /** `certificate`: PEM, with its chain behind it. */
  add(person: string, certificate: string, name: string | null): Done<ShownCard>;
  remove(person: string, card: string): Done<unknown>;
}
