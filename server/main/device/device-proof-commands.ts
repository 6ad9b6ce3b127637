/** How a device proves itself: `device certificate`, `key`, `exception` and `proof end`. Secrets are in secret-commands.ts. */
import type { DeviceExceptionKind } from '@sallyport/contract/devices.ts';
import type { Command } from 'commander';
import { systemClock } from '../../kernel/clock.ts';
import { withDesk } from '../desks/at-desk.ts';
import { personAt } from '../person/person-words.ts';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import { byEndOfId, misused, PUBLIC_HALF, privateKeyProblem } from '../terminal/typed.ts';
import { macTyped, untilTyped } from './device-typed.ts';
import { deviceAt, refusedDevice } from './device-words.ts';
import { registerExceptionList } from './exception-list-command.ts';
import { adding, ending, readTyped } from './proof-words.ts';
import { registerSecrets } from './secret-commands.ts';

interface CertificateOptions {
  readonly file?: string;
  readonly authority?: string;
  readonly named?: string;
  readonly name?: string;
}

interface ExceptionOptions {
  readonly mac?: string;
  readonly withoutMessageAuthenticator?: true;
  readonly owner: string;
  readonly reason: string;
  readonly control: string;
  readonly until: string;
}

export function registerDeviceProofs(group: Command, context: CommandContext): void {
  registerSecrets(group, context);
  examples(
    group
      .command('certificate')
      .description('Have a device known by a certificate that another authority gave it.')
      .argument('<device>', 'Name or id.')
      .option('--file <file>', 'The certificate itself, in PEM.')
      .option('--authority <name>', 'Or: an authority that is trusted here.')
      .option('--named <text>', 'With --authority: what it calls the device.')
      .option('--name <text>', 'What you call it in lists.')
      .action(
        act(context, (typed: string, o: CertificateOptions) => certificate(context, typed, o)),
      ),
    [
      {
        run: './sallyport device certificate laptop-17 --file laptop-17.pem',
        says: 'This one certificate and no other.',
      },
    ],
  );
  examples(
    group
      .command('key')
      .description('Have a device known by a public key, with which it signs its reports.')
      .argument('<device>', 'Name or id.')
      .requiredOption('--public-key <file>', 'In PEM: P-256 or Ed25519.')
      .action(
        act(context, (typed: string, { publicKey }: { publicKey: string }) =>
          key(context, typed, publicKey),
        ),
      ),
    [
      {
        run: './sallyport device key laptop-17 --public-key laptop-17.pub',
        says: 'For ./sallyport posture.',
      },
    ],
  );
  const exception = group
    .command('exception')
    .description('What stands in for a proof that a device can’t show.');
  examples(
    exception
      .command('add')
      .description(
        'Write an exception down: who answers for it, why, what is done instead, until when.',
      )
      .argument('<device>', 'Name or id.')
      .option('--mac <address>', 'Known by its MAC address alone, which anyone can take on.')
      .option(
        '--without-message-authenticator',
        'A RADIUS client that signs no requests (CVE-2024-3596).',
      )
      .requiredOption('--owner <person>', 'Who answers for the exception.')
      .requiredOption('--reason <text>', 'Why the device can’t do better.')
      .requiredOption('--control <text>', 'What is done instead.')
      .requiredOption('--until <time>', 'When it ends, a year from now at the latest.')
      .action(act(context, (typed: string, o: ExceptionOptions) => except(context, typed, o))),
    [
      {
        run: './sallyport device exception add printer-3 --mac 02:00:5e:10:00:01 --owner ada --reason "Has no 802.1X" --control "Own VLAN, no way out" --until 180d',
        says: 'It is listed as a weakness, and refused when it ends.',
      },
    ],
  );
  registerExceptionList(exception, context);
  const proof = group.command('proof').description('The proofs and exceptions of a device.');
  examples(
    proof
      .command('end')
      .description('End a proof or an exception. What was granted to the device is judged anew.')
      .argument('<device>', 'Name or id.')
      .argument('<proof>', 'Its id, or the last six characters of it or more.')
      .action(act(context, (typed: string, id: string) => end(context, typed, id))),
    [{ run: './sallyport device proof end core-1 4f2a91', says: 'The secret that was seen.' }],
  );
}

async function certificate(
  context: CommandContext,
  typed: string,
  { file, authority, named, name }: CertificateOptions,
): Promise<ExitCode> {
  const output = context.output();
  const byName = authority !== undefined && named !== undefined;
  if (
    (file !== undefined) === (authority !== undefined || named !== undefined) ||
    (!file && !byName)
  ) {
    return misused(output, {
      what: 'A certificate is given as it is, or by who gives it and the name that is in it.',
      mend: 'Add --file FILE, or --authority NAME with --named TEXT. Those of our own authority need nothing.',
    });
  }
  const read = file === undefined ? undefined : readTyped(context, file);
  if (read?.ok === false) return misused(output, read.error);
  const proof = { kind: 'certificate', name, certificate: read?.value, authority, named } as const;
  return adding(context, typed, proof, (device, added) => ({
    says: `${device.name} is known by that certificate now${ending(added)}.`,
  }));
}

async function key(context: CommandContext, typed: string, file: string): Promise<ExitCode> {
  const output = context.output();
  const read = readTyped(context, file);
  if (!read.ok) return misused(output, read.error);
  const secret = privateKeyProblem(file, read.value, PUBLIC_HALF);
  if (secret !== undefined) return misused(output, secret);
  return adding(context, typed, { kind: 'key', publicKey: read.value }, (device) => ({
    says: `${device.name} is known by that key now.`,
    next: `On the device: ./sallyport posture --at ADDRESS --key KEY.pem`,
  }));
}

async function except(
  context: CommandContext,
  typed: string,
  options: ExceptionOptions,
): Promise<ExitCode> {
  const output = context.output();
  const { mac: address, withoutMessageAuthenticator, owner, reason, control } = options;
  if ((address === undefined) === (withoutMessageAuthenticator === undefined)) {
    return misused(output, {
      what: 'Say what is let pass: one thing an exception.',
      mend: 'Add --mac ADDRESS, or --without-message-authenticator.',
    });
  }
  const kind: DeviceExceptionKind = address === undefined ? 'without-message-authenticator' : 'mac';
  const mac = address === undefined ? undefined : macTyped(address);
  if (mac?.ok === false) return misused(output, mac.error);
  const until = untilTyped('--until', options.until, systemClock().now());
  if (!until.ok) return misused(output, until.error);
  const { ExceptionWords } = await import('@sallyport/contract/api/device-shapes.ts');
  if (![reason, control].every((words) => ExceptionWords.safeParse(words).success)) {
    return misused(output, {
      what: '--reason and --control are sentences for whoever judges them later: 3 to 512 characters, in one line.',
    });
  }
  return withDesk(context, async ({ people, devices }) => {
    const person = await personAt(people, owner, output);
    const device = await deviceAt(devices, typed, output);
    const added = await devices.addProof(device.id, {
      kind,
      mac: mac?.value,
      owner: person.id,
      reason,
      control,
      expiresAt: until.value,
    });
    if (!added.ok) return refusedDevice(output, added.error);
    output.answer({
      says: `${device.name} has an exception (${kind})${ending(added.value)}; ${owner} answers for it.`,
      next: 'It is listed as a weakness. When it ends it is refused, and an alert goes out.',
      data: added.value,
    });
    return EXIT.ok;
  });
}

function end(context: CommandContext, typed: string, id: string): Promise<ExitCode> {
  return withDesk(context, async ({ devices }) => {
    const output = context.output();
    const device = await deviceAt(devices, typed, output);
    const found = byEndOfId(device.proofs, id);
    if (!found.ok) return misused(output, found.error);
    const chosen = found.value;
    if (chosen === undefined) {
      output.problem({
        what: `It holds no proof “${id}”.`,
        mend: `./sallyport device show ${device.name} tells them.`,
        data: { code: 'not-found' },
      });
      return EXIT.notFound;
    }
    const ended = await devices.endProof(device.id, chosen.id);
    if (!ended.ok) return refusedDevice(output, ended.error);
    const left = device.proofs.length - 1;
    output.answer({
      says: `The ${chosen.kind} of ${device.name} has ended.`,
      data: { device: device.id, proof: chosen.id, left },
    });
    return EXIT.ok;
  });
}
