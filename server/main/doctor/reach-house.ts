/** For looks that need the house: its policies, its people. Opened as it is, and closed again; nothing in it changes. */
import { isSealed } from '../../vault/vault.ts';
import type { House } from '../house.ts';
import { openHouse } from '../open-house.ts';
import { inFull } from './in-full.ts';
import { type Finding, type LookContext, unknown } from './look.ts';
import { type Reached, reachDatabase } from './reach-database.ts';

/** The sections that the house is made of. */
export const OF_THE_HOUSE = [
  'data',
  'database',
  'vault',
  'policy',
  'proofs',
  'gate',
  'listen',
  'record',
] as const;

export type ReachedHouse<T> =
  | Reached<T>
  /** The database is there, and no key opens it. */
  | { readonly state: 'locked'; readonly why: string };

export async function reachHouse<T>(
  context: LookContext,
  work: (house: House) => Promise<T>,
): Promise<ReachedHouse<T>> {
  const reached = await reachDatabase(context, isSealed);
  if (reached.state !== 'found') return reached;
  // Opening a house that was never opened before would make its keys.
  if (!reached.value) return { state: 'absent' };
  const { loaded, environment } = context;
  const opened = await openHouse({ config: loaded.config, environment, notice: () => {} }).catch(
    (fault: unknown) => ({ ok: false as const, error: { what: inFull(fault) } }),
  );
  if (!opened.ok) return { state: 'locked', why: opened.error.what };
  const { house, close } = opened.value;
  try {
    return { state: 'found', value: await work(house) };
  } finally {
    await close();
  }
}

interface HouseLook {
  /** What is found where there is no house yet. */
  readonly none: Finding;
  /** What can't be read, at the beginning of a sentence. */
  readonly what?: string;
  readonly judge: (house: House) => Promise<Finding | Finding[]>;
}

/** What is found in the house, or what stands in the way of looking there. */
export async function findInHouse(
  context: LookContext,
  { none, what = 'They', judge }: HouseLook,
): Promise<Finding | Finding[]> {
  const reached = await reachHouse(context, judge);
  switch (reached.state) {
    case 'absent':
      return none;
    case 'found':
      return reached.value;
    case 'locked':
      return unknown(`${what} can’t be read yet.`, 'Mend the root key first.');
    default:
      return unknown(`${what} can’t be read yet.`, 'Mend the database first.');
  }
}
