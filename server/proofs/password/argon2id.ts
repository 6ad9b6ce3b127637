/**
 * Argon2id (RFC 9106) as PHC strings, which carry their parameters: a hash made under older ones still verifies, and is
 * seen to be weaker than what is asked of new ones.
 */
import { hash, type Options, parseOptions, verify } from '@node-rs/argon2';
import type { Random } from '../../kernel/random.ts';

export interface Argon2Cost {
  /** KiB. */
  readonly memory: number;
  readonly passes: number;
  readonly lanes: number;
}

export type HashOptions = Options;

/** Whoever computes. */
export interface Hasher {
  hash(password: string, options: HashOptions): Promise<string>;
  verify(phc: string, password: string): Promise<boolean>;
}

/** The runtime's own threads. */
const COMMON: Hasher = { hash, verify: (phc, password) => verify(phc, password) };

/** What takes less is not worth a thread of its own: KiB written in all. */
const LITTLE = 8 * 1024;

/** Whether a hash takes so much that it matters where it is computed. */
export function isCostly({ memory, passes }: Argon2Cost): boolean {
  return memory * passes > LITTLE;
}

const ARGON2ID = 2 satisfies NonNullable<Options['algorithm']>;

export function hashPassword(
  random: Random,
  cost: Argon2Cost,
  password: string,
  by = COMMON,
): Promise<string> {
  return by.hash(password, {
    algorithm: ARGON2ID,
    memoryCost: cost.memory,
    timeCost: cost.passes,
    parallelism: cost.lanes,
    outputLen: 32,
    salt: random.bytes(16),
  });
}

export function verifyPassword(phc: string, password: string, by = COMMON): Promise<boolean> {
  return by.verify(phc, password);
}

/** Whether a hash was made with less than is asked now. One made with more is left as it is. */
export function isWeaker(phc: string, cost: Argon2Cost): boolean {
  const made = parseOptions(phc);
  return (
    made.algorithm !== ARGON2ID ||
    made.memoryCost < cost.memory ||
    made.timeCost < cost.passes ||
    made.parallelism < cost.lanes
  );
}
