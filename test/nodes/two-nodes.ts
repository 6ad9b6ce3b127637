/** Two real servers on one PostgreSQL, and a house of the test's own beside them, as the command line has it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../server/config/load-config.ts';
import { hex } from '../../server/kernel/bytes.ts';
import { systemClock } from '../../server/kernel/clock.ts';
import { systemRandom } from '../../server/kernel/random.ts';
import { type OpenedHouse, openHouse } from '../../server/main/open-house.ts';
import { browserArrival } from '../support/arrival.ts';
import type { Visited } from '../support/people.ts';
import { type ServedProcess, startServe } from '../support/served.ts';
import { openEmptyStore } from '../support/store.ts';

export const ORIGIN = 'http://localhost:8080';

export interface TwoNodes {
  readonly nodes: readonly [ServedProcess, ServedProcess];
  /** The house of the test's own: a third on the database, which serves nobody. */
  readonly visited: Visited;
  readonly own: OpenedHouse;
  start(): Promise<ServedProcess>;
  close(): Promise<void>;
}

/** Both start at the same moment, on a database without a table. */
export async function openTwoNodes(settings = ''): Promise<TwoNodes> {
  const test = await openEmptyStore();
  const folders: string[] = [];
  const started: ServedProcess[] = [];
  const environment = {
    THE_DATABASE: test.database,
    THE_KEY: hex(systemRandom().bytes(32)),
    SALLYPORT_LOG__FORMAT: 'json',
  };

  /** A machine of its own: with its own data folder, and the same configuration. */
  function machine(): string {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-node-'));
    folders.push(folder);
    const yaml = [
      'database: { env: THE_DATABASE }',
      'vault: { rootKey: { env: THE_KEY } }',
      `listen: { origin: "${ORIGIN}" }`,
      settings,
    ];
    writeFileSync(join(folder, 'sallyport.yaml'), yaml.join('\n'));
    return folder;
  }

  async function start(): Promise<ServedProcess> {
    const node = await startServe({ folder: machine(), environment });
    started.push(node);
    return node;
  }

  let own: OpenedHouse | undefined;
  const close = async () => {
    await Promise.all(started.map((node) => node.kill('SIGTERM')));
    await own?.close();
    await test.close();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  };
  try {
    const nodes = await Promise.all([start(), start()]);
    const loaded = loadConfig({ environment, folder: machine() });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
    const notice = (_level: string, message: string, cause?: unknown) => {
      if (cause !== undefined) throw new Error(message, { cause });
    };
    const opened = await openHouse({ config: loaded.value.config, environment, notice });
    if (!opened.ok) throw new Error(opened.error.what);
    own = opened.value;
    const { house } = own;
    return {
      nodes,
      visited: { house, clock: standing(), arrival: browserArrival },
      own,
      start,
      close,
    };
  } catch (cause) {
    await close();
    throw cause;
  }
}

/** The time of the machine: nobody can move it on. */
function standing() {
  return { ...systemClock(), advance() {} };
}
