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
import { addRootKey, keepOneRootKey } from './root-key-file.ts';
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
  /** A rotation is under way. */
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

/** The second step and the third. */
export async function changeRootKey(
  source: RootKeySource,
  rotation: Rotation,
  random: Random,
): Promise<Result<RootChange, RootChangeProblem>> {
  const outcome = await rotation.rewrapRoot();
  if (outcome.state === 'busy') return failed('busy');
  const { root } = outcome;
  // Also when there was nothing to wrap any more: it was killed just before this.
  if (source.kind === 'file') keepOneRootKey(source.path, root, random);
  return ok({ root, oldRemoved: source.kind === 'file' });
}
