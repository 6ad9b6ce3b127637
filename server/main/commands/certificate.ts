/** `sallyport certificate …`: what the authority issues. docs/authority.md tells the profiles. */
import { isIP } from 'node:net';
import type { Command } from 'commander';
import {
  type Issued,
  type IssueError,
  issueErrorCodes,
  type ListedCertificate,
} from '../../authority/x509/authority-words.ts';
import { isProfileName, profileNames } from '../../authority/x509/profiles.ts';
import { isRevocationReason } from '../../authority/x509/revocation-reason.ts';
import { certificate } from '../../doors/api/certificate-views.ts';
import { pemOf } from '../../wire/der/pem.ts';
import { certifiedTyped } from '../authority/certified.ts';
import { blocksOf, readBytes, writeNew } from '../authority/files.ts';
import { WHICH_REASON } from '../authority/which-reason.ts';
import { AT_THE_MACHINE } from '../desks/at-the-machine.ts';
import { countWords, momentWords } from '../terminal/amounts.ts';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import type { Cell, Output } from '../terminal/output.ts';
import { durationTyped, gather, limitTyped, misused } from '../terminal/typed.ts';
import { withHouse } from '../with-house.ts';

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
      .requiredOption('--profile <profile>', `One of ${profileNames.join(', ')}.`)
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

function requestIn(context: CommandContext, file: string) {
  const bytes = readBytes(context.folder, file);
  if (!bytes.ok) return bytes;
  const [der = new Uint8Array()] = blocksOf(bytes.value, [
    'CERTIFICATE REQUEST',
    'NEW CERTIFICATE REQUEST',
  ]);
  return { ok: true as const, value: der };
}

function sign(context: CommandContext, file: string, options: SignOptions): Promise<ExitCode> {
  const output = context.output();
  const { profile, role, name = [] } = options;
  if (!isProfileName(profile)) {
    const mend = `It is one of ${profileNames.join(', ')}.`;
    return Promise.resolve(misused(output, { what: '--profile is none that there is.', mend }));
  }
  const lifetime =
    options.lifetime === undefined ? undefined : durationTyped('--lifetime', options.lifetime);
  if (lifetime !== undefined && !lifetime.ok)
    return Promise.resolve(misused(output, lifetime.error));
  const request = requestIn(context, file);
  if (!request.ok) return Promise.resolve(misused(output, request.error));
  return withHouse(context, async ({ house }) => {
    const subject = await certifiedTyped(house, options.for);
    if (!subject.ok) {
      output.problem(subject.error);
      return EXIT.notFound;
    }
    const names = namesTyped(
      name,
      subject.value.kind === 'server' ? subject.value.name : undefined,
    );
    const issued = await house.store.write((tx) =>
      house.authority.issue(
        tx,
        {
          profile,
          csr: request.value,
          subject: subject.value,
          names,
          role,
          lifetime: lifetime?.value,
        },
        AT_THE_MACHINE,
      ),
    );
    if (!issued.ok) return refused(output, issued.error);
    return tellIssued(context, issued.value, options.out, `issued to ${subject.value.name}`);
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
  issued: Issued,
  out: string | undefined,
  what: string,
): ExitCode {
  const output = context.output();
  const text = [issued.certificate, ...issued.chain].map(pemOf).join('');
  if (out !== undefined) {
    const problem = writeNew(context.folder, out, text);
    if (problem !== undefined) {
      output.problem({
        ...problem,
        mend: `The certificate was ${what}: ./sallyport certificate show ${issued.serial} shows it.`,
      });
      return EXIT.failed;
    }
  } else if (!output.json) {
    output.raw(text.trimEnd());
    return EXIT.ok;
  }
  output.answer({
    says: `A certificate was ${what}, good until ${momentWords(issued.notAfter)}.`,
    next: `Renew it from ${momentWords(issued.renewAt)} on.`,
    data: {
      serial: issued.serial,
      notAfter: new Date(issued.notAfter).toISOString(),
      renewAt: new Date(issued.renewAt).toISOString(),
      certificate: text,
    },
  });
  return EXIT.ok;
}

const CELLS: Readonly<Record<'good' | 'revoked' | 'expired', Cell>> = {
  good: ['granted', 'good'],
  revoked: ['refused', 'revoked'],
  expired: ['unknown', 'expired'],
};

function stateOf({ revokedAt, notAfter }: ListedCertificate, now: number) {
  return revokedAt !== undefined ? 'revoked' : notAfter <= now ? 'expired' : 'good';
}

function list(context: CommandContext, options: ListOptions): Promise<ExitCode> {
  const output = context.output();
  const limit = limitTyped(options.limit);
  if (!limit.ok) return Promise.resolve(misused(output, limit.error));
  const { profile, state } = options;
  if (profile !== undefined && !isProfileName(profile)) {
    const mend = `It is one of ${profileNames.join(', ')}.`;
    return Promise.resolve(misused(output, { what: '--profile is none that there is.', mend }));
  }
  if (state !== undefined && !Object.hasOwn(CELLS, state)) {
    return Promise.resolve(misused(output, { what: '--state is good, revoked or expired.' }));
  }
  return withHouse(context, async ({ house }) => {
    const subject =
      options.for === undefined ? undefined : await certifiedTyped(house, options.for);
    if (subject !== undefined && !subject.ok) {
      output.problem(subject.error);
      return EXIT.notFound;
    }
    const found = await house.store.read((q) =>
      house.authority.list(q, {
        subject: subject?.value.id,
        profile,
        state: state as keyof typeof CELLS | undefined, // Looked up just before.
        limit: limit.value,
      }),
    );
    const now = house.clock.now();
    output.answer({
      says:
        found.length === 0
          ? 'There are no such certificates.'
          : `${countWords(found.length, 'certificate')}.`,
      table: {
        head: ['state', 'profile', 'for', 'good until', 'serial'],
        rows: found.map((each) => [
          CELLS[stateOf(each, now)],
          each.profile,
          each.subjectName ?? '(erased)',
          momentWords(each.notAfter),
          each.serial,
        ]),
      },
      data: { certificates: found.map((each) => certificate(each, now)) },
    });
    return EXIT.ok;
  });
}

function show(context: CommandContext, typed: string): Promise<ExitCode> {
  return withHouse(context, async ({ house }) => {
    const output = context.output();
    const serial = serialOf(typed);
    const found = await house.store.read((q) => house.authority.get(q, serial));
    if (found === undefined) return refused(output, { code: 'unknown-certificate' });
    const now = house.clock.now();
    output.answer({
      says: `${found.subjectName ?? 'A subject that was erased'} has it by the profile ${found.profile}.`,
      table: {
        head: ['state', 'from', 'until', 'renew from', 'reason'],
        rows: [
          [
            CELLS[stateOf(found, now)],
            momentWords(found.notBefore),
            momentWords(found.notAfter),
            momentWords(found.renewAt),
            found.reason ?? '',
          ],
        ],
      },
      data: certificate(found, now),
    });
    if (!output.json && found.certificate) output.raw(pemOf(found.certificate).trimEnd());
    return EXIT.ok;
  });
}

function renew(
  context: CommandContext,
  typed: string,
  options: { readonly request?: string; readonly out?: string },
): Promise<ExitCode> {
  const output = context.output();
  const request = options.request === undefined ? undefined : requestIn(context, options.request);
  if (request !== undefined && !request.ok) return Promise.resolve(misused(output, request.error));
  return withHouse(context, async ({ house }) => {
    const key = request === undefined ? {} : { csr: request.value };
    const issued = await house.store.write((tx) =>
      house.authority.renew(tx, serialOf(typed), key, AT_THE_MACHINE),
    );
    if (!issued.ok) return refused(output, issued.error);
    return tellIssued(context, issued.value, options.out, 'renewed');
  });
}

function revoke(context: CommandContext, typed: string, reason: string): Promise<ExitCode> {
  const output = context.output();
  if (!isRevocationReason(reason)) return Promise.resolve(misused(output, WHICH_REASON));
  return withHouse(context, async ({ house }) => {
    const revoked = await house.store.write((tx) =>
      house.authority.revoke(tx, serialOf(typed), reason, AT_THE_MACHINE),
    );
    if (!revoked.ok) return refused(output, { code: revoked.error });
    const { subjectName = 'a subject that was erased' } = revoked.value;
    output.answer({
      says: `The certificate of ${subjectName} is revoked. Lists and OCSP say so from now on.`,
      data: certificate(revoked.value, house.clock.now()),
    });
    return EXIT.ok;
  });
}

function refused(output: Output, { code, detail }: IssueError): ExitCode {
  output.problem({
    what: `No certificate: ${issueErrorCodes[code]}${detail === undefined ? '' : ` (${detail})`}.`,
    mend: code === 'unknown-certificate' ? './sallyport certificate list shows them.' : undefined,
    data: { code, detail: detail ?? null },
  });
  return code === 'unknown-certificate' ? EXIT.notFound : EXIT.usage;
}
