/**
 * What a piece of work costs the house, counted rather than timed: hashes, transactions, statements. Two pieces of work that
 * cost the same can’t be told apart by a clock, and a test that counts never fails because a machine was busy.
 */
import type { Queries, Tx } from '../../server/store/store.ts';
import type { TestHouse } from './house.ts';

export interface Work {
  readonly hashes: number;
  readonly reads: number;
  readonly writes: number;
  /** Every statement, in the order in which they were asked. */
  readonly statements: readonly string[];
}

export async function workOf(
  { house }: Pick<TestHouse, 'house'>,
  doing: () => Promise<unknown>,
): Promise<Work> {
  const { store, hashing } = house;
  const { read, write } = store;
  const { run } = hashing;
  const statements: string[] = [];
  let [hashes, reads, writes] = [0, 0, 0];

  /** The same object but for its four words, which are counted: what is kept beside it by identity still is. */
  function counted<Q extends Queries>(q: Q): Q {
    const words = new Set<PropertyKey>(['one', 'all', 'run', 'put']);
    return new Proxy(q, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (!words.has(name) || typeof value !== 'function') return value;
        return (statement: Parameters<Q['one']>[0], parameters: object) => {
          statements.push(statement.compile(store.dialect).sql);
          return Reflect.apply(value, target, [statement, parameters]);
        };
      },
    });
  }

  store.read = (work) => {
    reads++;
    return read.call(store, (q) => work(counted(q))) as ReturnType<typeof work>; // What `work` gives.
  };
  store.write = (work) => {
    writes++;
    return write.call(store, (tx) => work(counted<Tx>(tx))) as ReturnType<typeof work>;
  };
  hashing.run = (door, work) => {
    hashes++;
    return run.call(hashing, door, work) as ReturnType<typeof hashing.run<never>>;
  };
  try {
    await doing();
  } finally {
    Object.assign(store, { read, write });
    hashing.run = run;
  }
  return { hashes, reads, writes, statements };
}
