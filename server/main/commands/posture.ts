/** `sallyport posture`: a device tells a server what it is like. docs/devices.md tells what becomes of it. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { systemClock } from '../../kernel/clock.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import type { Posture } from '../posture/gather.ts';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import type { Cell, Problem } from '../terminal/output.ts';
import { misused } from '../terminal/typed.ts';

interface PostureOptions {
  readonly key?: string;
  readonly certificate?: string;
}

export function register(program: Command, context: CommandContext): void {
  examples(
    program
      .command('posture')
      .description(
        'Tell a server what this device is like, signed with its key; without --at, look.',
      )
      .option(
        '--key <file>',
        'The private key of the device, in PEM; without --certificate, P-256 or Ed25519.',
      )
      .option('--certificate <file>', 'Its certificate, in PEM, where the key is not registered.')
      .action(act(context, (options: PostureOptions) => posture(context, options))),
    [
      { run: './sallyport posture', says: 'What would be told.' },
      {
        run: './sallyport posture --at https://auth.example.com --key device.key',
        says: 'Once an hour, from cron or a timer.',
      },
    ],
  );
}

async function posture(
  context: CommandContext,
  { key: keyFile, certificate: certificateFile }: PostureOptions,
): Promise<ExitCode> {
  const output = context.output();
  const { gather } = await import('../posture/gather.ts');
  const { runTool } = await import('../posture/run-tool.ts');
  const { isRegistrable, readDeviceKey, signReport } = await import('../posture/sign-report.ts');
  const { placeOf } = await import('../remote/places.ts');
  const place = placeOf(context);
  if (!place.ok) return misused(output, place.error);
  const audience = place.value;
  if (audience !== undefined && keyFile === undefined) {
    return misused(output, {
      what: 'A report is signed with the key of the device: --key FILE.',
      mend: 'Make one (openssl genpkey -algorithm ed25519 -out device.key) and have its public half registered: ./sallyport device key NAME --public-key FILE',
    });
  }
  const files = read(context, keyFile, certificateFile);
  if (!files.ok) return misused(output, files.error);
  const gathering = gather(process.platform, runTool);
  if (gathering === undefined) {
    return misused(output, { what: `Nothing is known of how to look at ${process.platform}.` });
  }
  const found = await gathering;
  if (audience === undefined || files.value.key === undefined) {
    output.answer({
      says: `This is ${found.system}.`,
      table: tableOf(found),
      next: 'Tell it to a server: ./sallyport posture --at ADDRESS --key FILE',
      data: { sent: false, ...found },
    });
    return EXIT.ok;
  }
  const key = readDeviceKey(files.value.key);
  if (!key.ok) {
    return misused(output, {
      what:
        key.error === 'no-key'
          ? `${keyFile} is no private key in PEM.`
          : `${keyFile} is a key of a kind that signs no report: P-256, P-384, P-521, Ed25519 and RSA do.`,
    });
  }
  const { certificate } = files.value;
  if (certificate === undefined && !isRegistrable(key.value)) {
    return misused(output, {
      what: `${keyFile} is neither a key on P-256 nor an Ed25519 key, and no other can be registered.`,
      mend: 'Where it is the key of a certificate of the device, say so: --certificate FILE',
    });
  }
  const now = systemClock().now();
  const signed = signReport(found, { audience, now, key: key.value, certificate });
  const { sendReport } = await import('../posture/send-report.ts');
  const sent = await sendReport(audience, signed);
  if (!sent.ok) {
    output.problem(sent.error.problem);
    return sent.error.exit;
  }
  output.answer({
    says: `${audience} took the report of this device. This is ${found.system}.`,
    table: tableOf(found),
    data: { sent: true, at: audience, ...found },
  });
  return EXIT.ok;
}

const STATES = { yes: 'granted', no: 'refused', unknown: 'challenged' } as const;

function tableOf({ diskEncrypted, screenLock, secureBoot }: Posture) {
  const cell = (answer: keyof typeof STATES): Cell => [STATES[answer], answer];
  return {
    head: ['what', 'is it so'],
    rows: [
      ['disk encrypted', cell(diskEncrypted)],
      ['screen lock', cell(screenLock)],
      ['secure boot', cell(secureBoot)],
    ],
  };
}

function read(
  { folder }: CommandContext,
  key: string | undefined,
  certificate: string | undefined,
): Result<{ key: string | undefined; certificate: string | undefined }, Problem> {
  const texts: (string | undefined)[] = [];
  for (const name of [key, certificate]) {
    try {
      texts.push(name === undefined ? undefined : readFileSync(resolve(folder, name), 'utf8'));
    } catch {
      return failed({ what: `${name} can’t be read.`, mend: 'Name a file that is there.' });
    }
  }
  return ok({ key: texts[0], certificate: texts[1] });
}
