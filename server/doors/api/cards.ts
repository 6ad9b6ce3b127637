/** Smart cards of people, given and taken by administrators. */
import type { cardOperations } from '@sallyport/contract/api/cards.ts';
import { type PersonId, parseId } from '../../kernel/id.ts';
import type { ApiDeps } from './api-deps.ts';
import { certificatesIn } from './authority-views.ts';
import { card, cardProblem } from './card-views.ts';
import type { Handlers } from './handler.ts';
import { answered, Told } from './told.ts';

const nothing = () => undefined;

export function cardHandlers({
  cardAdministration: cards,
}: Pick<ApiDeps, 'cardAdministration'>): Handlers<keyof typeof cardOperations> {
  /** What is no id of ours is nobody’s. */
  async function of<A>(text: string, work: (id: PersonId) => Promise<A | Told>): Promise<A | Told> {
    const id = parseId<'person'>(text);
    return id === undefined ? new Told('not-found') : work(id);
  }

  return {
    listCards: ({ params }, { token, arrival }) =>
      of(params.id, async (id) =>
        answered(
          await cards.list(token, id, arrival),
          (held) => ({ cards: held.map(card) }),
          cardProblem,
        ),
      ),

    addCard: ({ params, body }, { token, arrival }) =>
      of(params.id, async (id) => {
        const wanted = { chain: certificatesIn(body.certificate), name: body.name ?? undefined };
        return answered(await cards.add(token, id, wanted, arrival), card, cardProblem);
      }),

    removeCard: ({ params }, { token, arrival }) =>
      of(params.id, async (id) =>
        answered(await cards.remove(token, id, params.proof, arrival), nothing, cardProblem),
      ),
  };
}
