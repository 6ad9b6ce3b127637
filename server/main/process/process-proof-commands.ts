/** `sallyport process proof …` and `process rotate`: how a process proves itself. */
import type { Command } from 'commander';
import { systemClock } from '../../kernel/clock.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { withDesk } from '../desks/at-desk.ts';
import type { AddedProof, ShownProcess, ShownProof } from '../desks/processes-desk.ts';
import type { Refused } from '../remote/connection.ts';
import { tellBy } from '../remote/refused.ts';
import { durationWords, momentOf } from '../terminal/amounts.ts';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import type { Problem } from '../terminal/output.ts';
import { byEndOfId, durationTyped, gather, misused } from '../terminal/typed.ts';
import {
  endTyped,
  type ProofOptions,
  proofKindTyped,
  settingsTyped,
} from './process-proof-settings.ts';
import { processAt, refusedProof } from './process-words.ts';

interface RotateOptions extends ProofOptions {
  readonly proof?: string;
  readonly overlap: string;
}

/** Options that say what a proof is, the same wherever one is made. */
function withSettings(command: Command): Command {
  return command
    .option('--public-key <file>', 'Of a key: its public half, in PEM or as a JWK.')
    .option('--jwks-uri <url>', 'Of a key or workload: where its keys are published.')
    .option('--certificate <file>', 'Of a certificate: the one that it shows, in PEM.')
    .option('--own', 'Of a certificate: whatever our own authority issued to it.')
    .option('--ca <file>', 'Of a certificate: the CA that issues them, in PEM.')
    .option('--common-name <name>', 'With --ca: the common name that they have.')
    .option('--organisation <name>', 'With --ca: the organisation that they name.')
    .option('--organisational-unit <name>', 'With --ca: the unit that they name.')
    .option('--dns <name>', 'With --ca: the DNS name that they have.')
    .option('--uri <uri>', 'With --ca: the URI that they have, such as spiffe://….')
    .option('--email <address>', 'With --ca: the mail address that they have.')
    .option('--require-revocation', 'Of a certificate: whether it was revoked has to be known.')
    .option('--issuer <url>', 'Of a workload: who gives it tokens.')
    .option('--audience <text>', 'Of a workload: whom its tokens are for, unless for us.')
    .option(
      '--claim <name=value>',
      'Of a workload: what its tokens say; ^= for a beginning.',
      gather,
    )
    .option('--once', 'Of a workload: its issuer makes a new token for each use.')
    .option('--lifetime <time>', 'How long it is good, such as 90d; as long as may be otherwise.');
}

export function registerProofs(group: Command, context: CommandContext): void {
  examples(
    withSettings(
      group
        .command('rotate')
        .description('Put another proof in the place of one; both are good for a while.')
        .argument('<process>', 'Name or id.')
        .option('--proof <id>', 'Which one, when there are several.')
        .option('--overlap <time>', 'How long the old one is good beside the new one.', '24h'),
    ).action(
      act(context, (typed: string, options: RotateOptions) => rotate(context, typed, options)),
    ),
    [
      {
        run: './sallyport process rotate nightly --public-key new.pem',
        says: 'The old key is good for a day more.',
      },
    ],
  );
  const proof = group.command('proof').description('How a process proves itself.');
  examples(
    withSettings(
      proof
        .command('add')
        .description('Add a proof: certificate, key, workload or secret, the strongest first.')
        .argument('<process>', 'Name or id.')
        .argument('<kind>', 'certificate, key, workload or secret.')
        .option('--name <text>', 'What you call it.'),
    ).action(
      act(context, (typed: string, kind: string, options: ProofOptions) =>
        add(context, typed, kind, options),
      ),
    ),
    [
      {
        run: './sallyport process proof add nightly key --public-key nightly.pem',
        says: 'It signs with a key of its own (private_key_jwt).',
      },
      {
        run: './sallyport process proof add shipping certificate --own',
        says: 'It comes with certificates of this authority: certificate sign issues them.',
      },
      {
        run: './sallyport process proof add deploy workload --issuer https://token.actions.githubusercontent.com --claim sub=repo:acme/site:ref:refs/heads/main',
        says: 'A CI job comes with the token that its platform gives it: no secret exists at all.',
      },
      {
        run: './sallyport process proof add legacy secret',
        says: 'For what can do nothing else. It is shown once, and reported as a weakness.',
      },
    ],
  );
  examples(
    proof
      .command('remove')
      .description('Remove a proof. What was granted to the process ends with it.')
      .argument('<process>', 'Name or id.')
      .argument('<proof>', 'Its id, or the last six characters of it or more.')
      .action(act(context, (typed: string, id: string) => remove(context, typed, id))),
    [{ run: './sallyport process proof remove nightly 4f2a91', says: 'The key that was lost.' }],
  );
}

async function add(
  context: CommandContext,
  typed: string,
  kindTyped: string,
  options: ProofOptions,
): Promise<ExitCode> {
  const output = context.output();
  const kind = proofKindTyped(kindTyped);
  if (!kind.ok) return misused(output, kind.error);
  const settings = settingsTyped(context.folder, kind.value, options);
  if (!settings.ok) return misused(output, settings.error);
  const end = endTyped(options.lifetime, systemClock().now());
  if (!end.ok) return misused(output, end.error);
  return withDesk(context, async ({ processes }) => {
    const process = await processAt(processes, typed, output);
    const added = await processes.addProof(process.id, {
      kind: kind.value,
      name: options.name ?? kind.value,
      settings: settings.value,
      expiresAt: end.value,
    });
    if (!added.ok) return refusedProof(output, added.error);
    output.answer({
      says: `${process.name} can prove itself by a ${kind.value} now${until(added.value)}.${shownOnce(added.value)}`,
      ...(kind.value === 'secret'
        ? {
            next: 'It is reported as a weakness until a key, a certificate or a workload takes its place.',
          }
        : {}),
      data: added.value,
    });
    return EXIT.ok;
  });
}

function rotate(context: CommandContext, typed: string, options: RotateOptions): Promise<ExitCode> {
  const output = context.output();
  const typedOverlap = durationTyped('--overlap', options.overlap, { none: true });
  if (!typedOverlap.ok) return Promise.resolve(misused(output, typedOverlap.error));
  const overlap = typedOverlap.value;
  return withDesk(context, async ({ processes }) => {
    const process = await processAt(processes, typed, output);
    const now = systemClock().now();
    const found =
      options.proof === undefined
        ? theOnlyGood(process.proofs, now)
        : byEndOfId(process.proofs, options.proof);
    if (!found.ok) return misused(output, found.error);
    const chosen = found.value;
    if (chosen === undefined) return notHeld(process, options.proof)(output, NOT_FOUND);
    const settings = settingsTyped(context.folder, chosen.kind, options);
    if (!settings.ok) return misused(output, settings.error);
    const end = endTyped(options.lifetime, now);
    if (!end.ok) return misused(output, end.error);
    const done = await processes.rotate(process.id, {
      proof: chosen.id,
      settings: settings.value,
      expiresAt: end.value,
      overlap,
    });
    if (!done.ok) return refusedProof(output, done.error);
    output.answer({
      says: `${process.name} has another ${chosen.kind}${until(done.value)}; the old one is good for ${durationWords(overlap)} more.${shownOnce(done.value)}`,
      data: done.value,
    });
    return EXIT.ok;
  });
}

function theOnlyGood(proofs: readonly ShownProof[], now: number): Result<ShownProof, Problem> {
  const good = proofs.filter(({ expiresAt }) => expiresAt === null || Date.parse(expiresAt) > now);
  const [one, ...more] = good;
  if (one === undefined) {
    return failed({ what: 'It has no proof to rotate: add one with process proof add.' });
  }
  return more.length === 0
    ? ok(one)
    : failed({
        what: 'It has several proofs: say which with --proof.',
        mend: './sallyport process show NAME tells them.',
      });
}

const NOT_FOUND: Refused = { code: 'not-found', members: {} };

const notHeld = ({ name }: ShownProcess, typed: string | undefined) =>
  tellBy({
    'not-found': () => ({
      what: `It holds no proof “${typed}”.`,
      mend: `./sallyport process show ${name} tells them.`,
    }),
  });

function remove(context: CommandContext, typed: string, id: string): Promise<ExitCode> {
  const output = context.output();
  return withDesk(context, async ({ processes }) => {
    const process = await processAt(processes, typed, output);
    const { proofs } = process;
    const found = byEndOfId(proofs, id);
    if (!found.ok) return misused(output, found.error);
    const chosen = found.value;
    if (chosen === undefined) return notHeld(process, id)(output, NOT_FOUND);
    const removed = await processes.removeProof(process.id, chosen.id);
    if (!removed.ok) return refusedProof(output, removed.error);
    const left = proofs.length - 1;
    output.answer({
      says: `The ${chosen.kind} of ${process.name} is gone, and what was granted to it is void.`,
      ...(left === 0
        ? {
            next: `It can’t come in any more. ./sallyport process proof add ${process.name} adds one.`,
          }
        : {}),
      data: { process: process.id, proof: chosen.id, left },
    });
    return EXIT.ok;
  });
}

const until = ({ expiresAt }: AddedProof) =>
  expiresAt === null ? '' : `, good until ${momentOf(expiresAt)}`;

const shownOnce = ({ secret }: AddedProof) =>
  secret === null ? '' : ` This is the secret, shown this once:\n\n  ${secret}`;
