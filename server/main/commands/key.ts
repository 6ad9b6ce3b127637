/** `sallyport key …`: the keys that seal what is kept, those that tokens are signed with, and their rotation. docs/keys.md tells what they are. */

import { join } from 'node:path';
import type { Command } from 'commander';
import type { RootKeySource } from '../../vault/root-key-source.ts';
import { withDesk } from '../desks/at-desk.ts';
import type { Rotated, RotatedSigning, ShownKeys } from '../desks/keys-desk.ts';
import { onlyHere } from '../remote/places.ts';
import { tellRefused } from '../remote/refused.ts';
import { momentOf } from '../terminal/amounts.ts';
import { act, type CommandContext, withConfig } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import type { Cell, Output } from '../terminal/output.ts';
import type { Progress } from '../terminal/progress.ts';
import { withHouse } from '../with-house.ts';

export function register(program: Command, context: CommandContext): void {
  const key = program
    .command('key')
    .description('The keys that seal what is kept, and those that sign tokens.');
  examples(
    key
      .command('list')
      .description('Show the keys of the ring and those for tokens; never a key itself.')
      .action(act(context, () => list(context))),
    [{ run: './sallyport key list', says: 'Which ring key is primary, and which are destroyed.' }],
  );
  examples(
    key
      .command('rotate')
      .description('Make a new ring key, and wrap every data key again under it.')
      .option('--root', 'Change the root key instead; the ring is wrapped again under the new one.')
      .option('--signing', 'Rotate the keys that sign tokens instead.')
      .option(
        '--at-once',
        'With --signing: the old keys are void now, and so is every token under them.',
      )
      .action(act(context, (options: RotateOptions) => chosenRotation(context, options))),
    [
      {
        run: './sallyport key rotate',
        says: 'Once a year, and when someone who could reach the server leaves. Also goes on with one that was stopped.',
      },
      {
        run: './sallyport key rotate --root',
        says: 'When a copy of the root key may be in wrong hands.',
      },
      {
        run: './sallyport key rotate --signing',
        says: 'Publish the next keys for tokens; they sign when everyone has them. Done every 90 days by itself.',
      },
    ],
  );
}

interface RotateOptions {
  readonly root?: true;
  readonly signing?: true;
  readonly atOnce?: true;
}

function chosenRotation(context: CommandContext, options: RotateOptions): Promise<ExitCode> {
  const { root, signing, atOnce } = options;
  if ((root && signing) || (atOnce && !signing)) {
    context.output().problem({
      what: atOnce
        ? '--at-once goes with --signing alone.'
        : '--root and --signing are two things.',
      mend: 'Run one after the other.',
    });
    return Promise.resolve(EXIT.usage);
  }
  if (signing) return rotateSigning(context, atOnce ? 'once' : 'overlap');
  if (!root) return rotate(context);
  const here = onlyHere(context, 'A change of the root key');
  return here === undefined ? changeRoot(context) : Promise.resolve(here);
}

const SIGNING_STATES: Readonly<Record<ShownKeys['signing'][number]['state'], Cell>> = {
  next: ['challenged', 'next'],
  active: ['granted', 'active'],
  retiring: ['challenged', 'retiring'],
  gone: ['unknown', 'gone'],
};

function signingTable(keys: ShownKeys['signing']) {
  return {
    head: ['algorithm', 'version', 'state', 'id', 'signs from', 'signs until', 'gone'],
    rows: keys.map((key) => [
      key.algorithm,
      String(key.version),
      SIGNING_STATES[key.state],
      key.id,
      shown(key.signsFrom),
      shown(key.signsUntil),
      shown(key.goneAt),
    ]),
  };
}

function rotateSigning(context: CommandContext, at: 'overlap' | 'once'): Promise<ExitCode> {
  return withDesk(context, async ({ keys }) => {
    const output = context.output();
    const done = await keys.rotateSigning(at);
    return done.ok ? tellSigning(output, at, done.value) : tellRefused(output, done.error);
  });
}

function tellSigning(
  output: Output,
  at: 'overlap' | 'once',
  { rotated, signing }: RotatedSigning,
): ExitCode {
  const now =
    at === 'once'
      ? 'New keys sign tokens now. The old ones are void, and so is every token under them.'
      : 'The next keys for tokens are published. They sign an hour from now.';
  output.answer({
    says: rotated
      ? now
      : 'The next keys for tokens were published already, and will sign by themselves.',
    table: signingTable(signing),
    data: { rotated, signing },
  });
  return EXIT.ok;
}

const STATES: Readonly<Record<ShownKeys['ring'][number]['state'], Cell>> = {
  primary: ['granted', 'primary'],
  'decrypt-only': ['challenged', 'decrypt-only'],
  destroyed: ['unknown', 'destroyed'],
};

function list(context: CommandContext): Promise<ExitCode> {
  return withDesk(context, async ({ keys }) => {
    const output = context.output();
    const status = await keys.list();
    return status.ok ? tellKeys(output, status.value) : tellRefused(output, status.error);
  });
}

function tellKeys(output: Output, status: ShownKeys): ExitCode {
  const { root, ring, rotating, signing } = status;
  const primary = ring.find(({ state }) => state === 'primary');
  output.answer({
    says: `Version ${primary?.version} of the ring is primary, under the root key ${shortId(root?.id)}.`,
    table: {
      head: ['version', 'state', 'data keys', 'made', 'retired', 'destroyed'],
      rows: ring.map((each) => [
        String(each.version),
        STATES[each.state],
        counted.format(each.dataKeys),
        shown(each.createdAt),
        shown(each.retiredAt),
        shown(each.destroyedAt),
      ]),
    },
    also: {
      says:
        signing.length === 0
          ? 'There is no key for tokens yet; the first start of a server makes them.'
          : 'Tokens are signed with the active ones of these.',
      table: signingTable(signing),
    },
    ...(rotating ? { next: UNFINISHED } : {}),
    data: status,
  });
  return EXIT.ok;
}

const UNFINISHED =
  'A rotation is not finished. The next start of a server goes on with it, and so does ./sallyport key rotate.';

function rotate(context: CommandContext): Promise<ExitCode> {
  return withDesk(context, async ({ keys }) => {
    const output = context.output();
    const stop = new AbortController();
    const onInterrupt = () => stop.abort();
    process.once('SIGINT', onInterrupt);
    const bar = progressOf(output);
    try {
      const { signal } = stop;
      const outcome = await keys.rotate({ signal, onProgress: bar.show });
      bar.end();
      return outcome.ok ? tellRotation(output, outcome.value) : tellRefused(output, outcome.error);
    } finally {
      bar.end();
      process.off('SIGINT', onInterrupt);
    }
  });
}

/** A bar that starts with the first news, which tells how long it is. */
function progressOf(output: Output) {
  let bar: Progress | undefined;
  let shown = 0;
  return {
    show({ done, total }: { readonly done: number; readonly total: number }) {
      bar ??= output.progress('Wrapping data keys', total);
      bar.advance(done - shown);
      shown = done;
    },
    end() {
      bar?.end();
      bar = undefined;
    },
  };
}

function tellRotation(output: Output, outcome: Rotated): ExitCode {
  if (outcome.state === 'busy' || outcome.state === 'nothing') {
    output.problem({
      what: 'Another process is rotating keys at this moment.',
      mend: './sallyport key list tells how far it is. If it died, another can go on in half a minute.',
    });
    return EXIT.unavailable;
  }
  const { primary, rewrapped } = outcome;
  const wrapped = `${counted.format(rewrapped)} data keys were wrapped again under version ${primary}`;
  if (outcome.state === 'finished') {
    output.answer({
      says: `${wrapped}, which is primary now. Older versions are destroyed.`,
      data: outcome,
    });
    return EXIT.ok;
  }
  const { damaged } = outcome;
  const why = {
    stopped: 'It was stopped.',
    'lease-lost': 'Another process has taken it over.',
    'in-use': 'Someone came in the middle of it whose data key is still under the old version.',
    unwatched: 'You stopped waiting for it; the server goes on.',
    stuck: 'The server has not gone on with it for a while; its log tells why.',
    damaged: `These data keys don’t open, so the old version is kept: ${damaged.join(', ')}.`,
  }[outcome.reason];
  const mend =
    damaged.length > 0
      ? 'Put their rows in vault_data_key right from a backup, then run ./sallyport key rotate again.'
      : UNFINISHED;
  output.problem({ what: `The rotation is not finished. ${why} ${wrapped}.`, mend, data: outcome });
  return EXIT.failed;
}

/** The new key is put at its source before the house is opened, which then reads both. */
function changeRoot(context: CommandContext): Promise<ExitCode> {
  return withConfig(context, async ({ config }) => {
    const { systemRandom } = await import('../../kernel/random.ts');
    const { readRootKeys } = await import('../../vault/root-key-source.ts');
    const { changeRootKey, offerNewRootKey } = await import('../../vault/root-change.ts');
    const output = context.output();
    const random = systemRandom();
    const { environment } = context;
    const source = config.vault.rootKey ?? { kind: 'file', path: join(config.data, 'root.key') };

    const keys = await readRootKeys(source, { random, environment });
    if (!keys.ok) {
      output.problem({ what: keys.error.message });
      return EXIT.unavailable;
    }
    const offered = offerNewRootKey(source, keys.value, random);
    if (!offered.ok) {
      output.problem({
        what: `The root key comes from ${placeOf(source)}, where only you can put a new one.`,
        mend: 'Put it in front of the old one, with a space between, for every server. Then run this again. `openssl rand -hex 32` makes a key.',
      });
      return EXIT.usage;
    }
    return withHouse(context, async ({ house }) => {
      const changed = await changeRootKey(source, house.vault.rotation, random);
      if (!changed.ok) {
        output.problem({
          what: 'Keys are being rotated at this moment; the root key is not changed.',
          mend: 'Run this again when that is over. ./sallyport key list tells.',
        });
        return EXIT.unavailable;
      }
      const { root, oldRemoved } = changed.value;
      output.answer({
        says: `The ring is under the root key ${shortId(root)} now.`,
        next: [
          ...(oldRemoved && house.store.dialect === 'postgres' ? [otherNodes(source)] : []),
          oldRemoved
            ? `Keep a copy of ${placeOf(source)} apart from the database.`
            : `Remove the old key from ${placeOf(source)}, for every server.`,
          AFTER_ROOT,
        ].join(' '),
        data: { root, oldRemoved },
      });
      return EXIT.ok;
    });
  });
}

/** A file was changed here alone. */
const otherNodes = (source: RootKeySource) =>
  `Copy ${placeOf(source)} to every other node of this database now: with the old key alone none of them starts again, or opens what is sealed under keys that are made from now on.`;

const AFTER_ROOT =
  'Then run ./sallyport key rotate: it puts the keys of people who come later out of reach of whoever has the old root key and a copy of the database.';

function placeOf(source: RootKeySource): string {
  if (source.kind === 'file') return source.path;
  if (source.kind === 'environment') return `the environment variable ${source.variable}`;
  return `the command ${source.command[0]}`;
}

const counted = new Intl.NumberFormat('en');

/** Enough of a root key's check value to tell it from others. */
function shortId(id: string | undefined): string {
  return id?.slice(0, 8) ?? '(none)';
}

const shown = (at: string | null) => (at === null ? '' : momentOf(at));
