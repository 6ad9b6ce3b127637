/** `sallyport card …`: smart cards that are given to people. docs/smart-cards.md tells what they count as. */

import { CardName } from '@sallyport/contract/api/cards.ts';
import type { Command } from 'commander';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { readPem, writePem } from '../../wire/der/pem.ts';
import { readBytes } from '../authority/files.ts';
import { withDesk } from '../desks/at-desk.ts';
import { personAt } from '../person/person-words.ts';
import { tellBy } from '../remote/refused.ts';
import { countWords, momentOf } from '../terminal/amounts.ts';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import type { Problem } from '../terminal/output.ts';
import { byEndOfId, misused } from '../terminal/typed.ts';

interface AddOptions {
  readonly certificate: string;
  readonly name?: string;
}

export function register(program: Command, context: CommandContext): void {
  const group = program.command('card').description('Smart cards of people.');
  examples(
    group
      .command('add')
      .description('Have a card known as a person’s. They can do it themselves, by showing it.')
      .argument('<person>', 'Name, mail address or id.')
      .requiredOption(
        '--certificate <file>',
        'The certificate on it, in PEM, with its chain behind it if need be.',
      )
      .option('--name <text>', 'What it is called in their account.')
      .action(act(context, (typed: string, options: AddOptions) => add(context, typed, options))),
    [
      {
        run: './sallyport card add ada --certificate ada.pem',
        says: 'It was read from the card, or comes from whoever issued it.',
      },
    ],
  );
  examples(
    group
      .command('list')
      .description('Show the cards of a person.')
      .argument('<person>', 'Name, mail address or id.')
      .action(act(context, (typed: string) => list(context, typed))),
    [{ run: './sallyport card list ada', says: 'When each was last used.' }],
  );
  examples(
    group
      .command('remove')
      .description('Have a card be nobody’s. Sessions of its holder end.')
      .argument('<person>', 'Name, mail address or id.')
      .argument('<card>', 'Its id, or the last six characters of it or more.')
      .action(act(context, (typed: string, card: string) => remove(context, typed, card))),
    [{ run: './sallyport card remove ada 4f2a91', says: 'She has lost it.' }],
  );
}

function add(
  context: CommandContext,
  typed: string,
  { certificate, name }: AddOptions,
): Promise<ExitCode> | ExitCode {
  const output = context.output();
  const chain = readChain(context.folder, certificate);
  if (!chain.ok) return misused(output, chain.error);
  const called = CardName.nullable().safeParse(name ?? null);
  if (!called.success) {
    return misused(output, {
      what: '--name is empty, too long, or has characters that nobody sees.',
      mend: 'Take at most 64 letters, digits and spaces.',
    });
  }
  return withDesk(context, async ({ people, cards }) => {
    const person = await personAt(people, typed, output);
    const added = await cards.add(person.id, chain.value, called.data);
    if (!added.ok) return refused(output, added.error);
    output.answer({
      says: `${person.identifier} can sign in with that card.`,
      next: 'Whether it counts as two kinds of proof is for proofs.card.withPin to say: docs/smart-cards.md.',
      data: { person: person.id, proof: added.value.id },
    });
    return EXIT.ok;
  });
}

function list(context: CommandContext, typed: string): Promise<ExitCode> {
  return withDesk(context, async ({ people, cards: desk }) => {
    const output = context.output();
    const person = await personAt(people, typed, output);
    const found = await desk.list(person.id);
    if (!found.ok) return refused(output, found.error);
    const { cards } = found.value;
    output.answer({
      says:
        cards.length === 0
          ? `${person.identifier} has no card.`
          : `${countWords(cards.length, 'card', 'cards')} of ${person.identifier}.`,
      table: {
        head: ['card', 'last used', 'since', 'id'],
        rows: cards.map(({ id, name, createdAt, lastUsedAt }) => [
          name,
          lastUsedAt === null ? 'never' : momentOf(lastUsedAt),
          momentOf(createdAt),
          id,
        ]),
      },
      ...(cards.length > 0
        ? {}
        : {
            next: `./sallyport card add ${person.identifier} --certificate FILE has one known as theirs; by showing it on their page of proofs they can do it themselves.`,
          }),
      data: { person: person.id, cards },
    });
    return EXIT.ok;
  });
}

function remove(context: CommandContext, typed: string, id: string): Promise<ExitCode> {
  return withDesk(context, async ({ people, cards }) => {
    const output = context.output();
    const person = await personAt(people, typed, output);
    const found = await cards.list(person.id);
    if (!found.ok) return refused(output, found.error);
    const chosen = byEndOfId(found.value.cards, id);
    if (!chosen.ok) return misused(output, chosen.error);
    const card = chosen.value;
    const none = tellBy({
      'not-found': () => ({
        what: `${person.identifier} has no card “${id}”.`,
        mend: `./sallyport card list ${person.identifier} shows them.`,
      }),
    });
    if (card === undefined) return none(output, { code: 'not-found', members: {} });
    const removed = await cards.remove(person.id, card.id);
    if (!removed.ok) return none(output, removed.error);
    output.answer({
      says: `${card.name} is nobody’s, and the sessions of ${person.identifier} are over.`,
      data: { person: person.id, proof: card.id },
    });
    return EXIT.ok;
  });
}

function readChain(folder: string, file: string): Result<string, Problem> {
  const bytes = readBytes(folder, file);
  const found = bytes.ok ? readPem(bytes.value.toString('latin1'), ['CERTIFICATE']) : [];
  if (found.length > 0) return ok(found.map((der) => writePem('CERTIFICATE', der)).join(''));
  return failed({
    what: `${file} holds no certificate in PEM that can be read.`,
    mend: 'It must begin with -----BEGIN CERTIFICATE-----.',
  });
}

const refused = tellBy({
  'card-refused': ({ why, says }) => ({
    what:
      why === 'not-allowed'
        ? 'It was issued to somebody else. Nothing was done.'
        : `That certificate is not good here: ${says}.`,
    mend: './sallyport authority trust list shows who is trusted, and for whom.',
  }),
  'proof-held-already': () => ({
    what: 'A card with that name from that issuer is somebody’s already.',
    mend: 'Each belongs to one person: ./sallyport card remove takes it from them.',
  }),
  'too-many-proofs': () => ({
    what: 'They have as many cards as they can have.',
    mend: 'Remove one first.',
  }),
});
