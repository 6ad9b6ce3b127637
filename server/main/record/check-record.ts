/** `sallyport record verify`, `record prove` and `record export`. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { noteExported } from '../../gate/use-cases/exporting.ts';
import { parseId } from '../../kernel/id.ts';
import { databaseSource } from '../../record/database-source.ts';
import { exportRecord } from '../../record/export.ts';
import { folderSource } from '../../record/folder-source.ts';
import { parseVkey } from '../../record/note.ts';
import { proofText, proveInclusion } from '../../record/prove.ts';
import { placeOf } from '../../record/read-table.ts';
import { eventById } from '../../record/search-table.ts';
import type { RecordSource } from '../../record/source.ts';
import { type Verification, verifyRecord } from '../../record/verify.ts';
import type { House } from '../house.ts';
import type { CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import type { Output } from '../terminal/output.ts';
import { withHouse } from '../with-house.ts';

export interface VerifyCommandOptions {
  readonly checkpoint?: readonly string[];
  readonly key?: readonly string[];
  readonly folder?: string;
}

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
    return verifySource(output, folderSource(exported), read, keys);
  }
  return withHouse(context, ({ house, folder }) => {
    // The checkpoint that is kept outside the database is one more witness.
    const kept = join(folder, 'checkpoint');
    const witnesses = existsSync(kept) ? [...read, readFileSync(kept, 'utf8')] : read;
    return verifySource(output, databaseSource(house.store), witnesses, keys);
  });
}

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
  checkpoints: readonly string[],
  keys: readonly string[],
): Promise<ExitCode> {
  const bar = barOf(output, 'Verifying');
  let result: Verification;
  try {
    result = await verifyRecord(source, { checkpoints, keys, onProgress: bar.show });
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
    checkpoints.length === 0
      ? 'That nothing was cut off can be seen only with a checkpoint kept elsewhere: repeat it with --checkpoint FILE.'
      : undefined;
  output.answer({
    says:
      size === 0
        ? 'There is no record yet.'
        : `The record is sound: ${events(size)}, from the first to the last.${waiting}`,
    table: {
      head: ['log', 'events', 'public key'],
      rows: logs.map((log) => [log.origin, counted.format(log.size), log.vkey]),
    },
    ...(elsewhere === undefined ? {} : { next: elsewhere }),
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
  text: string,
  options: { readonly out?: string },
): Promise<ExitCode> {
  return withHouse(context, async ({ house }) => {
    const output = context.output();
    const id = parseId<'event'>(text);
    const event = id && (await house.store.read((q) => q.one(eventById, { id })));
    if (id === undefined || event === undefined) {
      output.problem({
        what: `There is no event ${text}.`,
        mend: './sallyport record search shows events with their ids.',
      });
      return EXIT.notFound;
    }
    const place = await placeIn(house, id);
    if (place === undefined) {
      output.problem({
        what: 'This event waits for its place in the log; the server gives it one within a second.',
        mend: 'Repeat it then.',
      });
      return EXIT.unavailable;
    }
    const proven = await proveInclusion(databaseSource(house.store), place.log, place.idx);
    if (proven.state !== 'proven') {
      output.problem({
        what: `Event ${id} can't be proven: the record is broken there.`,
        mend: './sallyport record verify tells where.',
      });
      return EXIT.failed;
    }
    const file = resolve(context.folder, options.out ?? `${id}.tlog-proof`);
    writeFileSync(file, proofText(proven.proof));
    output.answer({
      says: `${file} proves that the event stands at place ${place.idx} of its log, for whoever has the log's public key:`,
      table: { head: ['public key'], rows: [[proven.vkey]] },
      next: `Anyone can check it, without Sallyport: node docs/verify-inclusion.mjs ${file} '${proven.vkey}'`,
      data: { id, log: place.log, index: place.idx, file, vkey: proven.vkey },
    });
    return EXIT.ok;
  });
}

/** The place of an event; without a server at work, this process gives it one. */
async function placeIn({ store, sequencer }: House, event: Parameters<typeof readPlace>[1]) {
  const place = await readPlace(store, event);
  if (place !== undefined) return place;
  await sequencer.settle();
  await sequencer.stop();
  return readPlace(store, event);
}

function readPlace(store: House['store'], event: NonNullable<ReturnType<typeof parseId<'event'>>>) {
  return store.read((q) => q.one(placeOf, { event }));
}

export function exportCommand(context: CommandContext, target: string): Promise<ExitCode> {
  return withHouse(context, async ({ house }) => {
    const output = context.output();
    const folder = resolve(context.folder, target);
    const bar = barOf(output, 'Exporting');
    let exported: Awaited<ReturnType<typeof exportRecord>>;
    try {
      exported = await exportRecord(databaseSource(house.store), folder, bar.show);
    } finally {
      bar.end();
    }
    await house.store.write(async (tx) => {
      for (const { origin, size } of exported) {
        await noteExported(house.record, tx, { door: 'command-line' }, { origin, size });
      }
    });
    const size = exported.reduce((sum, log) => sum + log.size, 0);
    output.answer({
      says:
        size === 0
          ? 'There is no record yet.'
          : `${folder} holds ${events(size)}. What is personal in them stays sealed.`,
      table: {
        head: ['log', 'events', 'folder'],
        rows: exported.map((log) => [log.origin, counted.format(log.size), log.folder]),
      },
      ...(size === 0
        ? {}
        : {
            next: `./sallyport record verify --folder ${folder} verifies it, also on another machine. Repeating the export adds what is new.`,
          }),
      data: { folder, logs: exported },
    });
    return EXIT.ok;
  });
}
