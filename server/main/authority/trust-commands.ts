/** `sallyport authority trust …`: CAs of others. */
import { type TrustedKind, trustedKinds } from '@sallyport/contract/certificates.ts';
import type { Command } from 'commander';
import { writePem } from '../../wire/der/pem.ts';
import { withDesk } from '../desks/at-desk.ts';
import type { ShownTrust } from '../desks/authority-desk.ts';
import { tellBy, tellRefused } from '../remote/refused.ts';
import { countWords, momentOf, momentWords } from '../terminal/amounts.ts';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import { gather, misused } from '../terminal/typed.ts';
import { blocksOf, readBytes } from './files.ts';

interface TrustOptions {
  readonly name: string;
  readonly for: string;
  readonly wantsList?: true;
  readonly crlUrl?: readonly string[];
}

export function registerTrust(group: Command, context: CommandContext): void {
  const trust = group.command('trust').description('CAs of others.');
  examples(
    trust
      .command('add')
      .description('Trust a CA: what it issued is let in for the kinds of subjects that are named.')
      .argument('<file>', 'Its certificates in PEM or DER: the root, and those below it.')
      .requiredOption('--name <name>', 'What it is called here.')
      .requiredOption('--for <kinds>', `One or more of ${trustedKinds.join(', ')}.`)
      .option('--wants-list', 'Let nothing of it in before a revocation list is here.')
      .option(
        '--crl-url <url>',
        'Where it publishes its list, by http://: it is fetched there, and wanted. May stand several times.',
        gather,
      )
      .action(
        act(context, (file: string, options: TrustOptions) => trustAdd(context, file, options)),
      ),
    [
      {
        run: './sallyport authority trust add corp-ca.pem --name "Corp CA" --for device,person',
        says: 'Whose a certificate is, is for each device and person to say.',
      },
      {
        run: './sallyport authority trust add corp-ca.pem --name "Corp CA" --for device --crl-url http://pki.example.com/corp.crl',
        says: 'The running server fetches its list within a minute, and again before it is over.',
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

function kindsTyped(typed: string): readonly TrustedKind[] | undefined {
  const kinds = typed.split(',').map((kind) => kind.trim());
  const known = trustedKinds.filter((kind) => kinds.includes(kind));
  return known.length === new Set(kinds).size ? known : undefined;
}

function trustAdd(
  context: CommandContext,
  file: string,
  options: TrustOptions,
): Promise<ExitCode> | ExitCode {
  const output = context.output();
  const { name } = options;
  const trustedFor = kindsTyped(options.for);
  if (trustedFor === undefined) {
    const mend = `Write one or more of ${trustedKinds.join(', ')}, with commas between.`;
    return misused(output, { what: '--for names no kind of subject.', mend });
  }
  const bytes = readBytes(context.folder, file);
  if (!bytes.ok) return misused(output, bytes.error);
  const found = blocksOf(bytes.value, ['CERTIFICATE', 'TRUSTED CERTIFICATE']);
  if (found.length === 0) return misused(output, NO_CERTIFICATE);
  const certificates = found.map((der) => writePem('CERTIFICATE', der)).join('');
  const wantsList = options.wantsList === true;
  const listUrls = options.crlUrl ?? [];
  return withDesk(context, async ({ authority }) => {
    const added = await authority.trust({
      name,
      for: trustedFor,
      certificates,
      wantsList,
      listUrls,
    });
    if (!added.ok) return refusedTrust(name)(output, added.error);
    output.answer({
      says: `${added.value.name} is trusted for ${trustedFor.join(' and ')}, by ${countWords(added.value.certificates.length, 'certificate')}.`,
      next:
        listUrls.length > 0
          ? 'The server fetches its revocation list within a minute; until then nothing of it is let in.'
          : 'Take its revocation list in by ./sallyport authority trust import-list FILE --name NAME.',
      data: added.value,
    });
    return EXIT.ok;
  });
}

const NO_CERTIFICATE = {
  what: 'There is no certificate in that file.',
  mend: 'Name a file in PEM or DER.',
};

function importList(
  context: CommandContext,
  file: string,
  name: string,
): Promise<ExitCode> | ExitCode {
  const output = context.output();
  const bytes = readBytes(context.folder, file);
  if (!bytes.ok) return misused(output, bytes.error);
  const [der] = blocksOf(bytes.value, ['X509 CRL']);
  const list = writePem('X509 CRL', der ?? new Uint8Array());
  return withDesk(context, async ({ authority }) => {
    const imported = await authority.importList(name, list);
    if (!imported.ok) return refusedTrust(name)(output, imported.error);
    output.answer({ says: `The list of ${name} is in.`, data: imported.value });
    return EXIT.ok;
  });
}

function trustList(context: CommandContext): Promise<ExitCode> {
  return withDesk(context, async ({ authority }) => {
    const output = context.output();
    const found = await authority.trusted();
    if (!found.ok) return tellRefused(output, found.error);
    const { trusted } = found.value;
    output.answer({
      says:
        trusted.length === 0
          ? 'No CA of others is trusted. ./sallyport authority trust add FILE --name NAME --for KINDS trusts one.'
          : `${countWords(trusted.length, 'CA', 'CAs')} of others ${trusted.length === 1 ? 'is' : 'are'} trusted.`,
      table: {
        head: ['name', 'for', 'good until', 'certificates', 'list until'],
        rows: trusted.map((one) => [
          one.name,
          one.for.join(', '),
          momentOf(one.notAfter),
          String(one.certificates.length),
          listWords(one),
        ]),
      },
      data: found.value,
    });
    return EXIT.ok;
  });
}

function listWords({ lists, wantsList }: ShownTrust): string {
  const until = lists.map(({ until }) => (until === null ? 0 : Date.parse(until)));
  if (until.length === 0) return wantsList ? 'none, and one is wanted' : 'none';
  return momentWords(Math.min(...until));
}

function trustRemove(context: CommandContext, name: string): Promise<ExitCode> {
  return withDesk(context, async ({ authority }) => {
    const output = context.output();
    const removed = await authority.distrust(name);
    if (!removed.ok) return refusedTrust(name)(output, removed.error);
    output.answer({ says: `${name} is trusted no longer.`, data: { name } });
    return EXIT.ok;
  });
}

const refusedTrust = (name: string) =>
  tellBy({
    'name-taken': () => ({
      what: `A CA is called ${name} already.`,
      mend: 'Name it otherwise, or remove that one first.',
    }),
    'not-found': () => ({
      what: `No CA is called ${name}.`,
      mend: './sallyport authority trust list shows them.',
    }),
    'trust-refused': ({ why, says }) => ({
      what: `That can’t be taken in: ${says}.`,
      mend:
        why === 'old-list'
          ? 'Fetch the newest; an older one would give back what was revoked since.'
          : why === 'early-list'
            ? 'Set the clock right that is wrong: the one here, or that of the CA, which then has to issue its list anew.'
            : why === 'foreign-list'
              ? 'Name the list of this CA.'
              : 'Name a file in PEM or DER.',
    }),
  });
