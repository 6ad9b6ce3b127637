/**
 * A process that works on a house until it is killed: by itself at the point that its task names, or by whoever started it.
 * It is started early and waits, so that its task begins at once.
 */
import { once } from 'node:events';
import { flushCompileCache } from 'node:module';
import { createInterface } from 'node:readline';
import { systemLater } from '../../server/kernel/later.ts';
import { manualClock } from '../support/clock.ts';
import { openFolderHouse } from '../support/folder-house.ts';
import { seededRandom } from '../support/random.ts';
import { createOfficeDeeds } from './deeds-of-office.ts';
import { createPeopleDeeds, type Holding } from './deeds-of-people.ts';
import { createDeeds, say } from './journal.ts';
import { killAt, type PointName } from './kill-points.ts';
import type { Task } from './world.ts';

// What would be kept for the next process at the end, which this one will not have.
flushCompileCache();
const [line] = (await once(createInterface(process.stdin), 'line')) as [string];
const task = JSON.parse(line) as Task; // As the test writes it.
const { database, folder: data, seed, world, claims, kill } = task;

const chance = seededRandom(seed);
const pick = (below: number) => new DataView(chance.bytes(4).buffer).getUint32(0) % below;
const later = systemLater();
const killing = killAt(kill && { point: kill.point as PointName, nth: kill.nth });
const clock = manualClock(task.now);
// A migration is to be killed in its first moments; everything else once the house is open.
if (kill?.point.includes('migration')) killing.arm();
const folder = await openFolderHouse({
  database,
  folder: data,
  clock,
  // The sequencer's pauses, shortened as all time is here: a round lasts a fraction of a second.
  later: (milliseconds, work) => later(milliseconds / 10, work),
  node: `crash ${seed}`,
  aroundStore: killing.aroundStore,
  aroundKept: killing.aroundKept,
});
process.once('exit', () => process.stderr.write(folder.notices.join('\n')));
killing.arm();
const deeds = createDeeds();
const of = createPeopleDeeds(folder, deeds);
const office = createOfficeDeeds(folder, deeds, world, seed);
await folder.house.sequencer.start();

const holdings = world.people.map(
  (person): Holding => ({
    person,
    sessions: claims.flatMap((claim) =>
      claim.is === 'live' && claim.of === person.identifier ? [claim.session] : [],
    ),
    recovery: claims.flatMap((claim) =>
      claim.is === 'good' && claim.code.identifier === person.identifier ? [claim.code.code] : [],
    ),
  }),
);

/** One thing that a person does; a code of the app is good once in each beat, so each uses one at most. */
async function personActs(holding: Holding): Promise<void> {
  const dice = pick(10);
  if (dice < 4) await of.signIn(holding, 'totp');
  else if (dice < 5 && holding.recovery.length > 0) await of.signIn(holding, 'recovery');
  else if (dice < 7) await of.stepUp(holding);
  else if (dice < 8) await of.signOut(holding);
  else if (dice < 9) await of.endOthers(holding);
  else await of.newCodes(holding);
}

async function officeActs(): Promise<void> {
  const dice = pick(5);
  if (dice < 1) await office.activate();
  else if (dice < 2) await office.revoke();
  else if (dice < 3) await office.erase();
  else await office.removeProof();
}

for (;;) {
  say({ at: clock.now() });
  await office.open();
  office.rotate();
  await Promise.all([...holdings.map(personActs), office.letIn(), officeActs()]);
  clock.advance(30_000);
}
