import { afterEach, beforeEach } from 'node:test';
import type { Store } from '../../server/store/store.ts';
import { openEmptyStore, type TestStore } from '../support/store.ts';
import { createScratch } from './scratch-table.ts';

/** For each test of the suite that calls this, a database of its own with the scratch table. */
export function scratchStore() {
  let opened: TestStore;
  const cleanUp: (() => Promise<unknown>)[] = [];
  beforeEach(async () => {
    opened = await openEmptyStore();
    await createScratch(opened.store);
  });
  afterEach(async () => {
    for (const step of cleanUp.splice(0).reverse()) await step();
    await opened.close();
  });
  return {
    get store(): Store {
      return opened.store;
    },
    get database(): string {
      return opened.database;
    },
    another: (...settings: Parameters<TestStore['another']>) => opened.another(...settings),
    /** What a test opens beside it: closed before it, the last one first. */
    closing(part: { close(): Promise<unknown> }): void {
      cleanUp.push(() => part.close());
    },
  };
}
