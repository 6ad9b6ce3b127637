/** `sallyport certificate sign` and `renew`: a request is read, and what is issued by it is written or shown. */
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { writePem } from '../../wire/der/pem.ts';
import { withDesk } from '../desks/at-desk.ts';
import type { IssuedCertificate } from '../desks/certificates-desk.ts';
import { momentOf } from '../terminal/amounts.ts';
import type { CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import type { Problem } from '../terminal/output.ts';
import { durationTyped, misused } from '../terminal/typed.ts';
import { profileTyped, refused, serialOf } from './certificate-words.ts';
import { certifiedAt } from './certified.ts';
import { blocksOf, readBytes, writeNew } from './files.ts';

export interface SignOptions {
  readonly profile: string;
  readonly for: string;
  readonly name?: readonly string[];
  readonly role?: string;
  readonly lifetime?: string;
  readonly out?: string;
}

export function sign(
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
  const where = out === undefined ? '' : `; it is in ${resolve(context.folder, out)}`;
  output.answer({
    says: `A certificate was ${what}, good until ${momentOf(notAfter)}${where}.`,
    next: `Renew it from ${momentOf(renewAt)} on.`,
    data: issued,
  });
  return EXIT.ok;
}

export function renew(
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
