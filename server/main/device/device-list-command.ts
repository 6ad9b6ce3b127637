/** `sallyport device list` and `device show`. */
import {
  DeviceKind,
  DeviceStatus,
  type DeviceWeakness,
  deviceStatuses,
} from '@sallyport/contract/devices.ts';
import type { Command } from 'commander';
import { withDesk } from '../desks/at-desk.ts';
import type { ShownDevice } from '../desks/devices-desk.ts';
import { personAt } from '../person/person-words.ts';
import { countWords, momentOf } from '../terminal/amounts.ts';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import { limitTyped, misused, noSuch } from '../terminal/typed.ts';
import { kindTyped, zoneTyped } from './device-typed.ts';
import {
  DEVICE_HEAD,
  deviceAt,
  deviceProofRow,
  deviceRow,
  ownCertificateRow,
  PROOF_HEAD,
  refusedDevice,
  seenWords,
  weaknessSentences,
} from './device-words.ts';

interface ListOptions {
  readonly status?: string;
  readonly kind?: string;
  readonly zone?: string;
  readonly owner?: string;
  readonly orphaned?: true;
  readonly after?: string;
  readonly limit: string;
}

export function registerDeviceList(group: Command, context: CommandContext): void {
  examples(
    group
      .command('list')
      .description('Show devices, how they prove themselves, and what is weak about them.')
      .option('--status <status>', 'Only those that are active, disabled or retired.')
      .option('--kind <kind>', 'Only those of one kind.')
      .option('--zone <zone>', 'Only those of one zone.')
      .option('--owner <person>', 'Only those of one owner.')
      .option('--orphaned', 'Only those whose owner is gone or disabled.')
      .option('--after <id>', 'Go on behind this device.')
      .option('--limit <number>', 'How many at the most.', '100')
      .action(act(context, (options: ListOptions) => list(context, options))),
    [
      { run: './sallyport device list', says: 'Everything but what is retired.' },
      { run: './sallyport device list --zone plant --kind rtu', says: 'The RTUs of one zone.' },
    ],
  );
  examples(
    group
      .command('show')
      .description('Show one device: how it proves itself, what it told of itself, when it came.')
      .argument('<device>', 'Name or id.')
      .action(act(context, (typed: string) => show(context, typed))),
    [{ run: './sallyport device show core-1', says: 'When it last came, where and with what.' }],
  );
}

async function list(context: CommandContext, options: ListOptions): Promise<ExitCode> {
  const output = context.output();
  const limit = limitTyped(options.limit);
  if (!limit.ok) return misused(output, limit.error);
  const { status, kind, zone, owner, orphaned, after } = options;
  if (status !== undefined && !DeviceStatus.safeParse(status).success) {
    return misused(output, noSuch('status', status, deviceStatuses));
  }
  const known = kind === undefined ? undefined : kindTyped(kind);
  if (known?.ok === false) return misused(output, known.error);
  const wrong = zone === undefined ? undefined : zoneTyped(zone);
  if (wrong !== undefined) return misused(output, wrong);
  return withDesk(context, async ({ people, devices }) => {
    const person = owner === undefined ? undefined : await personAt(people, owner, output);
    const page = await devices.list({
      limit: limit.value,
      ...(status === undefined ? {} : { status: DeviceStatus.parse(status) }),
      ...(kind === undefined ? {} : { kind: DeviceKind.parse(kind) }),
      ...(zone === undefined ? {} : { zone }),
      ...(person === undefined ? {} : { owner: person.id }),
      ...(orphaned === undefined ? {} : { orphaned }),
      ...(after === undefined ? {} : { after }),
    });
    if (!page.ok) return refusedDevice(output, page.error);
    const { items, next: more } = page.value;
    const filtered = [status, kind, zone, owner, orphaned, after].some((one) => one !== undefined);
    const next = nextFor(more, items);
    output.answer({
      says: sentence(items.length, filtered),
      table: { head: DEVICE_HEAD, rows: items.map(deviceRow) },
      ...(next === undefined ? {} : { next }),
      data: { devices: items, next: more },
    });
    return EXIT.ok;
  });
}

function nextFor(more: string | null, items: readonly ShownDevice[]): string | undefined {
  if (more !== null) return `There are more: --after ${more}`;
  return items.some(({ weaknesses }) => weaknesses.length > 0)
    ? './sallyport device show NAME tells what to do about one of them.'
    : undefined;
}

function sentence(count: number, filtered: boolean): string {
  if (count > 0) return `${countWords(count, 'device')}.`;
  return filtered
    ? 'No device is like that. ./sallyport device list without options shows them all.'
    : 'No device is here yet. ./sallyport device add NAME --kind KIND --owner PERSON adds one, ./sallyport device import FILE many.';
}

function show(context: CommandContext, typed: string): Promise<ExitCode> {
  return withDesk(context, async ({ devices }) => {
    const output = context.output();
    const device = await deviceAt(devices, typed, output);
    const { name, weaknesses } = device;
    output.answer({
      says: describe(device).join('\n'),
      table: {
        head: PROOF_HEAD,
        rows: [...device.proofs.map(deviceProofRow), ...device.certificates.map(ownCertificateRow)],
      },
      ...(weaknesses[0] === undefined
        ? {}
        : { next: MENDS[weaknesses[0]].replaceAll('NAME', name) }),
      data: device,
    });
    return EXIT.ok;
  });
}

function describe(device: ShownDevice): string[] {
  const { name, kind, zone, status, serial, mac, addresses, groups, purpose, posture } = device;
  const owner = device.ownerName ?? 'nobody';
  const from = device.lastSeenFrom === null ? '' : `, from ${device.lastSeenFrom}`;
  const through = device.lastSeenThrough === null ? '' : `, at ${device.lastSeenThrough}`;
  const words = [
    serial === null ? '' : `Serial number ${serial}.`,
    mac === null ? '' : `MAC address ${mac}.`,
    addresses.length === 0 ? '' : `It asks from ${addresses.join(', ')}.`,
    groups.length === 0 ? '' : `Groups: ${groups.join(', ')}.`,
  ].filter((word) => word !== '');
  return [
    `${name} is ${status}: ${kind}${zone === '' ? '' : ` in ${zone}`}.${purpose === '' ? '' : ` ${purpose}`}`,
    device.orphaned ? `Nobody answers for it (it was ${owner}).` : `${owner} answers for it.`,
    ...(words.length === 0 ? [] : [words.join(' ')]),
    device.lastSeenAt === null
      ? 'It never came yet.'
      : `It last came at ${seenWords(device)}${through}${from}.`,
    posture === null
      ? 'It never told of itself.'
      : `It told of itself at ${momentOf(posture.madeAt)}: disk encrypted ${posture.diskEncrypted}, screen lock ${posture.screenLock}, secure boot ${posture.secureBoot}; ${posture.system}. ${posture.compliant ? 'It counts as compliant.' : 'It does not count as compliant.'}`,
    ...(device.weaknesses.length === 0 ? [] : [`Careful: ${weaknessSentences(device)}.`]),
  ];
}

const MENDS: Readonly<Record<DeviceWeakness, string>> = {
  'exception-expired':
    'It is refused what it rested on. End the exception (./sallyport device proof end NAME PROOF), or judge it anew: ./sallyport device exception add NAME …',
  exception:
    'An exception stands in for a proof. Replace the device, or have it show a certificate, before the exception ends.',
  orphaned:
    'Have somebody answer for it: ./sallyport device change NAME --owner PERSON, or add its exception anew.',
  overlap:
    './sallyport device proof end NAME PROOF, once it speaks with the new one: “last used” tells.',
  'weak-secret': 'Put a strong one in its place: ./sallyport device secret NAME --for radius',
  'no-proof':
    'Give it one: ./sallyport certificate sign REQUEST --profile device --for device:NAME, or device pass or secret.',
  ended: 'End what is over: ./sallyport device proof end NAME PROOF',
  'ends-soon':
    'Put another in its place in time. Devices renew certificates by EST or ACME, and ./sallyport certificate renew SERIAL by hand.',
};
