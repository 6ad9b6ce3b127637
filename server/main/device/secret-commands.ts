/** `device secret` and `device rotate`: what a network device shares with us for RADIUS or TACACS+. */
import { type DeviceSecretKind, deviceSecretKinds } from '@sallyport/contract/devices.ts';
import type { Command } from 'commander';
import { DAY, systemClock } from '../../kernel/clock.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import type { AddedDeviceProof, NewDeviceProof, ShownDevice } from '../desks/devices-desk.ts';
import { momentOf } from '../terminal/amounts.ts';
import { act, type CommandContext } from '../terminal/command-context.ts';
import type { ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import type { Problem } from '../terminal/output.ts';
import { durationTyped, misused } from '../terminal/typed.ts';
import { untilTyped } from './device-typed.ts';
import { adding, ending, readTyped } from './proof-words.ts';

interface SecretOptions {
  readonly for: string;
  readonly secretFile?: string;
  readonly weakBecause?: string;
  readonly until?: string;
}

interface RotateOptions extends Omit<SecretOptions, 'until'> {
  readonly overlap: string;
}

const LONGEST_OVERLAP = 30 * DAY;

const withWords = (command: Command) =>
  command
    .argument('<device>', 'Name or id.')
    .requiredOption('--for <protocol>', 'radius or tacacs.')
    .option(
      '--secret-file <file>',
      'One that stands in the device already; - for what is piped in.',
    )
    .option('--weak-because <text>', 'Why one with less than 32 characters has to do.');

export function registerSecrets(group: Command, context: CommandContext): void {
  const secret = withWords(group.command('secret'))
    .description('Give a device a new shared secret; it takes the place of the one before.')
    .option('--until <time>', 'When it ends, such as 2030-03-31 or 365d.')
    .action(act(context, (typed: string, o: SecretOptions) => give(context, typed, o)));
  examples(secret, [
    {
      run: './sallyport device secret core-1 --for radius',
      says: 'Forty characters from chance, shown this once.',
    },
  ]);
  examples(
    withWords(group.command('rotate'))
      .description(
        'Give a device a new shared secret, and take the one before beside it for a while.',
      )
      .option('--overlap <time>', 'For how long the one before is taken too.', '24h')
      .action(act(context, (typed: string, o: RotateOptions) => rotate(context, typed, o))),
    [
      {
        run: './sallyport device rotate core-1 --for radius',
        says: 'Type it in within a day: nobody is kept out meanwhile.',
      },
      {
        run: './sallyport device rotate core-1 --for tacacs --overlap 7d',
        says: 'The site is visited once a week.',
      },
    ],
  );
}

async function give(
  context: CommandContext,
  typed: string,
  options: SecretOptions,
): Promise<ExitCode> {
  const output = context.output();
  const read = secretTyped(context, options);
  if (!read.ok) return misused(output, read.error);
  const { until } = options;
  const ends = until === undefined ? undefined : untilTyped('--until', until, systemClock().now());
  if (ends?.ok === false) return misused(output, ends.error);
  const proof = { ...read.value, expiresAt: ends?.value };
  return adding(context, typed, proof, secretSays(read.value.kind));
}

async function rotate(
  context: CommandContext,
  typed: string,
  options: RotateOptions,
): Promise<ExitCode> {
  const output = context.output();
  const read = secretTyped(context, options);
  if (!read.ok) return misused(output, read.error);
  const overlap = durationTyped('--overlap', options.overlap, { most: LONGEST_OVERLAP });
  if (!overlap.ok) return misused(output, overlap.error);
  const proof = { ...read.value, overlapUntil: systemClock().now() + overlap.value };
  return adding(context, typed, proof, secretSays(read.value.kind));
}

function secretTyped(
  context: CommandContext,
  { for: protocol, secretFile, weakBecause }: Omit<SecretOptions, 'until'>,
): Result<NewDeviceProof & { readonly kind: DeviceSecretKind }, Problem> {
  const kind = deviceSecretKinds.find((known) => known === protocol);
  if (kind === undefined) {
    return failed({
      what: `There is no secret for “${protocol}”.`,
      mend: 'Write --for radius, or --for tacacs.',
    });
  }
  const given = secretFile === undefined ? undefined : readTyped(context, secretFile);
  if (given?.ok === false) return given;
  if (weakBecause !== undefined && given === undefined) {
    return failed({
      what: '--weak-because goes with --secret-file: one that is made here is not weak.',
    });
  }
  return ok({ kind, secret: given?.value.replace(/\r?\n$/, ''), weakBecause });
}

const PROTOCOL: Readonly<Record<DeviceSecretKind, string>> = {
  radius: 'RADIUS',
  tacacs: 'TACACS+',
};

const secretSays = (kind: DeviceSecretKind) => (device: ShownDevice, added: AddedDeviceProof) => {
  const { name, addresses } = device;
  const { replaced, overlapUntil, secret } = added;
  const before =
    overlapUntil !== null
      ? ` The one before is taken too until ${momentOf(overlapUntil)}.`
      : replaced === null
        ? ''
        : ' The one before is good no more.';
  const shown = secret === null ? '' : ` It is shown this once:\n\n  ${secret}`;
  const next =
    addresses.length === 0
      ? `It asks from nowhere yet: ./sallyport device change ${name} --address ADDRESS`
      : overlapUntil === null
        ? undefined
        : `./sallyport device show ${name} tells which of the two it last spoke with.`;
  return {
    says: `${name} has a new secret for ${PROTOCOL[kind]}${ending(added)}.${before}${shown}`,
    ...(next === undefined ? {} : { next }),
  };
};
