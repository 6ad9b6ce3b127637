/** Smart cards of people as administrators give and take them by a door. Each is judged in the transaction that does it. */
import { type PersonId, parseId } from '../../../kernel/id.ts';
import { failed, ok } from '../../../kernel/result.ts';
import { listHeld } from '../../../proofs/held-proofs.ts';
import type { EnrolmentError, HeldProof } from '../../../proofs/proof.ts';
import type { Queries, Store } from '../../../store/store.ts';
import type { People } from '../../../subjects/people.ts';
import type { Arrival } from '../../arrival.ts';
import type { Gate, Performed } from '../../gate.ts';
import { wishAbout } from '../../wishes.ts';
import { found, NOT_FOUND } from '../answered.ts';
import type { CardRefused, Cards } from './cards.ts';

export type CardProblem =
  | { readonly code: 'not-found' }
  | { readonly code: CardRefused | EnrolmentError['code'] };

export interface CardAdministration {
  list(
    token: string,
    id: PersonId,
    arrival: Arrival,
  ): Promise<Performed<readonly HeldProof[], { readonly code: 'not-found' }>>;
  add(
    token: string,
    id: PersonId,
    card: { readonly chain: readonly Uint8Array[]; readonly name: string | undefined },
    arrival: Arrival,
  ): Promise<Performed<HeldProof, CardProblem>>;
  remove(
    token: string,
    id: PersonId,
    card: string,
    arrival: Arrival,
  ): Promise<Performed<void, { readonly code: 'not-found' }>>;
}

export interface CardAdministrationDeps {
  readonly gate: Gate;
  readonly store: Store;
  readonly people: People;
  readonly cards: Pick<Cards, 'assignIn' | 'remove'>;
}

export function createCardAdministration(deps: CardAdministrationDeps): CardAdministration {
  const { gate, store, people, cards } = deps;

  return {
    async list(token, id, arrival) {
      const wish = await store.read(wishAbout(people, 'person.read', id));
      return found(
        gate.read(token, wish, arrival, async (q) =>
          (await people.get(q, id)) === undefined ? undefined : cardsOf(q, id),
        ),
      );
    },

    add: (token, id, { chain, name }, arrival) =>
      gate.perform<HeldProof, CardProblem>(
        token,
        wishAbout(people, 'card.change', id),
        arrival,
        async (tx, { by }) => {
          if ((await people.get(tx, id)) === undefined) return failed(NOT_FOUND);
          const added = await cards.assignIn(tx, chain, id, name, by);
          if (!added.ok) return failed({ code: added.error });
          const card = (await cardsOf(tx, id)).find((one) => one.id === added.value.proof);
          return card === undefined ? failed(NOT_FOUND) : ok(card);
        },
      ),

    remove: (token, id, text, arrival) =>
      gate.perform(token, wishAbout(people, 'card.change', id), arrival, async (tx, { by }) => {
        const card = parseId<'proof'>(text);
        const gone = card !== undefined && (await cards.remove(tx, id, card, by));
        return gone ? ok(undefined) : failed(NOT_FOUND);
      }),
  };
}

export async function cardsOf(q: Queries, id: PersonId): Promise<readonly HeldProof[]> {
  return (await listHeld(q, id)).filter(({ kind }) => kind === 'card');
}
