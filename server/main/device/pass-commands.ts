/** `sallyport device pass`, `passes` and `unpass`: certificates for devices that have none yet (docs/est.md, docs/acme.md). */
import { type EnrolmentPassState, HostName, passLimits } from '@sallyport/contract/enrolment.ts';
import type { Command } from 'commander';
import { DAY } from '../../kernel/clock.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { withDesk } from '../desks/at-desk.ts';
import type { NewDevicePass, ShownDevicePass } from '../desks/passes-desk.ts';
import { tellBy, tellRefused } from '../remote/refused.ts';
import { countWords, momentOf } from '../terminal/amounts.ts';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import type { Cell, Problem } from '../terminal/output.ts';
import { byEndOfId, durationTyped, gather, misused, usesTyped } from '../terminal/typed.ts';
import { deviceAt } from './device-words.ts';

interface PassOptions {
  readonly uses: string;
  readonly for: string;
  readonly dns?: readonly string[];
  readonly from?: readonly string[];
  readonly tpmKey?: string;
}

const MOST_USES = passLimits.uses;

export function registerPasses(group: Command, context: CommandContext): void {
  examples(
    group
      .command('pass')
      .description('Make a one-time secret with which a device gets a certificate, by EST or ACME.')
      .argument('<device>', 'Name or id.')
      .option('--uses <number>', `For how many certificates, ${MOST_USES} at most.`, '1')
      .option('--for <time>', `How long it is good, ${passLimits.days} days at most.`, '1h')
      .option('--dns <name>', 'A name of a host that it may have, as often as needed.', gather)
      .option('--from <network>', 'From where it is good; anywhere, if none is named.', gather)
      .option('--tpm-key <sha256>', 'The attestation key of its TPM, as tpm2_print tells it.')
      .action(act(context, (typed: string, options: PassOptions) => pass(context, typed, options))),
    [
      {
        run: './sallyport device pass pump-7',
        says: 'One certificate within an hour. The secret is shown once.',
      },
      {
        run: './sallyport device pass web-3 --dns web-3.example.com --for 1d --from 10.20.0.0/16',
        says: 'For a server with a name, from its own network alone.',
      },
    ],
  );
  examples(
    group
      .command('passes')
      .description('Show the passes of a device, and what is left of them.')
      .argument('<device>', 'Name or id.')
      .action(act(context, (typed: string) => passes(context, typed))),
    [{ run: './sallyport device passes pump-7', says: 'Which are good, and which were used.' }],
  );
  examples(
    group
      .command('unpass')
      .description('Withdraw a pass. ACME accounts that were made with it end; certificates stay.')
      .argument('<device>', 'Name or id.')
      .argument('<pass>', 'Its id, or the last six characters of it or more.')
      .action(act(context, (typed: string, id: string) => unpass(context, typed, id))),
    [{ run: './sallyport device unpass pump-7 4f2a91', says: 'It went to the wrong people.' }],
  );
}

function termsTyped(options: PassOptions): Result<NewDevicePass, Problem> {
  const { dns = [], from = [], tpmKey } = options;
  const uses = usesTyped(options.uses, MOST_USES);
  if (!uses.ok) return uses;
  const lifetime = durationTyped('--for', options.for, { most: passLimits.days * DAY });
  if (!lifetime.ok) return lifetime;
  const wrong = dns.find((name) => !HostName.safeParse(name).success);
  if (wrong !== undefined) {
    return failed({
      what: `“${wrong}” is not the whole name of a host.`,
      mend: 'Write it in small letters, with its domain: --dns pump-7.example.com',
    });
  }
  const key = keyTyped(tpmKey);
  if (!key.ok) return key;
  return ok({
    uses: uses.value,
    lifetime: lifetime.value,
    names: dns,
    networks: from,
    attestationKey: key.value,
  });
}

/** SHA-256 in hexadecimal, as tools print it, or in base64url, as JOSE has it. */
function keyTyped(typed: string | undefined): Result<string | null, Problem> {
  if (typed === undefined) return ok(null);
  const plain = typed.replaceAll(':', '');
  if (/^[0-9a-f]{64}$/i.test(plain)) return ok(Buffer.from(plain, 'hex').toString('base64url'));
  if (/^[A-Za-z0-9_-]{43}$/.test(typed)) return ok(typed);
  return failed({
    what: '--tpm-key is SHA-256 over the public key, in hexadecimal or base64url.',
    mend: 'openssl pkey -pubin -in ak.pem -outform DER | openssl sha256',
  });
}

function pass(context: CommandContext, typed: string, options: PassOptions): Promise<ExitCode> {
  const output = context.output();
  const terms = termsTyped(options);
  if (!terms.ok) return Promise.resolve(misused(output, terms.error));
  return withDesk(context, async ({ devices, passes: desk }) => {
    const device = await deviceAt(devices, typed, output);
    const issued = await desk.issue(device.id, terms.value);
    if (!issued.ok) return refusedPass(device.name)(output, issued.error);
    const { id, secret, eab, expiresAt } = issued.value;
    const { uses, names, networks } = terms.value;
    const where = networks.length === 0 ? '' : ` from ${networks.join(', ')}`;
    const called = names.length === 0 ? '' : `, also in the name of ${names.join(', ')}`;
    output.answer({
      says:
        `${device.name} gets ${countWords(uses, 'certificate')} with this until ${momentOf(expiresAt)}${where}${called}. ` +
        `It is shown now and never again.\n\n  EST, as the password:  ${secret}\n` +
        `  ACME, EAB key id:      ${eab.kid}\n  ACME, EAB HMAC key:    ${eab.hmacKey}`,
      next: `./sallyport device unpass ${device.name} ${id} makes it worthless.`,
      data: { device: device.id, ...issued.value, uses, names, networks },
    });
    return EXIT.ok;
  });
}

function passes(context: CommandContext, typed: string): Promise<ExitCode> {
  return withDesk(context, async ({ devices, passes: desk }) => {
    const output = context.output();
    const device = await deviceAt(devices, typed, output);
    const listed = await desk.list(device.id);
    if (!listed.ok) return tellRefused(output, listed.error);
    output.answer({
      says:
        listed.value.length > 0
          ? `${countWords(listed.value.length, 'pass', 'passes')} of ${device.name}.`
          : `${device.name} has no passes. ./sallyport device pass ${device.name} makes one.`,
      table: {
        head: ['pass', 'state', 'used', 'good until', 'names', 'from'],
        rows: listed.value.map(rowOf),
      },
      data: { device: device.id, passes: listed.value },
    });
    return EXIT.ok;
  });
}

function unpass(context: CommandContext, typed: string, id: string): Promise<ExitCode> {
  return withDesk(context, async ({ devices, passes: desk }) => {
    const output = context.output();
    const device = await deviceAt(devices, typed, output);
    const listed = await desk.list(device.id);
    if (!listed.ok) return tellRefused(output, listed.error);
    const meant = byEndOfId(
      listed.value.filter(({ state }) => state !== 'withdrawn'),
      id,
    );
    if (!meant.ok) return misused(output, meant.error);
    const gone = refusedPass(device.name);
    if (meant.value === undefined) return gone(output, { code: 'not-found', members: {} });
    const done = await desk.withdraw(device.id, meant.value.id);
    if (!done.ok) return gone(output, done.error);
    output.answer({
      says: 'The pass is worthless now. Certificates that were got with it stay.',
      ...(meant.value.used === 0
        ? {}
        : { next: './sallyport certificate list shows them, and certificate revoke ends one.' }),
      data: { id: meant.value.id },
    });
    return EXIT.ok;
  });
}

const refusedPass = (device: string) =>
  tellBy({
    'not-found': () => ({
      what: `${device} has no such pass, or it was withdrawn already.`,
      mend: `./sallyport device passes ${device} shows them.`,
    }),
    'device-retired': () => ({
      what: `${device} was retired.`,
      mend: 'Add it anew: its name is free.',
    }),
    'networks-malformed': ({ says }) => ({
      what: `${says}.`,
      mend: 'Write it as 192.0.2.0/24 or 2001:db8::/32, or as one address.',
    }),
  });

const STATES: Readonly<Record<EnrolmentPassState, Cell>> = {
  good: ['granted', 'good'],
  used: ['unknown', 'used up'],
  expired: ['unknown', 'over'],
  withdrawn: ['refused', 'withdrawn'],
  'not-active': ['refused', 'device not active'],
};

function rowOf({ id, state, used, uses, expiresAt, names, networks }: ShownDevicePass): Cell[] {
  const until = momentOf(expiresAt);
  const from = networks.join(', ') || 'anywhere';
  return [id, STATES[state], `${used} of ${uses}`, until, names.join(', ') || '–', from];
}
