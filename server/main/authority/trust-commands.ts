/** `sallyport authority trust …`: CAs of others. */
import type { Command } from 'commander';
import { type CertifiedKind, subjectKinds } from '../../authority/x509/authority-words.ts';
import type { TrustError, TrustedView } from '../../authority/x509/trusted.ts';
import { writeOrUndo } from '../../store/undo.ts';
import { AT_THE_MACHINE } from '../desks/at-the-machine.ts';
import { countWords, momentWords } from '../terminal/amounts.ts';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import type { Output, Problem } from '../terminal/output.ts';
import { misused } from '../terminal/typed.ts';
import { withHouse } from '../with-house.ts';
import { blocksOf, readBytes } from './files.ts';

interface TrustOptions {
  readonly name: string;
  readonly for: string;
  readonly wantsList?: true;
}

export function registerTrust(group: Command, context: CommandContext): void {
  const trust = group.command('trust').description('CAs of others.');
  examples(
    trust
      .command('add')
      .description('Trust a CA: what it issued is let in for the kinds of subjects that are named.')
      .argument('<file>', 'Its certificates in PEM or DER: the root, and those below it.')
      .requiredOption('--name <name>', 'What it is called here.')
      .requiredOption('--for <kinds>', `One or more of ${subjectKinds.join(', ')}.`)
      .option('--wants-list', 'Let nothing of it in before a revocation list is here.')
      .action(
        act(context, (file: string, options: TrustOptions) => trustAdd(context, file, options)),
      ),
    [
      {
        run: './sallyport authority trust add corp-ca.pem --name "Corp CA" --for device,person',
        says: 'Whose a certificate is, is for each device and person to say.',
      },
    ],
  );
  examples(
    trust
      .command('import-list')
      .description(
        'Take a revocation list of a trusted CA in. From then on there must be one that is new enough.',
      )
      .argument('<file>', 'The list, in PEM or DER.')
      .requiredOption('--name <name>', 'Of which CA.')
      .action(
        act(context, (file: string, { name }: { name: string }) => importList(context, file, name)),
      ),
    [
      {
        run: './sallyport authority trust import-list corp.crl --name "Corp CA"',
        says: 'By a timer, as often as that CA signs one.',
      },
    ],
  );
  examples(
    trust
      .command('list')
      .description('Show the CAs that are trusted.')
      .action(act(context, () => trustList(context))),
    [
      {
        run: './sallyport authority trust list',
        says: 'For what, until when, and how old their lists are.',
      },
    ],
  );
  examples(
    trust
      .command('remove')
      .description('Trust a CA no longer: nothing that it issued is let in any more.')
      .argument('<name>', 'What it is called here.')
      .action(act(context, (name: string) => trustRemove(context, name))),
    [{ run: './sallyport authority trust remove "Corp CA"', says: 'Now, at every door.' }],
  );
}

const at = (moment: number) => new Date(moment).toISOString();

function kindsTyped(typed: string): readonly CertifiedKind[] | undefined {
  const kinds = typed.split(',').map((kind) => kind.trim());
  const known = kinds.filter((kind): kind is CertifiedKind =>
    (subjectKinds as readonly string[]).includes(kind),
  );
  return known.length === kinds.length ? known : undefined;
}

function trustAdd(context: CommandContext, file: string, options: TrustOptions): Promise<ExitCode> {
  const output = context.output();
  const trustedFor = kindsTyped(options.for);
  if (trustedFor === undefined) {
    const mend = `Write one or more of ${subjectKinds.join(', ')}, with commas between.`;
    return Promise.resolve(misused(output, { what: '--for names no kind of subject.', mend }));
  }
  const bytes = readBytes(context.folder, file);
  if (!bytes.ok) return Promise.resolve(misused(output, bytes.error));
  const certificates = blocksOf(bytes.value, ['CERTIFICATE', 'TRUSTED CERTIFICATE']);
  return withHouse(context, async ({ house }) => {
    const added = await writeOrUndo(house.store, (tx) =>
      house.authority.trusted.add(
        tx,
        { name: options.name, trustedFor, certificates, wantsList: options.wantsList },
        AT_THE_MACHINE,
      ),
    );
    if (!added.ok) return refusedTrust(output, added.error, options.name);
    output.answer({
      says: `${added.value.name} is trusted for ${trustedFor.join(' and ')}, by ${countWords(added.value.certificates.length, 'certificate')}.`,
      next: 'Take its revocation list in by ./sallyport authority trust import-list FILE --name NAME.',
      data: shown(added.value),
    });
    return EXIT.ok;
  });
}

function importList(context: CommandContext, file: string, name: string): Promise<ExitCode> {
  const output = context.output();
  const bytes = readBytes(context.folder, file);
  if (!bytes.ok) return Promise.resolve(misused(output, bytes.error));
  const [der] = blocksOf(bytes.value, ['X509 CRL']);
  return withHouse(context, async ({ house }) => {
    const imported = await writeOrUndo(house.store, (tx) =>
      house.authority.trusted.importList(tx, name, der ?? new Uint8Array(), AT_THE_MACHINE),
    );
    if (!imported.ok) return refusedTrust(output, imported.error, name);
    output.answer({
      says: `The list of ${name} is in.`,
      data: shown(imported.value),
    });
    return EXIT.ok;
  });
}

function trustList(context: CommandContext): Promise<ExitCode> {
  return withHouse(context, async ({ house }) => {
    const all = await house.store.read((q) => house.authority.trusted.list(q));
    context.output().answer({
      says:
        all.length === 0
          ? 'No CA of others is trusted. ./sallyport authority trust add FILE --name NAME --for KINDS trusts one.'
          : `${countWords(all.length, 'CA', 'CAs')} of others ${all.length === 1 ? 'is' : 'are'} trusted.`,
      table: {
        head: ['name', 'for', 'good until', 'certificates', 'list until'],
        rows: all.map((view) => [
          view.name,
          view.trustedFor.join(', '),
          momentWords(view.notAfter),
          String(view.certificates.length),
          listWords(view),
        ]),
      },
      data: { trusted: all.map(shown) },
    });
    return EXIT.ok;
  });
}

function listWords({ lists, wantsList }: TrustedView): string {
  const until = lists.map(({ list }) => list.nextUpdate ?? 0);
  if (until.length === 0) return wantsList ? 'none, and one is wanted' : 'none';
  return momentWords(Math.min(...until));
}

function trustRemove(context: CommandContext, name: string): Promise<ExitCode> {
  return withHouse(context, async ({ house }) => {
    const output = context.output();
    const removed = await house.store.write((tx) =>
      house.authority.trusted.remove(tx, name, AT_THE_MACHINE),
    );
    if (!removed) return refusedTrust(output, { code: 'not-found' }, name);
    output.answer({ says: `${name} is trusted no longer.`, data: { name } });
    return EXIT.ok;
  });
}

function shown(view: TrustedView) {
  return {
    name: view.name,
    for: view.trustedFor,
    notAfter: at(view.notAfter),
    wantsList: view.wantsList,
    certificates: view.certificates.map(({ commonName, serial, notAfter }) => ({
      name: commonName ?? '',
      serial,
      notAfter: at(notAfter),
    })),
    lists: view.lists.map(({ list }) => ({
      revoked: list.revoked.size,
      until: at(list.nextUpdate ?? 0),
    })),
  };
}

function refusedTrust(output: Output, error: TrustError, name: string): ExitCode {
  output.problem({ ...trustWords(error, name), data: error });
  return error.code === 'not-found' ? EXIT.notFound : EXIT.usage;
}

function trustWords(error: TrustError, name: string): Problem {
  switch (error.code) {
    case 'malformed':
      return {
        what: `That can’t be taken in: ${error.detail}.`,
        mend: 'Name a file in PEM or DER.',
      };
    case 'name-taken':
      return {
        what: `A CA is called ${name} already.`,
        mend: 'Name it otherwise, or remove that one first.',
      };
    case 'not-a-ca':
      return {
        what: `${error.detail} is no CA that can be judged here.`,
        mend: 'It needs CA:TRUE, a key of today, and no name constraints.',
      };
    case 'not-found':
      return {
        what: `No CA is called ${name}.`,
        mend: './sallyport authority trust list shows them.',
      };
    case 'foreign-list':
      return { what: `${name} did not sign that list.`, mend: 'Name the list of this CA.' };
    case 'old-list':
      return {
        what: 'That list is over, or older than the one that is here.',
        mend: 'Fetch the newest; an older one would give back what was revoked since.',
      };
  }
}
