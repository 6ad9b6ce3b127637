import { DatabaseError } from 'pg';
import { Fault } from '../kernel/fault.ts';
import { type Answer, type Item, type Query, Skipped } from './postgres-batch.ts';
import { failureOf, postgresFault } from './postgres-fault.ts';
import type { Connection } from './postgres-pool.ts';
import type { Statement } from './statement.ts';
import type { Tx } from './store.ts';

export interface Prepare {
  <P, R>(statement: Statement<P, R>, parameters: P): Query;
  /** The same as a question that fails in the database unless it finds or changes exactly one row. */
  exactlyOne<P, R>(statement: Statement<P, R>, parameters: P): Query;
}

const BEGIN: Query = { name: 'begin', text: 'begin', values: [] };

/** For this transaction alone: its COMMIT is answered before it is on the disk. */
export const NOT_DURABLE: Query = {
  name: 'not-durable',
  text: "select set_config('synchronous_commit', 'off', true)",
  values: [],
};

/** What `exactlyOne` fails with where it isn't one row. */
const DIVISION_BY_ZERO = '22012';

/**
 * A transaction that has no connection yet. Most need none of their own: where the work ends without having waited for an answer,
 * what it said is one batch, which the server makes a transaction by itself: no BEGIN, no COMMIT, one way there and back, and others'
 * may travel with it (postgres-groups.ts). Where it waits, it gets a connection, and `talk` goes on with it there.
 */
export interface OpenTransaction {
  readonly tx: Tx;
  readonly effects: readonly (() => void)[];
  /** What was said before there was a connection. */
  readonly said: readonly Item[];
  /** BEGIN, what was said so far, and from now on each word as it is said. */
  talk(connection: Connection, durable: boolean): void;
  /** Once everything that was said before there was a connection was answered, well or not. */
  answered(): Promise<void>;
  /** The first error of a statement. After it the transaction can't be kept, whatever its work makes of it. */
  failure(): unknown;
  /** What `expect` was given for the case that came. */
  unmet(): Error | undefined;
  /** Later statements are refused. */
  end(): void;
}

export function openTransaction(prepare: Prepare): OpenTransaction {
  const effects: (() => void)[] = [];
  const said: Item[] = [];
  const answers: Promise<unknown>[] = [];
  let connection: Connection | undefined;
  let ended = false;
  let failure: unknown;
  let unmet: Error | undefined;

  function check() {
    if (ended) throw new Fault('store.misuse', 'a transaction was used after its end');
  }

  function noteFailure(error: unknown): unknown {
    failure ??= error;
    return postgresFault(error, failureOf(error, connection?.lost() !== undefined));
  }

  function say(query: Query): Promise<Answer> {
    if (connection !== undefined) return connection.send(query);
    const answer = new Promise<Answer>((resolve, reject) => said.push({ query, resolve, reject }));
    answers.push(answer);
    return answer;
  }

  async function execute<P, R>(statement: Statement<P, R>, parameters: P): Promise<Answer> {
    check();
    try {
      return await say(prepare(statement, parameters));
    } catch (error) {
      throw noteFailure(error);
    }
  }

  return {
    tx: {
      async one<P, R>(statement: Statement<P, R>, parameters: P) {
        return (await execute(statement, parameters)).rows[0] as R | undefined;
      },
      async all<P, R>(statement: Statement<P, R>, parameters: P) {
        return (await execute(statement, parameters)).rows as R[];
      },
      async run(statement, parameters) {
        return (await execute(statement, parameters)).rowCount;
      },
      put(statement, parameters) {
        check();
        execute(statement, parameters).catch((error) => {
          failure ??= error;
        });
      },
      expect(statement, parameters, otherwise) {
        check();
        say(prepare.exactlyOne(statement, parameters)).catch((error) => {
          if (error instanceof DatabaseError && error.code === DIVISION_BY_ZERO)
            unmet ??= otherwise;
          noteFailure(error);
        });
      },
      afterCommit(effect) {
        check();
        effects.push(effect);
      },
    },
    effects,
    said,
    talk(to, durable) {
      connection = to;
      for (const query of durable ? [BEGIN] : [BEGIN, NOT_DURABLE]) {
        to.send(query).catch(noteFailure);
      }
      for (const { query, resolve, reject } of said) to.send(query).then(resolve, reject);
    },
    answered: async () => void (await Promise.allSettled(answers)),
    failure: () => failure,
    unmet: () => unmet,
    end() {
      ended = true;
    },
  };
}

/** What of these went wrong, if anything did: not what was only skipped since it stood behind that. */
export function firstError(outcomes: readonly PromiseSettledResult<unknown>[]): unknown {
  const reasons = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
  return reasons.find((reason) => !(reason instanceof Skipped)) ?? reasons[0];
}
