/** `sallyport policy check`: what is wrong with policies, and whether activating them would be refused. */
import { checkedNetworks } from '../../kernel/networks.ts';
import { failed, ok } from '../../kernel/result.ts';
import type { PolicyFiles } from '../../policy/policy-files.ts';
import type { PolicyContext } from '../../policy/request.ts';
import type { Done } from '../desks/done.ts';
import type { CheckedPolicies, ShownProblem } from '../desks/policies-desk.ts';
import type { Refused } from '../remote/connection.ts';
import { tellRefused } from '../remote/refused.ts';
import type { CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { misused } from '../terminal/typed.ts';
import { readFolder } from './policy-folder.ts';
import { noAddressIn } from './policy-simulate.ts';
import { problemsSentence, problemTable } from './policy-words.ts';

export interface CheckOptions {
  readonly from?: readonly string[];
  readonly strict?: true;
}

export async function checkPolicies(
  context: CommandContext,
  folder: string,
  { from = [], strict }: CheckOptions,
): Promise<ExitCode> {
  const { output } = context;
  const nowhere = noAddressIn(from);
  if (nowhere !== undefined) return misused(output(), nowhere);
  const files = readFolder(context.folder, folder);
  if (!files.ok) {
    return misused(output(), {
      what: files.error,
      mend: './sallyport policy show --to FOLDER writes one.',
    });
  }
  const { remoteOf } = await import('../remote/remote.ts');
  const server = remoteOf(context);
  const checked = await output().during(
    'Checking the policies',
    server === undefined
      ? checkedHere(context, files.value, from)
      : server.call('checkPolicies', { body: { files: { ...files.value }, from: [...from] } }),
  );
  if (!checked.ok) return tellRefused(output(), checked.error);
  const { valid, wouldLockOut } = checked.value;
  const problems = [...checked.value.problems, ...(wouldLockOut ? [LOCKS_OUT] : [])];
  output().answer({
    says: problemsSentence(problems, folder, wouldLockOut),
    table: problemTable(problems),
    data: { valid, wouldLockOut, problems },
  });
  return valid && !(strict === true && problems.length > 0) ? EXIT.ok : EXIT.failed;
}

/** There need not be a house here: policies are written where there is none, too. */
async function checkedHere(
  context: CommandContext,
  files: PolicyFiles,
  from: readonly string[],
): Done<CheckedPolicies> {
  const { createVet } = await import('../../policy/vet.ts');
  const { checked, notChecked } = await import('../../doors/api/policy-views.ts');
  const vetted = await createVet()(files);
  if (!vetted.ok) return failed<Refused>(notChecked());
  const problems = vetted.value;
  const sound = !problems.some(({ severity }) => severity === 'error');
  return ok(
    checked({ problems, wouldLockOut: sound && (await locksOutEveryone(context, files, from)) }),
  );
}

const LOCKS_OUT: ShownProblem = {
  severity: 'warning',
  message: 'Activating them will be refused: no administrator could sign in and change them again',
  suggestion:
    'a folder takes the place of all policies: begin with those in force (./sallyport policy show --to FOLDER) and add yours; if administrators come from elsewhere, name an address with --from',
  file: '',
  line: 1,
  column: 1,
  width: 1,
  source: '',
};

/** As activating would judge; where there is no database to ask, by an administrator who holds the strongest proof. */
async function locksOutEveryone(
  context: CommandContext,
  files: PolicyFiles,
  from: readonly string[],
): Promise<boolean> {
  const { loadConfig, salvageConfig } = await import('../../config/load-config.ts');
  const { systemClock } = await import('../../kernel/clock.ts');
  const { systemRandom } = await import('../../kernel/random.ts');
  const { environment, folder, configFile } = context;
  const input = { environment, folder, file: configFile() };
  const read = loadConfig(input);
  const loaded = read.ok ? read.value : salvageConfig(input, read.error)?.loaded;
  const clock = systemClock();
  const { comingFrom } = await import('../../doors/api/trial-named.ts');
  const trustedNetwork = checkedNetworks(loaded?.config.listen.trustedNetworks ?? []);
  const circumstances: readonly PolicyContext[] =
    loaded === undefined ? [] : from.map((one) => comingFrom({ clock, trustedNetwork }, one));
  if (read.ok) {
    const { reachHouse } = await import('../doctor/reach-house.ts');
    const { administratorsOf } = await import('../../gate/use-cases/people/administrators.ts');
    const look = { loaded: read.value, environment, clock, random: systemRandom(), online: false };
    const reached = await reachHouse(look, (house) =>
      house.store.read(async (q) =>
        house.policies.wouldLockOut(
          q,
          { files, problems: [] },
          { administrators: await administratorsOf(q, house), circumstances },
        ),
      ),
    );
    if (reached.state === 'found') return reached.value;
  }
  const { locksOutTheStrongest } = await import('../../policy/lock-out.ts');
  const { loopback } = await import('../../policy/policies.ts');
  return locksOutTheStrongest(files, [loopback(clock), ...circumstances]);
}
