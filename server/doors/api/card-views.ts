/** Smart cards as they are told to clients. The command line on the machine itself tells the same. */
import { judgedReasons } from '../../authority/x509/authority-words.ts';
import type { CardProblem } from '../../gate/use-cases/people/card-administration.ts';
import { Told } from './told.ts';
import { heldProof } from './views.ts';

export function card(held: Parameters<typeof heldProof>[0]) {
  const { kind: _, ...shown } = heldProof(held);
  return shown;
}

const SAYS: Readonly<Partial<Record<string, string>>> = {
  ...judgedReasons,
  none: 'there is no certificate in it that can be read',
  'not-for-people':
    'it is not one of a person’s: its authority has to be trusted for people, or ours have issued it by the profile `person`, and it has to name somebody',
  'not-allowed':
    'it was issued to somebody else, or nobody can be given a proof any more who was erased',
};

export function cardProblem({ code }: CardProblem): Told {
  switch (code) {
    case 'not-found':
      return new Told(code);
    case 'held-already':
      return new Told('proof-held-already');
    case 'too-many':
      return new Told('too-many-proofs');
    default:
      return new Told('card-refused', { why: code, says: SAYS[code] ?? code });
  }
}
