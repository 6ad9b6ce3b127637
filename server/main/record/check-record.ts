/** `sallyport record verify`, `record prove` and `record export`. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readCheckpoint } from '../../record/checkpoint.ts';
import { signerOf } from '../../record/compare.ts';
import { databaseSource } from '../../record/database-source.ts';
import { folderSource } from '../../record/folder-source.ts';
import { allLogs } from '../../record/log-table.ts';
import { parseVkey } from '../../record/note.ts';
import type { LogView, RecordSource } from '../../record/source.ts';
import { type Verification, type VerifyOptions, verifyRecord } from '../../record/verify.ts';
import { withDesk } from '../desks/at-desk.ts';
import { tellBy, tellRefused } from '../remote/refused.ts';
import type { CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import type { Output } from '../terminal/output.ts';
import { misused } from '../terminal/typed.ts';
import { withHouse } from '../with-house.ts';

export interface VerifyCommandOptions {
  readonly checkpoint?: readonly string[];
  readonly key?: readonly string[];
  readonly folder?: string;
}

/** Events are written before: the log in which they have their places is made by a server. */
const NO_LOG = 'There is no log of the record yet.';
const LOG_BEGINS = 'It begins when ./sallyport serve runs for the first time.';

const counted = new Intl.NumberFormat('en');
const events = (count: number) => (count === 1 ? 'one event' : `${counted.format(count)} events`);

export function verifyCommand(
  context: CommandContext,
  options: VerifyCommandOptions,
): Promise<ExitCode> {
  const output = context.output();
  const read = readFiles(context, options.checkpoint ?? []);
  if (typeof read === 'string') {
    output.problem({ what: read });
    return Promise.resolve(EXIT.usage);
  }
  const keys = (options.key ?? []).map((key) => textOf(context, key));
  const noCheckpoint = read.findIndex((note) => readCheckpoint(note) === undefined);
  if (noCheckpoint >= 0) {
    output.problem({
      what: `--checkpoint wants a checkpoint that was kept, and ${options.checkpoint?.[noCheckpoint]} is none.`,
      mend: 'It is a copy of data/checkpoint, or of the file “checkpoint” in an exported log, with all of its lines.',
    });
    return Promise.resolve(EXIT.usage);
  }
  const noKey = keys.findIndex((key) => parseVkey(key) === undefined);
  if (noKey >= 0) {
    output.problem({
      what: `--key wants a public key of the record, or a file that holds one, and “${options.key?.[noKey]}” is neither.`,
      mend: 'It looks like localhost/record+1a2b3c4d+AbC…; ./sallyport record verify tells it, and it is the file “key” in an exported log.',
    });
    return Promise.resolve(EXIT.usage);
  }
  if (options.folder !== undefined) {
    const exported = resolve(context.folder, options.folder);
    if (!holdsLogs(exported)) {
      output.problem({
        what: `--folder wants a record that was exported, and ${existsSync(exported) ? `there is none in ${exported}` : `there is no folder ${exported}`}.`,
        mend: `./sallyport record export ${options.folder} writes one.`,
      });
      return Promise.resolve(EXIT.usage);
    }
    return verifySource(output, folderSource(exported), {
      checkpoints: read,
      keys,
      ...(keys.length === 0 ? {} : { stranger: notNamed }),
    });
  }
  const at = context.at() ?? context.environment.SALLYPORT_AT;
  if (at) {
    const problem = {
      what: `The record at ${at} is verified on its own machine, or from an export.`,
      mend: './sallyport record export FOLDER takes it out; ./sallyport record verify --folder FOLDER verifies it here.',
    };
    return Promise.resolve(misused(output, problem));
  }
  return withHouse(context, async ({ house: { store, vault }, folder }) => {
    // The checkpoint that is kept outside the database is one more witness.
    const kept = join(folder, 'checkpoint');
    const checkpoints = existsSync(kept) ? [...read, readFileSync(kept, 'utf8')] : read;
    const rows = await store.read((q) => q.all(allLogs, {}));
    const foreign = new Set(
      rows.filter((row) => signerOf(vault, row) === undefined).map(({ log }) => log),
    );
    return verifySource(output, databaseSource(store), {
      checkpoints,
      keys,
      stranger: ({ log, origin }) => (foreign.has(log) ? notBegunHere(origin) : undefined),
    });
  });
}

const notBegunHere = (origin: string) =>
  `${origin} is signed with a key that this house can’t open: somebody else began it, or what it is signed with was spoilt. A checkpoint or a key of it that was kept elsewhere tells which (--checkpoint, --key).`;

const notNamed = ({ origin, vkey }: LogView) =>
  `${origin} is signed with a key that was not named, and no checkpoint of it was. If it began when you restored a backup, name its key, too: --key ${vkey}`;

/** Whether `record export` wrote here: a folder for each log, named by its number. */
function holdsLogs(folder: string): boolean {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return false;
  return readdirSync(folder).some(
    (name) => /^[1-9][0-9]*$/.test(name) && existsSync(join(folder, name, 'checkpoint')),
  );
}

/** A key is given as it is, or as a file that holds it. */
function textOf({ folder }: CommandContext, key: string): string {
  const file = resolve(folder, key);
  const isFile = statSync(file, { throwIfNoEntry: false })?.isFile() === true;
  return (isFile ? readFileSync(file, 'utf8') : key).trim();
}

function readFiles({ folder }: CommandContext, files: readonly string[]): string[] | string {
  const missing = files.find((file) => !existsSync(resolve(folder, file)));
  if (missing !== undefined) return `There is no file ${missing}.`;
  return files.map((file) => readFileSync(resolve(folder, file), 'utf8'));
}

async function verifySource(
  output: Output,
  source: RecordSource,
  options: Omit<VerifyOptions, 'onProgress'>,
): Promise<ExitCode> {
  const bar = barOf(output, 'Verifying');
  let result: Verification;
  try {
    result = await verifyRecord(source, { ...options, onProgress: bar.show });
  } finally {
    bar.end();
  }
  if (result.state === 'broken') {
    output.problem({
      what: `The record is broken. ${result.wrong}`,
      mend: `${counted.format(result.verified)} events before it are sound. Keep this database as it is, for whoever looks into it; docs/record.md tells what to do.`,
      data: result,
    });
    return EXIT.failed;
  }
  const { logs, pending, remarks } = result;
  for (const remark of remarks) output.warn(remark);
  const size = logs.reduce((sum, log) => sum + log.size, 0);
  const waiting =
    pending === 0 ? '' : ` ${pending === 1 ? 'One more waits' : `${pending} more wait`} to get in.`;
  const elsewhere =
    options.checkpoints?.length === 0
      ? 'That nothing was cut off can be seen only with a checkpoint kept elsewhere: repeat it with --checkpoint FILE.'
      : undefined;
  const forLog =
    pending === 0 ? '' : ` ${events(pending)} ${pending === 1 ? 'waits' : 'wait'} for it.`;
  const next = size === 0 ? `${LOG_BEGINS}${forLog}` : elsewhere;
  output.answer({
    says:
      size === 0
        ? NO_LOG
        : `The record is sound: ${events(size)}, from the first to the last.${waiting}`,
    table: {
      head: ['log', 'events', 'public key'],
      rows: logs.map((log) => [log.origin, counted.format(log.size), log.vkey]),
    },
    ...(next === undefined ? {} : { next }),
    data: result,
  });
  return EXIT.ok;
}

/** A bar that starts with the first news, which tells how long it is. */
function barOf(output: Output, title: string) {
  let bar: ReturnType<Output['progress']> | undefined;
  let shown = 0;
  return {
    show(done: number, total: number) {
      bar ??= output.progress(title, total);
      bar.advance(done - shown);
      shown = done;
    },
    end: () => bar?.end(),
  };
}

export function proveCommand(
  context: CommandContext,
  id: string,
  options: { readonly out?: string },
): Promise<ExitCode> {
  return withDesk(context, async ({ record }) => {
    const output = context.output();
    const proven = await record.prove(id);
    if (!proven.ok) return notProven(id)(output, proven.error);
    const { log, index, key: vkey, proof } = proven.value;
    const file = resolve(context.folder, options.out ?? `${id}.tlog-proof`);
    writeFileSync(file, proof);
    output.answer({
      says: `${file} proves that the event stands at place ${index} of its log, for whoever has the log’s public key:`,
      table: { head: ['public key'], rows: [[vkey]] },
      next: `Anyone can check it, without Sallyport:\n\n  node docs/verify-inclusion.mjs ${file} '${vkey}'`,
      data: { id, log, index, file, vkey },
    });
    return EXIT.ok;
  });
}

const notProven = (id: string) =>
  tellBy({
    'not-found': () => ({
      what: `There is no event ${id}.`,
      mend: './sallyport record search shows events with their ids.',
    }),
    unavailable: () => ({
      what: 'This event waits for its place in the log; the server gives it one within a second.',
      mend: 'Repeat it then.',
    }),
  });

export function exportCommand(context: CommandContext, target: string): Promise<ExitCode> {
  return withDesk(context, async ({ record }) => {
    const output = context.output();
    const folder = resolve(context.folder, target);
    const bar = barOf(output, 'Exporting');
    const done = await record.exportTo(folder, bar.show).finally(() => bar.end());
    if (!done.ok) return tellRefused(output, done.error);
    const exported = done.value;
    const size = exported.reduce((sum, log) => sum + log.size, 0);
    output.answer({
      says:
        size === 0
          ? NO_LOG
          : `${folder} holds ${events(size)}. What is personal in them stays sealed.`,
      table: {
        head: ['log', 'events', 'folder'],
        rows: exported.map((log) => [log.origin, counted.format(log.size), log.folder]),
      },
      ...(size === 0
        ? { next: LOG_BEGINS }
        : {
            next: `./sallyport record verify --folder ${folder} verifies it, also on another machine. Repeating the export adds what is new.`,
          }),
      data: { folder, logs: exported },
    });
    return EXIT.ok;
  });
}
