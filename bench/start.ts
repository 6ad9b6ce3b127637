/** Starting: from the command to an answer, what it then holds in memory, and how much the first page weighs. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../test/support/free-port.ts';
import { type Bench, within } from './bench.ts';

const READY = 1500;
const RESIDENT = 150;
const PAGE = 60;
/** How long after it is ready a server counts as idle. */
const IDLE = 3000;

const COMMAND = join(import.meta.dirname, '..', 'sallyport');

export const start: Bench = {
  name: 'start',
  says: 'From the command to the first answer, on a data folder that is there; memory when idle; the weight of the sign-in page.',
  async run({ quick, pairs, progress }) {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
    const times: number[] = [];
    const resident: number[] = [];
    let page = 0;
    const onRun = progress('Starts', pairs + 1);
    try {
      for (let i = 0; i <= pairs; i++) {
        const port = await freePort();
        const began = performance.now();
        const server = serve(folder, port);
        await ready(port, server);
        const taken = performance.now() - began;
        page = await weight(port);
        await pause(quick ? 500 : IDLE);
        const held = residentOf(server);
        server.kill('SIGINT');
        await once(server, 'exit');
        // The first makes the folder, the keys and what is kept compiled.
        if (i > 0) times.push(taken);
        if (i > 0 && held !== undefined) resident.push(held);
        onRun();
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    return [
      within(
        {
          name: 'ready',
          ours: '`./sallyport serve` until /readyz answers',
          against: `${READY} milliseconds`,
          unit: 'ms',
        },
        times,
        READY,
      ),
      within(
        {
          name: 'resident',
          ours: `memory of the process, code of Node included, ${IDLE / 1000} seconds after it was ready (VmRSS)`,
          against: `${RESIDENT} MiB`,
          unit: 'MiB',
        },
        resident,
        RESIDENT,
      ),
      within(
        {
          name: 'page',
          ours: 'bytes of the sign-in page with all that it loads, uncompressed',
          against: `${PAGE} kB`,
          unit: 'kB',
        },
        [page / 1000],
        PAGE,
      ),
    ];
  },
};

function serve(folder: string, port: number): ChildProcess {
  const env = {
    ...process.env,
    SALLYPORT_DATA: join(folder, 'data'),
    SALLYPORT_LISTEN__PORT: String(port),
  };
  return spawn(COMMAND, ['serve'], { cwd: folder, env, stdio: 'ignore' });
}

async function ready(port: number, server: ChildProcess): Promise<void> {
  while (server.exitCode === null) {
    const answer = await fetch(`http://localhost:${port}/readyz`).catch(() => undefined);
    if (answer?.status === 200) return;
    await pause(5);
  }
  throw new Error(`serve ended with ${server.exitCode}`);
}

async function weight(port: number): Promise<number> {
  const origin = `http://localhost:${port}`;
  const html = await (await fetch(`${origin}/signin`)).text();
  const assets = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path);
  const sizes = await Promise.all(
    assets.map(async (path) => (await (await fetch(`${origin}${path}`)).arrayBuffer()).byteLength),
  );
  return sizes.reduce((sum, size) => sum + size, Buffer.byteLength(html));
}

/** In MiB; undefined where the system does not tell. */
function residentOf({ pid }: ChildProcess): number | undefined {
  try {
    const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
  } catch {
    return undefined;
  }
}

const pause = (milliseconds: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
