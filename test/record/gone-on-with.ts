import type { House } from './house.ts';
import { copyOf, restore } from './record-rows.ts';

/** The rows of a record that a house of somebody else took for one of its own, and went on with: in a log with a key of its own. */
export async function goneOnWith(
  other: House,
  rows: Awaited<ReturnType<typeof copyOf>>,
): ReturnType<typeof copyOf> {
  await restore(other.store, rows);
  const node = other.node('other', { kept: { read: async () => 'none', write: async () => {} } });
  await node.sequencer.settle();
  await node.sequencer.stop();
  return copyOf(other.store);
}
