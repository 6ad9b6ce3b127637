/**
 * The workers of one server, kept at their number. The first one starts alone: it makes what is made once (a root key, the link
 * for the first administrator), and if it can't come up, neither would the others. Then the others start together.
 *
 * A worker that ends is started again after a pause, which doubles while it keeps ending soon and is short again once one has
 * stayed. Nothing is lost with it but the requests that it was at: what was answered is in the database, and the others know it.
 */
import type { Logger } from 'pino';
import { type Clock, MINUTE, SECOND } from '../../kernel/clock.ts';
import type { Later } from '../../kernel/later.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import type { OpenProblem } from '../open-house.ts';
import type { WhichWorker, WorkerUp } from './messages.ts';

/** A worker that was started. */
export interface CrewWorker {
  readonly pid: number;
  /** Whether it serves; settled at the latest when it has ended. */
  readonly up: Promise<Result<WorkerUp, OpenProblem>>;
  /** How it ended, in a word for the log. */
  readonly ended: Promise<string>;
  /** Asks it to end in good order. */
  stop(): void;
  /** Ends it, whatever it is at. */
  kill(): void;
}

export interface CrewDeps {
  startWorker(options: WhichWorker): CrewWorker;
  readonly clock: Clock;
  /** Must keep the process alive meanwhile: while every worker is down, nothing else does. */
  readonly later: Later;
  readonly log: Logger;
}

export interface Crew {
  /** Resolves when all of them serve, or when all have ended because one did not come up. */
  start(): Promise<Result<WorkerUp, OpenProblem>>;
  /** Resolves when all have ended. */
  stop(): Promise<void>;
}

export const SHORTEST_PAUSE = SECOND / 4;
export const LONGEST_PAUSE = MINUTE / 2;
/** To end in good order. One that does nothing any more is not waited for longer; what it answered is in the database. */
export const TO_END = MINUTE;
/** The number of the one that starts first. */
const ALONE = 1;
/** Whoever lived as long has not failed at its start. */
const STAYED = MINUTE;

export function createCrew({ startWorker, clock, later, log }: CrewDeps, count: number): Crew {
  const working = new Map<number, CrewWorker>();
  const waiting = new Set<() => void>();
  let stopping = false;

  function begin(number: number, first: boolean): CrewWorker {
    const worker = startWorker({ first, alone: number === ALONE });
    working.set(number, worker);
    return worker;
  }

  async function stop(): Promise<void> {
    stopping = true;
    for (const cancel of waiting) cancel();
    waiting.clear();
    const all = [...working.values()];
    for (const worker of all) worker.stop();
    await Promise.all(all.map(untilEnded));
  }

  async function untilEnded(worker: CrewWorker): Promise<void> {
    const cancel = later(TO_END, () => {
      log.error({ process: worker.pid }, 'A worker did not end when it was told to: it is killed.');
      worker.kill();
    });
    await worker.ended;
    cancel();
  }

  /** From when it came up until the crew stops: its place is never empty for long. */
  async function keep(number: number, worker: CrewWorker, soon = 0): Promise<void> {
    const since = clock.now();
    const how = await worker.ended;
    if (stopping) return;
    const ended = clock.now() - since >= STAYED ? 1 : soon + 1;
    const pause = Math.min(SHORTEST_PAUSE * 2 ** (ended - 1), LONGEST_PAUSE);
    log.error(
      { worker: number, process: worker.pid, how, pause },
      'A worker ended. Another takes its place.',
    );
    const cancel = later(pause, () => {
      waiting.delete(cancel);
      const next = begin(number, false);
      tell(number, next);
      void keep(number, next, ended);
    });
    waiting.add(cancel);
  }

  async function tell(number: number, { up, pid }: CrewWorker): Promise<void> {
    const answer = await up;
    const facts = { worker: number, process: pid };
    if (answer.ok) log.info(facts, 'A worker serves.');
    else if (!stopping)
      log.error({ ...facts, problem: answer.error.what }, 'A worker can’t serve.');
  }

  return {
    stop,

    async start() {
      const first = begin(ALONE, true);
      const up = await first.up;
      if (!up.ok || stopping) {
        await stop();
        return up.ok ? failed({ what: 'It was told to stop before it served.' }) : up;
      }
      const others = Array.from({ length: count - 1 }, (_, i) => begin(i + 2, false));
      const answers = await Promise.all(others.map((worker) => worker.up));
      const wrong = answers.find((answer) => !answer.ok);
      if (wrong !== undefined) {
        await stop();
        return wrong;
      }
      for (const [number, worker] of working) {
        void tell(number, worker);
        void keep(number, worker);
      }
      return ok(up.value);
    },
  };
}
