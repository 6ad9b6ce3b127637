/**
 * A process is killed with SIGKILL while it works, again and again, at named points and at moments that chance picks.
 *
 *     CRASH_SEED=…   repeats a run (the seed is told when it begins, and with every failure)
 *     CRASH_ROUNDS=… so many rounds in place of fifty; SLOW=1 makes it a thousand. With PostgreSQL, twenty and four hundred
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { manualClock } from '../support/clock.ts';
import { type FolderHouse, openFolderHouse } from '../support/folder-house.ts';
import { seededRandom } from '../support/random.ts';
import {
  asAdmin,
  isPostgres,
  openEmptyStore,
  openTestStore,
  type TestStore,
} from '../support/store.ts';
import { until } from '../support/until.ts';
import { checkAll, recordIsSound, spendSome, takesUp } from './after-crash.ts';
import { type Claim, readJournal } from './journal.ts';
import { POINTS, type PointName } from './kill-points.ts';
import { makeWorld, type Task, type World } from './world.ts';

const USUAL = isPostgres() ? 20 : 50;
const ROUNDS = Number(process.env.CRASH_ROUNDS ?? (process.env.SLOW ? USUAL * 20 : USUAL));
const SEED = process.env.CRASH_SEED ?? randomBytes(4).toString('hex');
/** So many rounds on one database, then a new one: what is checked grows with each. */
const ROUNDS_OF_A_LIFE = 10;
const BETWEEN = 20 * 60_000;
const never = () => () => {};

const AT_WORK = (Object.keys(POINTS) as PointName[]).filter((name) => !name.includes('migration'));
const AT_START = (Object.keys(POINTS) as PointName[]).filter((name) => name.includes('migration'));

interface Waiting {
  readonly child: ChildProcess;
  /** Gives the task, kills after so many lines if nothing else did, and gives what was heard. */
  run(task: Task, lines: number): Promise<string>;
}

/** Half of what a start costs is compiling, and each process compiles the same. */
const compiled = mkdtempSync(join(tmpdir(), 'sallyport-compiled-'));
after(() => rmSync(compiled, { recursive: true, force: true }));

/** A process is started a round ahead: it is ready when its turn comes. */
function startChild(): Waiting {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'die-at-work.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NODE_COMPILE_CACHE: compiled },
  });
  // It may end before its turn comes.
  const closed = once(child, 'close');
  child.stdin?.on('error', () => {});
  return {
    child,
    async run(task, lines) {
      let heard = '';
      let count = 0;
      child.stdout?.on('data', (bytes: Buffer) => {
        const text = bytes.toString();
        heard += text;
        count += text.split('\n').length - 1;
        if (count >= lines) child.kill('SIGKILL');
      });
      child.stdin?.write(`${JSON.stringify(task)}\n`);
      const [code, signal] = await closed;
      assert.equal(signal, 'SIGKILL', `the process ended by itself (${code}) before it was killed`);
      return heard;
    },
  };
}

/** What a killed process had asked of the server may still be under way there. */
async function untilAlone({ database }: TestStore): Promise<void> {
  if (!isPostgres()) return;
  const name = new URL(database).pathname.slice(1);
  await until('the connections of a killed process are gone', async () => {
    const others = await asAdmin((admin) =>
      admin.query('select from pg_stat_activity where datname = $1', [name]),
    );
    return others.rowCount === 0;
  });
}

function open(test: TestStore, now: number): Promise<FolderHouse> {
  const { database, folder } = test;
  return openFolderHouse({
    database,
    folder,
    clock: manualClock(now),
    later: never,
    node: 'after',
  });
}

describe('a server that is killed at its work', () => {
  it(`has lost nothing that was acknowledged, and does nothing twice (CRASH_SEED=${SEED})`, async (context) => {
    const chance = seededRandom(SEED);
    const pick = (below: number) => new DataView(chance.bytes(4).buffer).getUint32(0) % below;
    let test: TestStore | undefined;
    let world: World = { people: [], administrator: undefined as never };
    let claims = new Map<string, Claim>();
    let now = 0;
    let acknowledged = 0;
    const met = new Map<string, number>();
    let waiting = startChild();
    try {
      for (let round = 0; round < ROUNDS; round++) {
        if (test === undefined || round % ROUNDS_OF_A_LIFE === 0) {
          await test?.close();
          now = Date.UTC(2026, 0, 5, 9, 0, 0);
          test = await openTestStore(manualClock(now));
          await test.store.close();
          const folder = await open(test, now);
          const made = await makeWorld(folder).catch((cause: unknown) => {
            throw new Error(folder.notices.join('\n'), { cause });
          });
          await folder.house.sequencer.settle();
          await folder.house.sequencer.stop();
          await folder.close();
          world = made.world;
          claims = new Map(made.claims.map((claim) => [claim.about, claim]));
          now = folder.clock.now() + BETWEEN;
        }
        // Every other round a named point in turn; else a moment of chance, from the first line on.
        const point = round % 2 === 0 ? AT_WORK[(round / 2) % AT_WORK.length] : undefined;
        const nth = 1 + pick(point?.includes('a commit') ? 60 : point?.includes('person') ? 1 : 3);
        const lines = point === undefined ? 1 + pick(120) : 2000;
        const { database, folder: data } = test;
        const child = waiting;
        waiting = startChild();
        const heard = await child.run(
          {
            ...{ database, folder: data, seed: `${SEED}-${round}`, now, world },
            claims: [...claims.values()],
            kill: point && { point, nth },
          },
          lines,
        );
        await untilAlone(test);
        const known = readJournal(heard, claims, now);
        acknowledged += known.done;
        const how = point ?? 'a moment of chance';
        met.set(how, (met.get(how) ?? 0) + 1);
        const folder = await open(test, known.at);
        try {
          claims = await checkAll(folder, known, now);
          folder.clock.advance(BETWEEN);
          await spendSome(folder, claims);
          await takesUp(folder, world.people);
          if (round % ROUNDS_OF_A_LIFE === ROUNDS_OF_A_LIFE - 1) await recordIsSound(folder);
        } catch (cause) {
          const message = `round ${round} of CRASH_SEED=${SEED}, killed at ${how} (${nth}, ${lines})\n${folder.notices.join('\n')}`;
          throw new Error(message, { cause });
        } finally {
          await folder.close();
        }
        now = folder.clock.now() + BETWEEN;
      }
    } finally {
      waiting.child.kill('SIGKILL');
      await test?.close();
    }
    const places = [...met].map(([how, times]) => `${how}: ${times}`).join(', ');
    context.diagnostic(`${ROUNDS} rounds, ${acknowledged} deeds acknowledged; ${places}`);
    assert.ok(acknowledged > ROUNDS, 'hardly anything was acknowledged: the rounds were too short');
  });

  it('leaves migrations that the next one takes up', async () => {
    for (const point of AT_START) {
      for (const nth of [1, 2, 5]) {
        const test = await openEmptyStore();
        await test.store.close();
        const now = Date.UTC(2026, 0, 5, 9, 0, 0);
        const { database, folder } = test;
        const world: World = { people: [], administrator: undefined as never };
        const task = {
          database,
          folder,
          seed: point,
          now,
          world,
          claims: [],
          kill: { point, nth },
        };
        await startChild().run(task, 2000);
        await untilAlone(test);
        const house = await open(test, now + BETWEEN);
        const { people } = (await makeWorld(house, 1)).world;
        await takesUp(house, people);
        await recordIsSound(house);
        await house.close();
        await test.close();
      }
    }
  });
});
