/** Smart cards of people, as administrators give and take them. People add their own by showing it: that is an enrolment. */
import { z } from 'zod';
import { operation } from './operation.ts';
import { byId, GivenId, Id, Time } from './parts.ts';

const Card = z
  .strictObject({ id: Id, name: z.string(), createdAt: Time, lastUsedAt: Time.nullable() })
  .meta({ id: 'Card', description: 'A smart card that is known as somebody’s.' });

/** Nothing that could disguise it. */
export const CardName = z
  .string()
  .trim()
  .min(1)
  .max(64)
  .regex(/^[^\p{C}\p{Zl}\p{Zp}]*$/u);

export const cardOperations = {
  listCards: operation({
    method: 'GET',
    path: '/people/{id}/cards',
    tag: 'People',
    summary: 'List the smart cards of a person',
    for: 'session',
    params: byId,
    answer: { status: 200, says: 'All of them.', body: z.strictObject({ cards: z.array(Card) }) },
    problems: ['not-found'],
  }),
  addCard: operation({
    method: 'POST',
    path: '/people/{id}/cards',
    tag: 'People',
    summary: 'Have a smart card known as somebody’s',
    description:
      'By the certificate on it, which has to be good, and of an authority that is trusted for people or ours. It is mapped by issuer and subject to this one person.',
    for: 'session',
    params: byId,
    body: z.strictObject({
      certificate: z
        .string()
        .min(1)
        .max(32_000)
        .describe('PEM: the certificate, with CAs between it and the trusted one behind it.'),
      name: CardName.nullable().default(null).describe('What it is called in their account.'),
    }),
    answer: { status: 201, says: 'The card.', body: Card },
    problems: ['not-found', 'card-refused', 'proof-held-already', 'too-many-proofs'],
  }),
  removeCard: operation({
    method: 'DELETE',
    path: '/people/{id}/cards/{proof}',
    tag: 'People',
    summary: 'Have a smart card be nobody’s',
    description: 'Sessions of its holder end, and what was granted by it.',
    for: 'session',
    params: z.strictObject({ id: GivenId, proof: GivenId }),
    answer: { status: 204, says: 'It is nobody’s.' },
    problems: ['not-found'],
  }),
};
