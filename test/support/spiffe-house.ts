/** A house whose Workload API listens on a socket of this machine, and programs that call there. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createLookAtCaller, type LookAtCaller } from '../../server/doors/spiffe/caller.ts';
import { type AskPeers, createAskPeers } from '../../server/doors/spiffe/peer-credentials.ts';
import { createSpiffeDoor, type SpiffeDoor } from '../../server/doors/spiffe/spiffe-door.ts';
import type { ProcessId } from '../../server/kernel/id.ts';
import type { Later } from '../../server/kernel/later.ts';
import type { Workload } from '../../server/subjects/workloads.ts';
import { openTestHouse, type TestHouse } from './house.ts';
import { type WorkloadClient, workloadClient } from './spiffe-client.ts';

const run = promisify(execFile);

export interface SpiffeHouse extends TestHouse {
  readonly socket: string;
  readonly folder: string;
  readonly door: SpiffeDoor;
  /** This very process, as a client. */
  readonly client: WorkloadClient;
  register(process: { readonly id: ProcessId }, ...selectors: string[]): Promise<Workload>;
  /** What would run later, now; all of it, or what was to wait no longer than so many milliseconds. */
  wake(longest?: number): void;
  /** One call by another program: `sallyport`'s own HTTP/2 client in the file `as`, and as another user where that can be. */
  callBy(as: { readonly executable?: string; readonly uid?: number }): Promise<string>;
}

export const OWN_UID = process.getuid?.() ?? 0;

export async function openSpiffeHouse(
  parts: { readonly askPeers?: AskPeers; readonly lookAt?: LookAtCaller } = {},
): Promise<SpiffeHouse> {
  const test = await openTestHouse();
  const { house } = test;
  const folder = mkdtempSync(join(tmpdir(), 'spiffe-'));
  const socket = join(folder, 'workload.sock');
  const waiting = new Map<object, { readonly work: () => void; readonly after: number }>();
  const later: Later = (after, work) => {
    const key = {};
    waiting.set(key, { work, after });
    return () => waiting.delete(key);
  };
  const door = createSpiffeDoor(
    {
      identities: house.workloadIdentities,
      askPeers: parts.askPeers ?? createAskPeers(),
      lookAt: parts.lookAt ?? createLookAtCaller(),
      clock: test.clock,
      later,
      ids: house.ids,
      report: house.report,
    },
    socket,
  );
  await door.start();
  const client = workloadClient(socket, folder);
  return {
    ...test,
    socket,
    folder,
    door,
    client,

    async register(process, ...selectors) {
      const added = await house.store.write((tx) =>
        house.workloads.add(tx, process.id, selectors, { door: 'cli' }),
      );
      assert.ok(added.ok, JSON.stringify(added));
      return added.value;
    },

    wake(longest = Number.POSITIVE_INFINITY) {
      for (const [key, { work, after }] of [...waiting]) {
        if (after <= longest && waiting.delete(key)) work();
      }
    },

    async callBy({ executable = process.execPath, uid }) {
      const { stdout } = await run(executable, ['-e', CALL, socket], {
        ...(uid === undefined ? {} : { uid, gid: uid }),
        cwd: '/',
        timeout: 20_000,
      });
      return stdout.trim();
    },

    async close() {
      client.close();
      await door.stop();
      await test.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** A whole program in a line, so that any copy of Node can run it from anywhere. It says the status that it got. */
const CALL = `
const { connect } = require('node:http2');
const session = connect('http://localhost', { createConnection: () => require('node:net').connect(process.argv[1]) });
const stream = session.request({ ':method': 'POST', ':path': '/SpiffeWorkloadAPI/FetchX509SVID',
  'content-type': 'application/grpc', te: 'trailers', 'workload.spiffe.io': 'true' });
const say = (text) => { console.log(text); session.destroy(); };
stream.on('response', (headers) => headers['grpc-status'] && say('status ' + headers['grpc-status']));
stream.on('data', (chunk) => say('identity of ' + /spiffe:[a-z0-9/._-]+/.exec(chunk.toString('latin1'))[0]));
stream.on('error', (error) => say(error.message));
session.on('error', (error) => say(error.message));
stream.end(Buffer.alloc(5));
`;
