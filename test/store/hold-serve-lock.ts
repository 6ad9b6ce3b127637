/** A process of its own that wants to serve from a folder. */
import { takeServeLock } from '../../server/store/serve-lock.ts';

const folder = process.argv[2]!; // As the test calls it.
const tell = () => process.send?.(takeServeLock(folder) ? 'taken' : 'refused');
process.on('message', tell);
tell();
