/** `sallyport ssh …` for administrators: certificates of hosts, what is revoked, and the keys that sign. */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { withDesk } from '../desks/at-desk.ts';
import type { SshKind } from '../desks/ssh-desk.ts';
import { tellBy, tellRefused } from '../remote/refused.ts';
import { countWords, momentOf } from '../terminal/amounts.ts';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import type { Cell } from '../terminal/output.ts';
import { gather, misused, privateKeyProblem } from '../terminal/typed.ts';

export function registerAdministration(ssh: Command, context: CommandContext): void {
  examples(
    ssh
      .command('host-certificate')
      .description(
        'Make a certificate for a host’s own key, so that nobody has to believe a fingerprint.',
      )
      .argument('<device>', 'The device; its name is the first of the names.')
      .argument('<key>', 'The .pub file of the host’s key.')
      .option(
        '--name <name>',
        'Another name or address that people type; may stand several times.',
        gather,
      )
      .option('--days <days>', 'How long it is good; 90 at most.', '30')
      .option('--out <file>', 'Where to write it, instead of printing it.')
      .action(
        act(context, (device: string, key: string, options: HostOptions) =>
          hostCertificate(context, device, key, options),
        ),
      ),
    [
      {
        run: './sallyport ssh host-certificate web1 ssh_host_ed25519_key.pub --name web1.example.com --out ssh_host_ed25519_key-cert.pub',
        says: 'Put it beside the key on the host, and name it as HostCertificate.',
      },
    ],
  );
  examples(
    ssh
      .command('list')
      .description('Show the certificates that have not expired.')
      .action(act(context, () => list(context))),
    [{ run: './sallyport ssh list', says: 'Who may log in where, until when.' }],
  );
  examples(
    ssh
      .command('revoke')
      .description('Make a certificate worthless, or a key: hosts learn of it within a minute.')
      .argument('[serial]', 'The serial of a certificate.')
      .option('--key <file>', 'A .pub file instead: nobody comes with that key again.')
      .action(
        act(context, (serial: string | undefined, options: { key?: string }) =>
          revoke(context, serial, options),
        ),
      ),
    [
      {
        run: './sallyport ssh revoke 3392477087289038',
        says: 'As ssh list and sshd’s log tell it.',
      },
    ],
  );
  examples(
    ssh
      .command('keys')
      .description('Show the keys that sign certificates.')
      .action(act(context, () => keys(context))),
    [{ run: './sallyport ssh keys', says: 'For people and for hosts, each with its state.' }],
  );
  examples(
    ssh
      .command('rotate')
      .description('Make a new key that signs certificates.')
      .argument('<kind>', 'user or host.')
      .option('--at-once', 'The old key is void now, and so is every certificate under it.')
      .action(
        act(context, (kind: string, options: { atOnce?: true }) => rotate(context, kind, options)),
      ),
    [
      {
        run: './sallyport ssh rotate user',
        says: 'It signs a day later, when every host trusts it.',
      },
    ],
  );
  examples(
    ssh
      .command('krl')
      .description('Write the list of what is revoked, as sshd’s RevokedKeys reads it.')
      .argument('<file>', 'Where to write it.')
      .action(act(context, (file: string) => krl(context, file))),
    [
      {
        run: './sallyport ssh krl revoked.krl',
        says: 'What is in it, ssh-keygen -Q -l -f revoked.krl shows.',
      },
    ],
  );
}

interface HostOptions {
  readonly name?: readonly string[];
  readonly days: string;
  readonly out?: string;
}

const ITS_PUB = 'Give the public half, the .pub file: ssh-keygen -y -f KEY > KEY.pub makes it.';

/** The line of a `.pub` file; undefined where there is none. */
function lineIn(context: CommandContext, file: string): string | undefined {
  try {
    return readFileSync(resolve(context.folder, file), 'utf8').trim();
  } catch {
    return undefined;
  }
}

function hostCertificate(
  context: CommandContext,
  device: string,
  key: string,
  { name = [], days, out }: HostOptions,
): Promise<ExitCode> {
  const output = context.output();
  const publicKey = lineIn(context, key);
  if (publicKey === undefined) {
    return Promise.resolve(misused(output, { what: `${key} can’t be read.` }));
  }
  const secret = privateKeyProblem(key, publicKey, ITS_PUB);
  if (secret !== undefined) return Promise.resolve(misused(output, secret));
  if (!/^[1-9]\d?$/.test(days) || Number(days) > 90) {
    return Promise.resolve(misused(output, { what: '--days is a whole number from 1 to 90.' }));
  }
  return withDesk(context, async ({ ssh }) => {
    const made = await ssh.issueHost({ device, names: name, publicKey, days: Number(days) });
    if (!made.ok) return noHost(device)(output, made.error);
    const { certificate, principals, expiresAt } = made.value;
    if (out === undefined && !output.json) {
      output.raw(certificate);
      return EXIT.ok;
    }
    if (out !== undefined) writeFileSync(resolve(context.folder, out), `${certificate}\n`);
    output.answer({
      says: `${principals.join(', ')} has a certificate until ${momentOf(expiresAt)}, in ${out ?? ''}.`,
      next: 'Put it beside the host’s key, name it as HostCertificate, and reload sshd. The script of ./sallyport ssh setup DEVICE --print renew renews it.',
      data: made.value,
    });
    return EXIT.ok;
  });
}

const noHost = (device: string) =>
  tellBy({
    'not-found': () => ({
      what: `There is no device ${device} that is active.`,
      mend: 'Add it first: ./sallyport device add',
    }),
  });

function list(context: CommandContext): Promise<ExitCode> {
  return withDesk(context, async ({ ssh }) => {
    const output = context.output();
    const listed = await ssh.list();
    if (!listed.ok) return tellRefused(output, listed.error);
    const { items } = listed.value;
    output.answer({
      says:
        items.length === 0
          ? 'No certificate is out now. ./sallyport ssh setup HOST tells what a host needs, ./sallyport ssh login HOST gets one.'
          : `${countWords(items.length, 'certificate has', 'certificates have')} not expired.`,
      table: {
        head: ['serial', 'for', 'subject', 'host', 'names', 'until', 'state'],
        rows: items.map((one): Cell[] => [
          one.serial,
          one.kind === 'user' ? 'person' : 'host',
          one.subjectName ?? one.subject,
          one.host,
          one.principals.join(', '),
          momentOf(one.expiresAt),
          one.good ? ['granted', 'good'] : ['refused', 'revoked'],
        ]),
      },
      data: { certificates: items },
    });
    return EXIT.ok;
  });
}

function revoke(
  context: CommandContext,
  serial: string | undefined,
  { key }: { readonly key?: string },
): Promise<ExitCode> {
  const output = context.output();
  if ((serial === undefined) === (key === undefined)) {
    const problem = {
      what: 'Name a serial, or a key with --key.',
      mend: './sallyport ssh list shows serials.',
    };
    return Promise.resolve(misused(output, problem));
  }
  const line = key === undefined ? undefined : lineIn(context, key);
  if (key !== undefined && line === undefined) {
    return Promise.resolve(misused(output, { what: `${key} can’t be read.` }));
  }
  const secret = privateKeyProblem(key ?? '', line ?? '', ITS_PUB);
  if (secret !== undefined) return Promise.resolve(misused(output, secret));
  return withDesk(context, async ({ ssh }) => {
    const done = await (line === undefined ? ssh.revoke(serial ?? '') : ssh.revokeKey(line));
    if (!done.ok) return noCertificate(serial ?? '')(output, done.error);
    output.answer({
      says: `It is revoked. Hosts refuse ${line === undefined ? 'it' : 'that key'} once they have fetched the list again: within a minute.`,
      data: line === undefined ? { serial } : { key },
    });
    return EXIT.ok;
  });
}

const noCertificate = (serial: string) =>
  tellBy({
    'not-found': () => ({
      what: `There is no certificate ${serial} that is good.`,
      mend: './sallyport ssh list shows those that are.',
    }),
  });

const STATES: Readonly<Record<string, Cell>> = {
  next: ['challenged', 'next'],
  active: ['granted', 'active'],
  retiring: ['challenged', 'retiring'],
  gone: ['unknown', 'gone'],
};

type Shown = {
  readonly kind: string;
  readonly version: number;
  readonly state: string;
  readonly fingerprint: string;
  readonly signsFrom: string;
  readonly goneAt: string | null;
};

function keyTable(all: readonly Shown[]) {
  return {
    head: ['for', 'version', 'state', 'fingerprint', 'signs from', 'gone'],
    rows: all.map((key): Cell[] => [
      key.kind === 'user' ? 'people' : 'hosts',
      String(key.version),
      STATES[key.state] ?? key.state,
      key.fingerprint,
      momentOf(key.signsFrom),
      key.goneAt === null ? '' : momentOf(key.goneAt),
    ]),
  };
}

function keys(context: CommandContext): Promise<ExitCode> {
  return withDesk(context, async ({ ssh }) => {
    const output = context.output();
    const listed = await ssh.keys();
    if (!listed.ok) return tellRefused(output, listed.error);
    output.answer({
      says: 'The keys that sign SSH certificates.',
      table: keyTable(listed.value.keys),
      data: listed.value,
    });
    return EXIT.ok;
  });
}

function rotate(
  context: CommandContext,
  kind: string,
  { atOnce }: { readonly atOnce?: true },
): Promise<ExitCode> {
  const output = context.output();
  if (kind !== 'user' && kind !== 'host') {
    return Promise.resolve(
      misused(output, { what: `There are keys for user and host, and none for ${kind}.` }),
    );
  }
  return withDesk(context, async ({ ssh }) => {
    const which: SshKind = kind;
    const done = await ssh.rotate(which, atOnce ? 'once' : 'overlap');
    if (!done.ok) return tellRefused(output, done.error);
    output.answer({
      says: !done.value.rotated
        ? 'The next key was published before, and has not begun to sign. Nothing was changed.'
        : atOnce
          ? 'A new key signs now. The old one is void, and so is every certificate under it.'
          : 'The next key is published. It signs a day from now.',
      table: keyTable(done.value.keys),
      ...(done.value.rotated && atOnce
        ? {
            next: 'Have every host fetch what it trusts again now, and every client the key of hosts.',
          }
        : {}),
      data: done.value,
    });
    return EXIT.ok;
  });
}

function krl(context: CommandContext, file: string): Promise<ExitCode> {
  return withDesk(context, async ({ ssh }) => {
    const output = context.output();
    const list = await ssh.krl();
    if (!list.ok) return tellRefused(output, list.error);
    writeFileSync(resolve(context.folder, file), list.value);
    const data = { file, bytes: list.value.length };
    output.answer({ says: `The list of what is revoked is in ${file}.`, data });
    return EXIT.ok;
  });
}
