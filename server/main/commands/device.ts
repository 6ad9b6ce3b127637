/** `sallyport device …`: machines that prove themselves. docs/devices.md tells what they are. */
import type { Command } from 'commander';
import { withDesk } from '../desks/at-desk.ts';
import { registerStatus } from '../desks/status-commands.ts';
import { refusedHeld } from '../device/device-holding.ts';
import { registerImport } from '../device/device-import-command.ts';
import { registerDeviceList } from '../device/device-list-command.ts';
import { registerDeviceProofs } from '../device/device-proof-commands.ts';
import { type DeviceOptions, devicesTyped } from '../device/device-typed.ts';
import { deviceAt, refusedDevice } from '../device/device-words.ts';
import { registerPasses } from '../device/pass-commands.ts';
import { personAt } from '../person/person-words.ts';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import { gather, misused, NOTHING_TO_CHANGE } from '../terminal/typed.ts';

function withWords(command: Command): Command {
  return command
    .option('--zone <zone>', 'The part of the network that it stands in; policies see it.')
    .option('--serial <number>', 'Its serial number.')
    .option('--mac <address>', 'Its MAC address, in any of the usual spellings.')
    .option(
      '--address <network>',
      'Of a device that asks by RADIUS or TACACS+: from where, as often as needed.',
      gather,
    )
    .option('--group <group>', 'A group that policies name, as often as needed.', gather)
    .option('--purpose <text>', 'What it is for, for whoever finds it later.');
}

export function register(program: Command, context: CommandContext): void {
  const group = program.command('device').description('The machines that prove themselves.');
  examples(
    withWords(
      group
        .command('add')
        .description('Add a device. It can do nothing until it has a proof.')
        .argument('<name>', 'Small letters, digits, dots, hyphens. Policies call it so.')
        .requiredOption(
          '--kind <kind>',
          'What it is: workstation, phone, server, switch, rtu and others.',
        )
        .requiredOption('--owner <person>', 'Who answers for it: what they sign in as.'),
    ).action(act(context, (name: string, options: DeviceOptions) => add(context, name, options))),
    [
      {
        run: './sallyport device add core-1 --kind switch --owner ada --zone plant --address 192.0.2.7',
        says: 'A switch that asks by RADIUS.',
      },
      {
        run: './sallyport device add laptop-17 --kind workstation --owner ada --serial PF3X9',
        says: 'A workstation that will show a certificate.',
      },
    ],
  );
  registerImport(group, context);
  registerDeviceList(group, context);
  examples(
    withWords(
      group
        .command('change')
        .description('Change a device. What is not named stays; an empty text takes it away.')
        .argument('<device>', 'Name or id.')
        .option('--name <name>', 'Another name; policies that call it by the old one must change.')
        .option('--kind <kind>', 'What it is.')
        .option('--owner <person>', 'Who answers for it from now on.'),
    ).action(act(context, (typed: string, o: DeviceOptions) => change(context, typed, o))),
    [
      { run: './sallyport device change core-1 --zone yard', says: 'It was moved.' },
      { run: "./sallyport device change core-1 --mac ''", says: 'It has another card now.' },
    ],
  );
  const setStatus = registerStatus(group, context, {
    noun: 'device',
    example: 'core-1',
    desk: ({ devices }) => devices,
    at: deviceAt,
    refused: refusedDevice,
  });
  setStatus('disable', 'Shut a device out at once; nothing of it is lost.', {
    done: (name) => `${name} is disabled: it comes in no more, and speaks for nobody.`,
    next: (name) => `Undo it with ./sallyport device enable ${name}.`,
    work: (desk, id) => desk.disable(id),
  });
  setStatus('enable', 'Let a disabled device in again.', {
    done: (name) => `${name} may come in again.`,
    work: (desk, id) => desk.enable(id),
  });
  setStatus('retire', 'Retire a device for good: its proofs end.', {
    done: (name) => `${name} is retired, and its proofs have ended.`,
    next: () => 'Its name, MAC address and serial number are free for another.',
    work: (desk, id) => desk.retire(id),
  });
  registerDeviceProofs(group, context);
  registerPasses(group, context);
}

async function add(
  context: CommandContext,
  name: string,
  options: DeviceOptions,
): Promise<ExitCode> {
  const output = context.output();
  const read = await devicesTyped({ ...options, name });
  if (!read.ok) return misused(output, read.error);
  const { kind, zone = '', serial = null, mac = null, ...rest } = read.value;
  if (kind === undefined) return misused(output, { what: 'Say what it is: --kind KIND.' });
  return withDesk(context, async ({ people, devices }) => {
    const owner = await personAt(people, options.owner ?? '', output);
    const { addresses = [], groups = [], purpose = '' } = rest;
    const fresh = { name, kind, zone, serial, mac, addresses, groups, purpose };
    const added = await devices.add({ ...fresh, owner: owner.id });
    if (!added.ok) return refusedHeld(devices, read.value, output, added.error);
    output.answer({
      says: `${name} is added, and ${options.owner} answers for it.`,
      next: `It has no proof yet. ${howItProves(name, kind, addresses)}`,
      data: added.value,
    });
    return EXIT.ok;
  });
}

function howItProves(name: string, kind: string, addresses: readonly string[]): string {
  if (addresses.length > 0) {
    return `Give it a secret: ./sallyport device secret ${name} --for radius`;
  }
  const ways = [
    `It gets a certificate by a file (./sallyport certificate sign REQUEST --profile device --for device:${name})`,
    `fetches one with a pass: ./sallyport device pass ${name}`,
  ].join(', or ');
  return kind === 'server'
    ? `${ways}\n\nPeople log in there by SSH with certificates: ./sallyport ssh setup ${name} prints what it needs for that.`
    : ways;
}

async function change(
  context: CommandContext,
  typed: string,
  options: DeviceOptions,
): Promise<ExitCode> {
  const output = context.output();
  if (Object.keys(options).length === 0) return misused(output, NOTHING_TO_CHANGE);
  const read = await devicesTyped(options);
  if (!read.ok) return misused(output, read.error);
  return withDesk(context, async ({ people, devices }) => {
    const device = await deviceAt(devices, typed, output);
    const { owner } = options;
    const person = owner === undefined ? undefined : await personAt(people, owner, output);
    const done = await devices.change(device.id, {
      ...read.value,
      ...(person === undefined ? {} : { owner: person.id }),
    });
    if (!done.ok) return refusedHeld(devices, read.value, output, done.error);
    output.answer({ says: `${done.value.name} is changed.`, data: done.value });
    return EXIT.ok;
  });
}
