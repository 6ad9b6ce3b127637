/** Smart cards of people in the house of this machine. */
import { certificatesIn } from '../../../doors/api/authority-views.ts';
import { card, cardProblem } from '../../../doors/api/card-views.ts';
import { cardsOf } from '../../../gate/use-cases/people/card-administration.ts';
import { parseId } from '../../../kernel/id.ts';
import { failed, ok } from '../../../kernel/result.ts';
import type { House } from '../../house.ts';
import { AT_THE_MACHINE } from '../at-the-machine.ts';
import type { CardsDesk } from '../cards-desk.ts';
import { NOT_FOUND } from '../not-found.ts';

export function houseCards({ store, cards }: House): CardsDesk {
  const known = (id: string) => parseId<'person'>(id);

  return {
    async list(text) {
      const id = known(text);
      if (id === undefined) return NOT_FOUND;
      const held = await store.read((q) => cardsOf(q, id));
      return ok({ cards: held.map(card) });
    },

    async add(text, certificate, name) {
      const id = known(text);
      if (id === undefined) return NOT_FOUND;
      const chain = certificatesIn(certificate);
      const added = await cards.assign(chain, id, name ?? undefined, AT_THE_MACHINE);
      if (!added.ok) return failed(cardProblem({ code: added.error }));
      const held = await store.read((q) => cardsOf(q, id));
      const found = held.find((one) => one.id === added.value.proof);
      return found === undefined ? NOT_FOUND : ok(card(found));
    },

    async remove(text, proof) {
      const id = known(text);
      const gone =
        id !== undefined &&
        (await store.write((tx) => cards.remove(tx, id, proof, AT_THE_MACHINE)));
      return gone ? ok(undefined) : NOT_FOUND;
    },
  };
}
