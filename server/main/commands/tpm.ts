/** `sallyport tpm bind`: a device shows a server which TPM it has. docs/acme.md tells what becomes of it. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { API_PREFIX } from '@sallyport/contract/api/operations.ts';
import type { Command } from 'commander';
import { base64url } from '../../kernel/bytes.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { readPem } from '../../wire/der/pem.ts';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import type { Problem } from '../terminal/output.ts';
import { misused } from '../terminal/typed.ts';

interface BindOptions {
  readonly passFile: string;
  readonly chain?: string;
  readonly handle: string;
}

interface Asked {
  readonly credentialBlob: string;
  readonly encryptedSecret: string;
  readonly until: string;
}

interface Bound {
  readonly device: string;
  readonly name: string;
  readonly proof: string;
  readonly attestationKey: string;
  readonly maker: string;
}

export function register(program: Command, context: CommandContext): void {
  const group = program.command('tpm').description('Which TPM a device has.');
  examples(
    group
      .command('bind')
      .description('Show a server which TPM this device has, so that its word is taken for it.')
      .requiredOption('--pass-file <file>', 'The secret of a pass of this device.')
      .option('--chain <file>', 'CAs between the maker’s root and the TPM’s certificate, in PEM.')
      .option('--handle <handle>', 'Where its attestation key lies, or is to lie.', '0x81010002')
      .action(act(context, (options: BindOptions) => bind(context, options))),
    [
      {
        run: './sallyport tpm bind --at https://auth.example.com --pass-file pass.txt',
        says: 'On the device itself, as root.',
      },
    ],
  );
}

async function bind(context: CommandContext, options: BindOptions): Promise<ExitCode> {
  const output = context.output();
  const { placeOf } = await import('../remote/places.ts');
  const { openTpm } = await import('../tpm/tpm-tools.ts');
  const { runSlowTool } = await import('../posture/run-tool.ts');
  const place = placeOf(context);
  if (!place.ok) return misused(output, place.error);
  const origin = place.value;
  if (origin === undefined) {
    return misused(output, { what: 'Say which server: --at https://auth.example.com' });
  }
  if (!/^0x81[0-9a-f]{6}$/i.test(options.handle)) {
    return misused(output, { what: '--handle is a persistent one, such as 0x81010002.' });
  }
  const files = read(context, options);
  if (!files.ok) return misused(output, files.error);
  const tpm = await openTpm(runSlowTool, options.handle);
  if (!tpm.ok) {
    output.problem(tpm.error);
    return EXIT.failed;
  }
  try {
    const { endorsement, attestationKey } = tpm.value;
    const shown = {
      pass: files.value.pass,
      endorsement: [endorsement, ...files.value.chain].map(base64url),
      attestationKey: base64url(attestationKey),
    };
    const asked = await send<Asked>(origin, 'questions', shown);
    if (!asked.ok) return told(output, asked.error);
    const { credentialBlob, encryptedSecret, until } = asked.value;
    const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64url'));
    const opened = await tpm.value.open(bytes(credentialBlob), bytes(encryptedSecret));
    if (!opened.ok) return told(output, { problem: opened.error, exit: EXIT.failed });
    const secret = base64url(opened.value);
    const bound = await send<Bound>(origin, '', { ...shown, secret, until });
    if (!bound.ok) return told(output, bound.error);
    const { name, maker } = bound.value;
    output.answer({
      says: `${origin} took it that this TPM (${maker}) is that of ${name}. Its attestation key lies at ${options.handle}.`,
      data: { ...bound.value },
    });
    return EXIT.ok;
  } finally {
    tpm.value.close();
  }
}

interface NotDone {
  readonly problem: Problem;
  readonly exit: ExitCode;
}

function told(output: ReturnType<CommandContext['output']>, { problem, exit }: NotDone): ExitCode {
  output.problem(problem);
  return exit;
}

async function send<T>(origin: string, path: string, body: object): Promise<Result<T, NotDone>> {
  const { reach, unreachable } = await import('../remote/token-requests.ts');
  try {
    const response = await reach(`${origin}${API_PREFIX}/devices/tpm${path && `/${path}`}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const answer: unknown = await response.json();
    if (response.ok) return ok(answer as T); // As our own server writes it (contract/api/enrolment.ts).
    const { says } = answer as { readonly says?: unknown };
    const why = typeof says === 'string' ? says : 'the pass is not good';
    const what =
      response.status === 403
        ? `${origin} did not take it: ${why}.`
        : `${origin} answered with the status ${response.status}.`;
    const exit = response.status === 403 ? EXIT.refused : EXIT.failed;
    return failed({ problem: { what, mend: 'docs/acme.md tells what it takes.' }, exit });
  } catch (error) {
    return failed({ problem: unreachable(origin, error), exit: EXIT.unavailable });
  }
}

function read(
  { folder }: CommandContext,
  { passFile, chain }: BindOptions,
): Result<{ pass: string; chain: readonly Uint8Array[] }, Problem> {
  const texts: string[] = [];
  for (const name of [passFile, chain]) {
    try {
      texts.push(name === undefined ? '' : readFileSync(resolve(folder, name), 'utf8'));
    } catch {
      return failed({ what: `${name} can’t be read.`, mend: 'Name a file that is there.' });
    }
  }
  const [pass = '', pem = ''] = texts;
  return ok({ pass: pass.trim(), chain: readPem(pem, ['CERTIFICATE']) });
}
