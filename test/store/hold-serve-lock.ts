/** A process of its own that wants to serve from a folder. */
import { type ServeLock, takeServeLock } from '../../server/store/serve-lock.ts';

const folder = process.argv[2]!; // As the test calls it.
/** What nobody holds is collected, and lets go of the lock. */
const held: (ServeLock | undefined)[] = [];
const tell = () => {
  held.push(takeServeLock(folder));
  process.send?.(held.at(-1) ? 'taken' : 'refused');
};
process.on('message', tell);
tell();
