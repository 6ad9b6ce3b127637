/** Waits for what a test expects, and not for a time: as long as a slow machine needs, within a bound that nothing meets but what hangs. */
import { setTimeout as pause } from 'node:timers/promises';

const PATIENCE = 60_000;
/** What is waited for comes from other processes and databases: looked for all the time, it would come later. */
const BETWEEN = 10;

/** What was found, once `look` finds something; `what` is told where nothing comes. */
export async function until<T>(
  what: string,
  look: () => T | false | undefined | Promise<T | false | undefined>,
): Promise<T> {
  const end = performance.now() + PATIENCE;
  do {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await pause(BETWEEN);
  } while (performance.now() < end);
  throw new Error(`not in a minute: ${what}`);
}
