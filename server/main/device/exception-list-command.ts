/** `sallyport device exception list`: every exception there is, with who answers for it, why, what is done instead, and its end (D9). */
import type { Command } from 'commander';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { withDesk } from '../desks/at-desk.ts';
import type { DevicesDesk, ShownDevice, ShownDeviceProof } from '../desks/devices-desk.ts';
import type { Refused } from '../remote/connection.ts';
import { countWords, momentOf } from '../terminal/amounts.ts';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import type { Progress } from '../terminal/progress.ts';
import { misused } from '../terminal/typed.ts';
import { zoneTyped } from './device-typed.ts';
import { refusedDevice } from './device-words.ts';

interface ListOptions {
  readonly zone?: string;
  readonly expired?: true;
}

/** What an auditor asks for. */
interface ShownException {
  readonly device: string;
  readonly id: string;
  readonly kind: string;
  readonly owner: string | null;
  readonly reason: string;
  readonly control: string;
  readonly expiresAt: string | null;
  readonly expired: boolean;
}

const PAGE = 100;

export function registerExceptionList(group: Command, context: CommandContext): void {
  examples(
    group
      .command('list')
      .description(
        'Show every exception: who answers for it, why, what is done instead, until when.',
      )
      .option('--zone <zone>', 'Only those of devices in one zone.')
      .option('--expired', 'Only those that are over, and refuse.')
      .action(act(context, (options: ListOptions) => list(context, options))),
    [
      { run: './sallyport device exception list', says: 'The one that ends first comes first.' },
      { run: './sallyport device exception list --json', says: 'For whoever has to judge them.' },
    ],
  );
}

function list(
  context: CommandContext,
  { zone, expired }: ListOptions,
): Promise<ExitCode> | ExitCode {
  const output = context.output();
  const wrong = zone === undefined ? undefined : zoneTyped(zone);
  if (wrong !== undefined) return misused(output, wrong);
  return withDesk(context, async ({ devices }) => {
    const bar = output.progress('Reading devices');
    const all = await exceptionsOf(devices, zone, bar).finally(() => bar.end());
    if (!all.ok) return refusedDevice(output, all.error);
    const found = all.value
      .filter((one) => !expired || one.expired)
      .sort((a, b) => (a.expiresAt ?? '').localeCompare(b.expiresAt ?? ''));
    output.answer({
      says: sentence(found.length, zone !== undefined || expired === true),
      table: {
        head: ['device', 'exception', 'who answers', 'why', 'what is done instead', 'ends', 'id'],
        rows: found.map((one) => [
          one.device,
          ['challenged', one.kind],
          one.owner ?? ['refused', 'nobody'],
          one.reason,
          one.control,
          one.expired ? ['refused', `ended ${ends(one)}`] : ends(one),
          one.id,
        ]),
      },
      ...(found.length === 0
        ? {
            next: './sallyport device exception add DEVICE writes one down, for a device that can prove nothing.',
          }
        : { next: './sallyport device proof end DEVICE ID ends one before its time.' }),
      data: { exceptions: found },
    });
    return EXIT.ok;
  });
}

async function exceptionsOf(
  devices: DevicesDesk,
  zone: string | undefined,
  bar: Progress,
): Promise<Result<ShownException[], Refused>> {
  const found: ShownException[] = [];
  let after: string | undefined;
  do {
    const page = await devices.list({
      limit: PAGE,
      ...(zone === undefined ? {} : { zone }),
      ...(after === undefined ? {} : { after }),
    });
    if (!page.ok) return failed(page.error);
    bar.advance(page.value.items.length);
    for (const device of page.value.items) found.push(...exceptionsIn(device));
    after = page.value.next ?? undefined;
  } while (after !== undefined);
  return ok(found);
}

function exceptionsIn({ name, proofs }: ShownDevice): ShownException[] {
  return proofs.flatMap(({ id, kind, expiresAt, exception }: ShownDeviceProof) =>
    exception === null
      ? []
      : [
          {
            device: name,
            id,
            kind,
            owner: exception.ownerName,
            reason: exception.reason,
            control: exception.control,
            expiresAt,
            expired: exception.expired,
          },
        ],
  );
}

const ends = ({ expiresAt }: ShownException) =>
  expiresAt === null ? 'no end' : momentOf(expiresAt);

function sentence(count: number, filtered: boolean): string {
  if (count > 0) return `${countWords(count, 'exception')}.`;
  return filtered ? 'No exception is like that.' : 'No device rests on an exception.';
}
