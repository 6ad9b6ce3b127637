/** What stands in the record of a house by now. */
import { databaseSource } from '../../server/record/database-source.ts';
import { recordHead } from '../../server/record/head.ts';
import { readLeaf } from '../../server/record/leaf.ts';
import { verifyRecord } from '../../server/record/verify.ts';
import type { House } from './house.ts';

export const verified = ({ store }: House) => verifyRecord(databaseSource(store));

/** Of the newest log, which has begun. */
export const headOf = async ({ store }: House) => (await store.read(recordHead))!;

export async function leavesOf({ store }: House, log: number) {
  const places = await databaseSource(store).leaves(log, 0, 10_000);
  return places.map(({ leaf }) => readLeaf(leaf!)!.event);
}
