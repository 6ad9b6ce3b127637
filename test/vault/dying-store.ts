/** A store whose process dies at a chosen step: from then on nothing it is asked for happens. */
import type { Queries, Store, Tx } from '../../server/store/store.ts';

export class Killed extends Error {}

export interface DyingStore extends Store {
  /**
   * Lets so many steps happen from now on and none after. Steps are: each call of the store, each statement, the moment before
   * each commit, and the moment after it.
   */
  dieAfter(steps: number): void;
}

export function dyingStore(store: Store): DyingStore {
  let left = Number.POSITIVE_INFINITY;
  const step = () => {
    if (left <= 0) throw new Killed();
    left -= 1;
  };
  const queries = (q: Queries): Queries => ({
    async one(statement, parameters) {
      step();
      return q.one(statement, parameters);
    },
    async all(statement, parameters) {
      step();
      return q.all(statement, parameters);
    },
  });
  const transaction = (tx: Tx): Tx => ({
    ...queries(tx),
    async run(statement, parameters) {
      step();
      return tx.run(statement, parameters);
    },
    put(statement, parameters) {
      step();
      tx.put(statement, parameters);
    },
    expect(statement, parameters, otherwise) {
      step();
      tx.expect(statement, parameters, otherwise);
    },
    afterCommit: (effect) => tx.afterCommit(effect),
  });
  return {
    dialect: store.dialect,
    dieAfter(steps) {
      left = steps;
    },
    async read(work) {
      step();
      return store.read((q) => work(queries(q)));
    },
    async write(work) {
      step();
      const value = await store.write(async (tx) => {
        const done = await work(transaction(tx));
        step();
        return done;
      });
      step();
      return value;
    },
    close: () => store.close(),
  };
}
