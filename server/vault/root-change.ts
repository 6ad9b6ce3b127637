/**
 * A change of the root key, from the first step to the last. Killed anywhere, it is carried on by doing it again:
 *
 *   1. a new key in front of the old one at the source    both open the database
 *   2. the ring keys wrapped under the first              both are still there
 *   3. the old key removed from the source                only the new one is
 *
 * With a file all three are done here. With another source an operator does the first and the third, on every node.
 */
import type { Random } from '../kernel/random.ts';
import { failed, ok, type Result } from '../kernel/result.ts';
import type { RootKeys } from './root-key.ts';
import { addRootKey, holdsRootKey, keepOneRootKey } from './root-key-file.ts';
import type { RootKeySource } from './root-key-source.ts';
import type { Rotation } from './rotation.ts';

export interface RootChange {
  /** The new root key's check value. */
  readonly root: string;
  /** Whether the old root key is gone from the source, or left for the operator to remove. */
  readonly oldRemoved: boolean;
}

export type RootChangeProblem =
  /** The source can't be written from here and holds no new key: the operator puts it there first. */
  | 'no-new-key'
  /** A rotation is under way, or another process has changed the root key meanwhile. */
  | 'busy';

/** The first step; `keys` is what the source holds. To be done before the vault is opened, which reads the source again. */
export function offerNewRootKey(
  source: RootKeySource,
  keys: RootKeys,
  random: Random,
): Result<undefined, RootChangeProblem> {
  if (keys.length > 1) return ok(undefined);
  if (source.kind !== 'file') return failed('no-new-key');
  addRootKey(source.path, random);
  return ok(undefined);
}

/**
 * The second step and the third, by one process at a time: of two that put a new key at the source, the one that finds its own
 * no longer there must not put the ring under a key that nobody has.
 */
export async function changeRootKey(
  source: RootKeySource,
  rotation: Rotation,
  random: Random,
): Promise<Result<RootChange, RootChangeProblem>> {
  const path = source.kind === 'file' ? source.path : undefined;
  const outcome = await rotation.rewrapRoot(
    path === undefined
      ? undefined
      : {
          holds: (root) => holdsRootKey(path, root, random),
          // Also when there was nothing to wrap any more: it was killed just before this.
          wrapped: (root) => keepOneRootKey(path, root, random),
        },
  );
  if (outcome.state === 'busy') return failed('busy');
  return ok({ root: outcome.root, oldRemoved: path !== undefined });
}
