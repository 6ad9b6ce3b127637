/** Smart cards of people at a server elsewhere, by its API. */
import type { Connection } from '../../remote/connection.ts';
import type { CardsDesk } from '../cards-desk.ts';

export function serverCards({ call }: Connection): CardsDesk {
  return {
    list: (id) => call('listCards', { params: { id } }),
    add: (id, certificate, name) =>
      call('addCard', { params: { id }, body: { certificate, name } }),
    remove: (id, proof) => call('removeCard', { params: { id, proof } }),
  };
}
