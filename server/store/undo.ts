import { failed, type Result } from '../kernel/result.ts';
import type { Store, Tx, WriteOptions } from './store.ts';

class Undo extends Error {
  readonly result: unknown;
  constructor(result: unknown) {
    super('undone');
    this.result = result;
  }
}

/** For `expect`: what `writeOrUndo` then answers. */
export function undone(error: string): Error {
  return new Undo(failed(error));
}

/** A transaction that is undone when its work answers with an error, so that a refused change leaves nothing behind. */
export async function writeOrUndo<T, E>(
  store: Store,
  work: (tx: Tx) => Promise<Result<T, E>>,
  options?: WriteOptions,
): Promise<Result<T, E>> {
  try {
    return await store.write(async (tx) => {
      const result = await work(tx);
      if (!result.ok) throw new Undo(result);
      return result;
    }, options);
  } catch (reason) {
    if (reason instanceof Undo) return reason.result as Result<T, E>; // Thrown three lines above.
    throw reason;
  }
}
