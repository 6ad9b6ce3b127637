/** `sallyport certificate …`: what the authority issues. docs/authority.md tells the profiles. */
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import {
  type CertificateProfile,
  certificateProfiles,
  certificateStates,
  RevocationReason,
} from '@sallyport/contract/certificates.ts';
import type { Command } from 'commander';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { writePem } from '../../wire/der/pem.ts';
import { certifiedAt } from '../authority/certified.ts';
import { blocksOf, readBytes, writeNew } from '../authority/files.ts';
import { WHICH_REASON } from '../authority/which-reason.ts';
import { withDesk } from '../desks/at-desk.ts';
import type { IssuedCertificate, ShownCertificate } from '../desks/certificates-desk.ts';
import { lastShown } from '../device/device-words.ts';
import { tellBy } from '../remote/refused.ts';
import { countWords, momentWords } from '../terminal/amounts.ts';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import type { Cell, Problem } from '../terminal/output.ts';
import { durationTyped, gather, limitTyped, misused } from '../terminal/typed.ts';

interface SignOptions {
  readonly profile: string;
  readonly for: string;
  readonly name?: readonly string[];
  readonly role?: string;
  readonly lifetime?: string;
  readonly out?: string;
}

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
    [{ run: './sallyport certificate show 5f21c09a…', says: 'With the certificate itself.' }],
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
        run: './sallyport certificate renew 5f21c09a… --request new.csr --out plc-7.pem',
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
        run: './sallyport certificate revoke 5f21c09a… --reason key-compromise',
        says: 'No certificate with this key is issued again.',
      },
    ],
  );
}

/** As OpenSSL writes them, too. */
const serialOf = (typed: string) => typed.toLowerCase().replaceAll(':', '').replace(/^0x/, '');

const momentOf = (time: string) => momentWords(Date.parse(time));

/** In PEM, whatever it was in. */
function requestIn({ folder }: CommandContext, file: string): Result<string, Problem> {
  const bytes = readBytes(folder, file);
  if (!bytes.ok) return bytes;
  const [der] = blocksOf(bytes.value, ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST']);
  if (der !== undefined) return ok(writePem('CERTIFICATE REQUEST', der));
  return failed({
    what: `${file} holds no certificate request.`,
    mend: 'openssl req -new makes one.',
  });
}

function profileTyped(typed: string): Result<CertificateProfile, Problem> {
  const profile = certificateProfiles.find((each) => each === typed);
  if (profile !== undefined) return ok(profile);
  const mend = `It is one of ${certificateProfiles.join(', ')}.`;
  return failed({ what: '--profile is none that there is.', mend });
}

function sign(
  context: CommandContext,
  file: string,
  options: SignOptions,
): Promise<ExitCode> | ExitCode {
  const output = context.output();
  const { role = null, name = [] } = options;
  const profile = profileTyped(options.profile);
  if (!profile.ok) return misused(output, profile.error);
  const lifetime =
    options.lifetime === undefined ? ok(null) : durationTyped('--lifetime', options.lifetime);
  if (!lifetime.ok) return misused(output, lifetime.error);
  const request = requestIn(context, file);
  if (!request.ok) return misused(output, request.error);
  return withDesk(context, async (desk) => {
    const subject = await certifiedAt(desk, options.for, output);
    const { kind, id } = subject;
    const issued = await desk.certificates.issue({
      profile: profile.value,
      request: request.value,
      subject: { kind, id },
      names: namesTyped(name, kind === 'server' ? subject.name : undefined),
      role,
      lifetime: lifetime.value,
    });
    if (!issued.ok) return refused(output, issued.error);
    return tellIssued(context, issued.value, options.out, `issued to ${subject.name}`);
  });
}

function namesTyped(typed: readonly string[], host: string | undefined) {
  const all = host === undefined || typed.includes(host) ? typed : [host, ...typed];
  return {
    dns: all.filter((one) => isIP(one) === 0 && !/[@:]/.test(one)),
    ip: all.filter((one) => isIP(one) !== 0),
    uri: all.filter((one) => isIP(one) === 0 && one.includes('://')),
    upn: all.filter((one) => one.includes('@') && !one.includes('://')),
  };
}

function tellIssued(
  context: CommandContext,
  issued: IssuedCertificate,
  out: string | undefined,
  what: string,
): ExitCode {
  const output = context.output();
  const { serial, notAfter, renewAt, certificate } = issued;
  if (out !== undefined) {
    const problem = writeNew(context.folder, out, certificate);
    if (problem !== undefined) {
      output.problem({
        ...problem,
        mend: `The certificate was ${what}: ./sallyport certificate show ${serial} shows it.`,
      });
      return EXIT.failed;
    }
  } else if (!output.json) {
    output.raw(certificate.trimEnd());
    return EXIT.ok;
  }
  output.answer({
    says: `A certificate was ${what}, good until ${momentOf(notAfter)}${out === undefined ? '' : `; it is in ${resolve(context.folder, out)}`}.`,
    next: `Renew it from ${momentOf(renewAt)} on.`,
    data: issued,
  });
  return EXIT.ok;
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
    return misused(output, { what: '--state is good, revoked or expired.' });
  }
  return withDesk(context, async (desk) => {
    const subject =
      options.for === undefined ? undefined : await certifiedAt(desk, options.for, output);
    const { limit: _limit, ...asked } = options;
    const filtered = Object.keys(asked).length > 0;
    const found = await desk.certificates.list({
      ...(subject === undefined ? {} : { subject: subject.id }),
      ...(profile === undefined ? {} : { profile: profile.value }),
      ...(state === undefined ? {} : { state }),
      ...(options.after === undefined ? {} : { after: options.after }),
      limit: limit.value,
    });
    if (!found.ok) return refused(output, found.error);
    const { items, next } = found.value;
    output.answer({
      says:
        items.length === 0
          ? filtered
            ? 'There are no such certificates.'
            : 'No certificate is here yet. ./sallyport certificate sign REQUEST issues one.'
          : `${countWords(items.length, 'certificate')}.`,
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

function renew(
  context: CommandContext,
  typed: string,
  options: { readonly request?: string; readonly out?: string },
): Promise<ExitCode> | ExitCode {
  const output = context.output();
  const request = options.request === undefined ? ok(null) : requestIn(context, options.request);
  if (!request.ok) return misused(output, request.error);
  return withDesk(context, async ({ certificates }) => {
    const issued = await certificates.renew(serialOf(typed), request.value);
    if (!issued.ok) return refused(output, issued.error);
    return tellIssued(context, issued.value, options.out, 'renewed');
  });
}

function revoke(
  context: CommandContext,
  typed: string,
  reason: string,
): Promise<ExitCode> | ExitCode {
  const output = context.output();
  const why = RevocationReason.safeParse(reason);
  if (!why.success) return misused(output, WHICH_REASON);
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

const refused = tellBy({
  'certificate-refused': ({ says }) => ({ what: `No certificate: ${says}.` }),
  'certificate-revoked': () => ({ what: 'It was revoked already.' }),
  'not-found': () => ({
    what: 'There is no such certificate.',
    mend: './sallyport certificate list shows them.',
  }),
});
