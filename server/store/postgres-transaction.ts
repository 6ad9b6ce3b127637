import { Fault } from '../kernel/fault.ts';
import type { Answer, Query } from './postgres-batch.ts';
import { failureOf, postgresFault } from './postgres-fault.ts';
import type { Connection } from './postgres-pool.ts';
import type { Statement } from './statement.ts';
import type { Tx } from './store.ts';

export type Prepare = <P, R>(statement: Statement<P, R>, parameters: P) => Query;

const BEGIN: Query = { name: 'begin', text: 'begin', values: [] };

/**
 * - `silent`: it said nothing, and cost nothing;
 * - `whole`: its work ended before anything was sent. What it said is one batch, which the server makes a transaction of its
 *   own: no BEGIN, no COMMIT, one way there and back;
 * - `open`: BEGIN was sent.
 */
export type Extent = 'silent' | 'whole' | 'open';

export interface OpenTransaction {
  readonly tx: Tx;
  readonly effects: readonly (() => void)[];
  extent(): Extent;
  /** Once everything that was said was answered, well or not. */
  answered(): Promise<void>;
  /** The first error of a statement. After it the transaction can't be kept, whatever its work makes of it. */
  failure(): unknown;
  /** Later statements are refused. */
  end(): void;
}

/** For this transaction alone: its COMMIT is answered before it is on the disk. */
const NOT_DURABLE: Query = {
  name: 'not-durable',
  text: "select set_config('synchronous_commit', 'off', true)",
  values: [],
};

export function openTransaction(
  connection: Connection,
  prepare: Prepare,
  { durable }: { readonly durable: boolean },
): OpenTransaction {
  const effects: (() => void)[] = [];
  let extent: Extent = 'silent';
  const answers: Promise<unknown>[] = [];
  let ended = false;
  let failure: unknown;

  function check() {
    if (ended) throw new Fault('store.misuse', 'a transaction was used after its end');
  }

  function noteFailure(error: unknown): unknown {
    failure ??= error;
    return postgresFault(error, failureOf(error, connection.lost() !== undefined));
  }

  async function execute<P, R>(statement: Statement<P, R>, parameters: P): Promise<Answer> {
    check();
    const query = prepare(statement, parameters);
    if (extent === 'silent') {
      extent = 'whole';
      connection.opening(() => {
        if (ended) return undefined;
        extent = 'open';
        return { query: BEGIN, resolve: () => {}, reject: noteFailure };
      });
      if (!durable) answers.push(connection.send(NOT_DURABLE).catch(noteFailure));
    }
    const answer = connection.send(query);
    if (extent === 'whole') answers.push(answer);
    try {
      return await answer;
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
      afterCommit(effect) {
        check();
        effects.push(effect);
      },
    },
    effects,
    extent: () => extent,
    answered: async () => void (await Promise.allSettled(answers)),
    failure: () => failure,
    end() {
      ended = true;
    },
  };
}
