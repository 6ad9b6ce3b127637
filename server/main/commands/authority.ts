/** `sallyport authority …`: the X.509 authority itself, and CAs of others that are trusted. docs/authority.md tells what they are. */
import { RevocationReason } from '@sallyport/contract/certificates.ts';
import type { Command } from 'commander';
import type { ExportedRoot, RootError } from '../../authority/x509/root-care.ts';
import type { Result } from '../../kernel/result.ts';
import { writeOrUndo } from '../../store/undo.ts';
import { type NewFile, openNew, readBytes } from '../authority/files.ts';
import { serveHttps } from '../authority/serve-https.ts';
import { registerTrust } from '../authority/trust-commands.ts';
import { whichReason } from '../authority/which-reason.ts';
import { withDesk } from '../desks/at-desk.ts';
import { AT_THE_MACHINE } from '../desks/at-the-machine.ts';
import type { House } from '../house.ts';
import { onlyHere } from '../remote/places.ts';
import { tellBy, tellRefused } from '../remote/refused.ts';
import { momentOf, momentWords } from '../terminal/amounts.ts';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import type { Output, Problem } from '../terminal/output.ts';
import { misused } from '../terminal/typed.ts';
import { withHouse } from '../with-house.ts';

export function register(program: Command, context: CommandContext): void {
  const group = program
    .command('authority')
    .description('The authority that issues certificates, and others that are trusted.');
  examples(
    group
      .command('show')
      .description('Show root and issuing CAs, and where their lists are.')
      .action(act(context, () => show(context))),
    [{ run: './sallyport authority show', says: 'What there is; nothing is made by looking.' }],
  );
  examples(
    group
      .command('init')
      .description('Make root and issuing CA now, and not with the first certificate.')
      .action(act(context, () => here(context, 'Making the authority', () => init(context)))),
    [{ run: './sallyport authority init', says: 'As authority.algorithm and the like say it.' }],
  );
  examples(
    group
      .command('https')
      .description('Have Sallyport itself served with a certificate of its own, which it renews.')
      .action(
        act(context, () =>
          here(context, 'Its own certificate for HTTPS', () => serveHttps(context)),
        ),
      ),
    [{ run: './sallyport authority https', says: 'Writes listen.tls.own into sallyport.yaml.' }],
  );
  examples(
    group
      .command('export-root')
      .description('Write the root’s key into a file, under a passphrase that is shown once.')
      .argument('<file>', 'A file that is not there yet, on a medium that you will lock away.')
      .option('--remove-key', 'Take the key out of the database: nobody can steal it from here.')
      .action(
        act(context, (file: string, options: { removeKey?: true }) =>
          here(context, 'Taking the root’s key out', () =>
            exportRoot(context, file, options.removeKey === true),
          ),
        ),
      ),
    [
      {
        run: './sallyport authority export-root /media/key/root.pem --remove-key',
        says: 'Issuing goes on without it until the issuing CA ends.',
      },
    ],
  );
  examples(
    group
      .command('import-root')
      .description('Bring the root’s key back, to make a new issuing CA or sign a new list.')
      .argument('<file>', 'What export-root wrote.')
      .requiredOption('--passphrase-file <file>', 'A file with the passphrase that was shown.')
      .action(
        act(context, (file: string, options: { passphraseFile: string }) =>
          here(context, 'Bringing the root’s key back', () =>
            importRoot(context, file, options.passphraseFile),
          ),
        ),
      ),
    [
      {
        run: './sallyport authority import-root /media/key/root.pem --passphrase-file pass.txt',
        says: 'Export it again with --remove-key when that is done.',
      },
    ],
  );
  examples(
    group
      .command('revoke')
      .description('Revoke an issuing CA, and with it everything that it issued.')
      .argument('<id>', 'Its key id: ./sallyport authority show tells.')
      .requiredOption('--reason <reason>', 'Why, such as ca-compromise or superseded.')
      .action(
        act(context, (id: string, { reason }: { reason: string }) => revoke(context, id, reason)),
      ),
    [
      {
        run: './sallyport authority revoke 4f2a91… --reason ca-compromise',
        says: 'The next certificate makes a new issuing CA.',
      },
    ],
  );
  registerTrust(group, context);
}

/** What has to do with keys is done where they are. */
const here = (
  context: CommandContext,
  what: string,
  work: () => Promise<ExitCode>,
): Promise<ExitCode> | ExitCode => onlyHere(context, what) ?? work();

const at = (moment: number) => new Date(moment).toISOString();

function show(context: CommandContext): Promise<ExitCode> {
  return withDesk(context, async (desk) => {
    const output = context.output();
    const shown = await desk.authority.show();
    if (!shown.ok) return tellRefused(output, shown.error);
    const { address, authorities } = shown.value;
    const root = authorities.find(({ role, inUse }) => role === 'root' && inUse);
    output.answer({
      says:
        authorities.length === 0
          ? 'There is no authority yet. The first certificate makes it, and so does ./sallyport authority init.'
          : `Its certificates and lists are at ${address}.`,
      table: {
        head: ['role', 'state', 'key', 'good until', 'list until', 'revoked', 'id'],
        rows: authorities.map((ca) => [
          ca.role,
          ca.revokedAt !== null
            ? ['refused', 'revoked']
            : ca.inUse
              ? ['granted', 'in use']
              : ['unknown', 'before'],
          ca.hasKey ? 'here' : 'away',
          momentOf(ca.notAfter),
          ca.list?.nextUpdate == null ? 'none' : momentOf(ca.list.nextUpdate),
          String(ca.list?.revoked ?? 0),
          ca.id,
        ]),
      },
      ...(root === undefined
        ? {}
        : { next: `Who trusts the root compares its SHA-256: ${root.fingerprint}` }),
      data: shown.value,
    });
    return EXIT.ok;
  });
}

function init(context: CommandContext): Promise<ExitCode> {
  return withHouse(context, async ({ house }) => {
    const ca = await house.store.write((tx) => house.authority.rootCare.begin(tx));
    if (ca === undefined) return refusedRoot(context.output(), 'key-away');
    context.output().answer({
      says: `The issuing CA ${ca.id.slice(0, 8)} is in use, good until ${momentWords(ca.notAfter)}.`,
      next: './sallyport authority export-root FILE --remove-key locks the root away.',
      data: { id: ca.id, notAfter: at(ca.notAfter) },
    });
    return EXIT.ok;
  });
}

/** The key is in the file before it is on record that it is; out of the database it goes when it is both. */
function exportInto(
  { store, authority }: House,
  file: NewFile,
): Promise<Result<ExportedRoot, RootError>> {
  return writeOrUndo(store, async (tx) => {
    const made = await authority.rootCare.exportRoot(tx, AT_THE_MACHINE);
    if (made.ok) file.write(made.value.pem);
    return made;
  });
}

function exportRoot(context: CommandContext, file: string, remove: boolean): Promise<ExitCode> {
  return withHouse(context, async ({ house }) => {
    const output = context.output();
    const { rootCare } = house.authority;
    const opened = openNew(context.folder, file);
    if (!opened.ok) return misused(output, opened.error);
    const exported = await exportInto(house, opened.value).catch((fault) => {
      opened.value.discard();
      throw fault;
    });
    if (!exported.ok) {
      opened.value.discard();
      return refusedRoot(output, exported.error);
    }
    opened.value.keep();
    const { authority, passphrase } = exported.value;
    if (remove) {
      const removed = await writeOrUndo(house.store, (tx) =>
        rootCare.removeRoot(tx, AT_THE_MACHINE),
      );
      if (!removed.ok) return refusedRoot(output, removed.error);
    }
    output.answer({
      says: `The root’s key is in ${file}. Its passphrase, which is shown this once: ${passphrase}`,
      next: remove
        ? 'The key is not in the database any more. Keep file and passphrase apart; without them there is no new issuing CA.'
        : 'The key is in the database, too: --remove-key takes it out.',
      data: { authority, file, passphrase, removed: remove },
    });
    return EXIT.ok;
  });
}

function importRoot(context: CommandContext, file: string, secret: string): Promise<ExitCode> {
  const output = context.output();
  const pem = readBytes(context.folder, file);
  const passphrase = readBytes(context.folder, secret);
  if (!pem.ok) return Promise.resolve(misused(output, pem.error));
  if (!passphrase.ok) return Promise.resolve(misused(output, passphrase.error));
  return withHouse(context, async ({ house }) => {
    const back = await writeOrUndo(house.store, (tx) =>
      house.authority.rootCare.bringBack(
        tx,
        pem.value.toString('utf8'),
        passphrase.value.toString('utf8').trim(),
        AT_THE_MACHINE,
      ),
    );
    if (!back.ok) return refusedRoot(output, back.error);
    output.answer({
      says: `The key of the root ${back.value.id.slice(0, 8)} is back.`,
      next: 'Export it again with --remove-key when you are done.',
      data: { authority: back.value.id },
    });
    return EXIT.ok;
  });
}

function revoke(context: CommandContext, id: string, reason: string): Promise<ExitCode> | ExitCode {
  const output = context.output();
  const why = RevocationReason.safeParse(reason);
  if (!why.success) return misused(output, whichReason(reason));
  return withDesk(context, async ({ authority }) => {
    const revoked = await authority.revoke(id, why.data);
    if (!revoked.ok) return notRevoked(output, revoked.error);
    const shown = await authority.show();
    const root = shown.ok && shown.value.authorities.find((ca) => ca.role === 'root' && ca.inUse);
    const away = root && !root.hasKey ? ROOT_AWAY : '';
    output.answer({
      says: `The issuing CA ${id.slice(0, 8)} is revoked, and nothing that it issued is let in any more.`,
      next: `${away}Everyone who had a certificate of it needs another: ./sallyport certificate list tells who.`,
      data: { id, reason },
    });
    return EXIT.ok;
  });
}

/** The root signs the list that tells others of it, and the CA that comes next. */
const ROOT_AWAY =
  'Others don’t learn of it, and no CA takes its place, before the root’s key is back: ./sallyport authority import-root FILE. ';

const notRevoked = tellBy({
  'not-found': () => ({
    what: 'There is no issuing CA with this id.',
    mend: './sallyport authority show tells their ids.',
  }),
  'certificate-revoked': () => ({ what: 'It is revoked already.' }),
});

const ROOT_WORDS: Readonly<Record<RootError, Problem>> = {
  'no-authority': {
    what: 'There is no authority yet.',
    mend: './sallyport authority init makes one.',
  },
  'key-away': {
    what: 'The root’s key is not here.',
    mend: './sallyport authority import-root brings it back.',
  },
  'key-here': { what: 'The root’s key is here already.' },
  'not-the-root': { what: 'That is the key of another CA.', mend: 'Name the file of this root.' },
  unreadable: {
    what: 'The key can’t be read.',
    mend: 'Check the passphrase, and that the file is what export-root wrote.',
  },
  'unknown-authority': {
    what: 'There is no issuing CA with this id.',
    mend: './sallyport authority show tells their ids.',
  },
  revoked: { what: 'It is revoked already.' },
};

function refusedRoot(output: Output, code: RootError): ExitCode {
  output.problem({ ...ROOT_WORDS[code], data: { code } });
  return code === 'no-authority' || code === 'unknown-authority' ? EXIT.notFound : EXIT.usage;
}
