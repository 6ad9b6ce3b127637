/** One of the doctor's looks, at a configuration. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../server/config/load-config.ts';
import type { Finding, Look } from '../../server/main/doctor/look.ts';
import { manualClock } from './clock.ts';
import { seededRandom } from './random.ts';

export const NOW = Date.UTC(2027, 0, 4, 12);

export async function look(
  one: Look,
  folder: string,
  yaml = '',
  environment: Record<string, string> = {},
  now = NOW,
  online = false,
): Promise<Finding[]> {
  writeFileSync(join(folder, 'sallyport.yaml'), yaml);
  const loaded = loadConfig({ environment, folder });
  assert.ok(loaded.ok, JSON.stringify(loaded));
  const found = [
    await one.look({
      loaded: loaded.value,
      environment,
      clock: manualClock(now),
      random: seededRandom('doctor'),
      online,
    }),
  ].flat();
  for (const { state, what, mend } of found) {
    assert.match(what.replace(/^[a-zA-Z.]+: /, ''), /^[A-Z0-9/`].*\S$/s);
    assert.ok(state === 'ok' || (mend ?? '').length > 10, `${what} says no way to mend it`);
  }
  return found;
}

export const states = (found: readonly Finding[]) => found.map(({ state }) => state);
