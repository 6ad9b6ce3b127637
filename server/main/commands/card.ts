/** `sallyport card …`: smart cards that are given to people. docs/smart-cards.md tells what they count as. */

import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { judgedReasons } from '../../authority/x509/authority-words.ts';
import type { parseId } from '../../kernel/id.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { listHeld } from '../../proofs/held-proofs.ts';
import { AT_THE_MACHINE } from '../desks/at-the-machine.ts';
import { housePeople } from '../desks/house-people.ts';
import type { ShownPerson } from '../desks/people-desk.ts';
import type { OpenedHouse } from '../open-house.ts';
import { personAt } from '../person/person-words.ts';
import { countWords, momentWords } from '../terminal/amounts.ts';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import type { Output, Problem } from '../terminal/output.ts';
import { byEndOfId, misused } from '../terminal/typed.ts';
import { withHouse } from '../with-house.ts';

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

async function add(
  context: CommandContext,
  typed: string,
  { certificate, name }: AddOptions,
): Promise<ExitCode> {
  const output = context.output();
  const chain = readChain(resolve(context.folder, certificate));
  if (!chain.ok) return misused(output, chain.error);
  return withHouse(context, async (opened) => {
    const person = await personOf(opened, typed, output);
    const done = await opened.house.cards.assign(chain.value, person.id, name, AT_THE_MACHINE);
    if (!done.ok) return refused(output, done.error);
    output.answer({
      says: `${person.identifier} can sign in with that card.`,
      next: 'Whether it counts as two kinds of proof is for proofs.card.withPin to say: docs/smart-cards.md.',
      data: { person: person.id, proof: done.value.proof },
    });
    return EXIT.ok;
  });
}

function list(context: CommandContext, typed: string): Promise<ExitCode> {
  return withHouse(context, async (opened) => {
    const output = context.output();
    const person = await personOf(opened, typed, output);
    const cards = await cardsOf(opened, person);
    output.answer({
      says:
        cards.length === 0
          ? `${person.identifier} has no card.`
          : `${countWords(cards.length, 'card', 'cards')} of ${person.identifier}.`,
      table: {
        head: ['card', 'last used', 'since', 'id'],
        rows: cards.map(({ id, name, createdAt, lastUsedAt }) => [
          name,
          lastUsedAt === null ? 'never' : momentWords(lastUsedAt),
          momentWords(createdAt),
          id,
        ]),
      },
      data: {
        person: person.id,
        cards: cards.map(({ id, name, createdAt, lastUsedAt }) => ({
          id,
          name,
          createdAt: new Date(createdAt).toISOString(),
          lastUsedAt: lastUsedAt === null ? null : new Date(lastUsedAt).toISOString(),
        })),
      },
    });
    return EXIT.ok;
  });
}

function remove(context: CommandContext, typed: string, id: string): Promise<ExitCode> {
  return withHouse(context, async (opened) => {
    const output = context.output();
    const person = await personOf(opened, typed, output);
    const chosen = byEndOfId(await cardsOf(opened, person), id);
    if (!chosen.ok) return misused(output, chosen.error);
    const card = chosen.value;
    const { house } = opened;
    const gone =
      card !== undefined &&
      (await house.store.write((tx) => house.cards.remove(tx, person.id, card.id, AT_THE_MACHINE)));
    if (card === undefined || !gone) {
      output.problem({
        what: `${person.identifier} has no card “${id}”.`,
        mend: `./sallyport card list ${person.identifier} shows them.`,
        data: { code: 'not-found' },
      });
      return EXIT.notFound;
    }
    output.answer({
      says: `${card.name} is nobody’s, and the sessions of ${person.identifier} are over.`,
      data: { person: person.id, proof: card.id },
    });
    return EXIT.ok;
  });
}

type Found = Omit<ShownPerson, 'id'> & {
  readonly id: NonNullable<ReturnType<typeof parseId<'person'>>>;
};

async function personOf(
  { house, origin }: OpenedHouse,
  typed: string,
  output: Output,
): Promise<Found> {
  const person = await personAt(housePeople(house, origin), typed, output);
  return person as Found; // Shown by the house itself.
}

async function cardsOf({ house }: OpenedHouse, { id }: Found) {
  const held = await house.store.read((q) => listHeld(q, id));
  return held.filter(({ kind }) => kind === 'card');
}

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

function readChain(path: string): Result<readonly Uint8Array[], Problem> {
  try {
    const found = readFileSync(path, 'utf8').match(PEM) ?? [];
    const chain = found.map((pem) => new Uint8Array(new X509Certificate(pem).raw));
    if (chain.length > 0) return ok(chain);
  } catch {
    // Said below: a file that can't be read, or holds none that can.
  }
  return failed({
    what: `${path} holds no certificate in PEM that can be read.`,
    mend: 'It must begin with -----BEGIN CERTIFICATE-----.',
  });
}

const WHY: Readonly<Record<string, Problem>> = {
  'not-for-people': {
    what: 'That certificate is not one of a person’s.',
    mend: 'Its authority has to be trusted for people, or ours have issued it by the profile “person”.',
  },
  'not-allowed': { what: 'It was issued to somebody else. Nothing was done.' },
  'held-already': {
    what: 'A card with that name from that issuer is somebody’s already.',
    mend: 'Each belongs to one person: ./sallyport card remove takes it from them.',
  },
  'too-many': { what: 'They have as many cards as they can have.', mend: 'Remove one first.' },
};

function refused(output: Output, code: string): ExitCode {
  const judged: Readonly<Record<string, string>> = judgedReasons;
  const problem = WHY[code] ?? {
    what: `That certificate is not good here: ${judged[code] ?? code}.`,
    mend: './sallyport authority trust list shows who is trusted, and for whom.',
  };
  output.problem({ ...problem, data: { code } });
  return EXIT.failed;
}
