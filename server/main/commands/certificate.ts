/** `sallyport certificate …`: what the authority issues. docs/authority.md tells the profiles. */
import {
  certificateProfiles,
  certificateStates,
  RevocationReason,
} from '@sallyport/contract/certificates.ts';
import type { Command } from 'commander';
import { renew, type SignOptions, sign } from '../authority/certificate-issuing.ts';
import { profileTyped, refused, serialOf } from '../authority/certificate-words.ts';
import { certifiedAt } from '../authority/certified.ts';
import { whichReason } from '../authority/which-reason.ts';
import { withDesk } from '../desks/at-desk.ts';
import type { ShownCertificate } from '../desks/certificates-desk.ts';
import { lastShown } from '../device/device-words.ts';
import { countWords, momentOf } from '../terminal/amounts.ts';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import type { Cell } from '../terminal/output.ts';
import { gather, limitTyped, misused, noSuch } from '../terminal/typed.ts';

interface ListOptions {
  readonly for?: string;
  readonly profile?: string;
  readonly state?: string;
  readonly after?: string;
  readonly limit: string;
}

export function register(program: Command, context: CommandContext): void {
  const group = program.command('certificate').description('Certificates that were issued here.');
  examples(
    group
      .command('sign')
      .description(
        'Issue a certificate by a request. Its names and uses come from profile and subject.',
      )
      .argument('<request>', 'A certificate request (CSR), in PEM or DER.')
      .requiredOption('--profile <profile>', `One of ${certificateProfiles.join(', ')}.`)
      .requiredOption(
        '--for <subject>',
        'device:NAME, process:NAME, person:IDENTIFIER or server:HOST.',
      )
      .option(
        '--name <name>',
        'One more name: a host, an address, or a user principal name; as often as needed.',
        gather,
      )
      .option('--role <role>', 'For the profile modbus-role: the role.')
      .option('--lifetime <time>', 'How long it is good, within what the profile allows.')
      .option('--out <file>', 'Write certificate and issuing CA there, and not to the screen.')
      .action(act(context, (file: string, options: SignOptions) => sign(context, file, options))),
    [
      {
        run: './sallyport certificate sign plc-7.csr --profile device --for device:plc-7 --out plc-7.pem',
        says: 'For a device that is known.',
      },
      {
        run: './sallyport certificate sign web.csr --profile server --for server:web.example.com --name web.example.com',
        says: 'For a server of yours.',
      },
    ],
  );
  examples(
    group
      .command('list')
      .description('Show certificates, the newest first.')
      .option('--for <subject>', 'Of one subject, as with sign.')
      .option('--profile <profile>', 'Of one profile.')
      .option('--state <state>', 'good, revoked or expired.')
      .option('--after <serial>', 'Go on behind this one.')
      .option('--limit <number>', 'How many at the most.', '50')
      .action(act(context, (options: ListOptions) => list(context, options))),
    [
      {
        run: './sallyport certificate list --state good --profile device',
        says: 'All devices that can come in.',
      },
    ],
  );
  examples(
    group
      .command('show')
      .description('Show one certificate.')
      .argument('<serial>', 'Its serial number, in hexadecimal.')
      .action(act(context, (serial: string) => show(context, serial))),
    [{ run: './sallyport certificate show SERIAL', says: 'With the certificate itself.' }],
  );
  examples(
    group
      .command('renew')
      .description('Issue another for the same subject, with the same names.')
      .argument('<serial>', 'The serial number of the old one.')
      .option('--request <file>', 'A request with a new key; else the key stays the same.')
      .option('--out <file>', 'Write certificate and issuing CA there.')
      .action(
        act(context, (serial: string, options: { request?: string; out?: string }) =>
          renew(context, serial, options),
        ),
      ),
    [
      {
        run: './sallyport certificate renew SERIAL --request new.csr --out plc-7.pem',
        says: 'The old one stays good until it ends.',
      },
    ],
  );
  examples(
    group
      .command('revoke')
      .description('Revoke a certificate. It is refused at every door from now on.')
      .argument('<serial>', 'Its serial number, in hexadecimal.')
      .requiredOption('--reason <reason>', 'Why, such as key-compromise or superseded.')
      .action(
        act(context, (serial: string, { reason }: { reason: string }) =>
          revoke(context, serial, reason),
        ),
      ),
    [
      {
        run: './sallyport certificate revoke SERIAL --reason key-compromise',
        says: 'No certificate with this key is issued again.',
      },
    ],
  );
}

const CELLS: Readonly<Record<ShownCertificate['state'], Cell>> = {
  good: ['granted', 'good'],
  revoked: ['refused', 'revoked'],
  expired: ['unknown', 'expired'],
};

function list(context: CommandContext, options: ListOptions): Promise<ExitCode> | ExitCode {
  const output = context.output();
  const limit = limitTyped(options.limit);
  if (!limit.ok) return misused(output, limit.error);
  const profile = options.profile === undefined ? undefined : profileTyped(options.profile);
  if (profile !== undefined && !profile.ok) return misused(output, profile.error);
  const state = certificateStates.find((each) => each === options.state);
  if (state !== options.state) {
    return misused(output, noSuch('state', options.state ?? '', certificateStates));
  }
  return withDesk(context, async (desk) => {
    const subject =
      options.for === undefined ? undefined : await certifiedAt(desk, options.for, output);
    const found = await desk.certificates.list({
      ...(subject === undefined ? {} : { subject: subject.id }),
      ...(profile === undefined ? {} : { profile: profile.value }),
      ...(state === undefined ? {} : { state }),
      ...(options.after === undefined ? {} : { after: options.after }),
      limit: limit.value,
    });
    if (!found.ok) return refused(output, found.error);
    const { items, next } = found.value;
    const { limit: _limit, ...filter } = options;
    const none =
      Object.keys(filter).length > 0
        ? 'There are no such certificates.'
        : 'No certificate is here yet. ./sallyport certificate sign --help tells how to issue one.';
    output.answer({
      says: items.length === 0 ? none : `${countWords(items.length, 'certificate')}.`,
      table: {
        head: ['state', 'profile', 'for', 'good until', 'last shown', 'serial'],
        rows: items.map((each) => [
          CELLS[each.state],
          each.profile,
          each.name ?? '(erased)',
          momentOf(each.notAfter),
          lastShown(each),
          each.serial,
        ]),
      },
      ...(next === null ? {} : { next: `There are more: --after ${next}` }),
      data: { certificates: items, next },
    });
    return EXIT.ok;
  });
}

function show(context: CommandContext, typed: string): Promise<ExitCode> {
  return withDesk(context, async ({ certificates }) => {
    const output = context.output();
    const found = await certificates.show(serialOf(typed));
    if (!found.ok) return refused(output, found.error);
    const { name, profile, state, notBefore, notAfter, renewAt, reason } = found.value;
    const shown = lastShown(found.value);
    output.answer({
      says: `${name ?? 'A subject that was erased'} has it by the profile ${profile}.`,
      table: {
        head: ['state', 'from', 'until', 'renew from', 'last shown', 'reason'],
        rows: [
          [
            CELLS[state],
            momentOf(notBefore),
            momentOf(notAfter),
            momentOf(renewAt),
            shown,
            reason ?? '',
          ],
        ],
      },
      data: found.value,
    });
    const { certificate } = found.value;
    if (!output.json && certificate !== null) output.raw(certificate.trimEnd());
    return EXIT.ok;
  });
}

function revoke(
  context: CommandContext,
  typed: string,
  reason: string,
): Promise<ExitCode> | ExitCode {
  const output = context.output();
  const why = RevocationReason.safeParse(reason);
  if (!why.success) return misused(output, whichReason(reason));
  return withDesk(context, async ({ certificates }) => {
    const revoked = await certificates.revoke(serialOf(typed), why.data);
    if (!revoked.ok) return refused(output, revoked.error);
    const { name } = revoked.value;
    output.answer({
      says: `The certificate of ${name ?? 'a subject that was erased'} is revoked. Lists and OCSP say so from now on.`,
      data: revoked.value,
    });
    return EXIT.ok;
  });
}
