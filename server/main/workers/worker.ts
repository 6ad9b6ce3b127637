// One of the processes that `serve --workers` starts: a house of its own, behind the port that all of them share.

import cluster from 'node:cluster';
import module from 'node:module';
import { letGoOfStart } from '../start/let-go-of-start.ts';
import { EXIT } from '../terminal/exit.ts';
import type { Order, Word } from './messages.ts';

let stop: (() => Promise<void>) | undefined;
let stopping = false;

process.on('message', (order: Order) => {
  if (order.order === 'stop') void end();
  else begin(order).catch(fail);
});
// A terminal's Ctrl-C comes to all of us; whoever started us says when it is time.
process.on('SIGINT', () => {});
// To this one alone it means: end, and let another take your place.
process.on('SIGTERM', () => void end());
// A log that nobody reads any more ends no worker.
process.stderr.on('error', () => {});
// Whoever started us is gone: nobody would share out connections, or stop us. Unless told that this is meant, Node ends at once.
if (cluster.worker) cluster.worker.exitedAfterDisconnect = true;
process.on('disconnect', () => (stopping ? process.exit(EXIT.failed) : void end()));

async function begin(order: Order & { readonly order: 'serve' }): Promise<void> {
  const { config, which, compiled } = order;
  if (compiled !== undefined) module.enableCompileCache(compiled);
  const { createLog } = await import('../start/log.ts');
  const { serve } = await import('../serve.ts');
  const log = createLog(config.log);
  const served = await serve({ config, environment: process.env, log, worker: which });
  if (!served.ok) {
    await tell({ word: 'problem', problem: served.error });
    process.exit(EXIT.unavailable);
  }
  const { origin, firstLink } = served.value;
  stop = served.value.stop;
  if (stopping) return finish();
  await tell({ word: 'up', up: { origin, firstLink } });
  letGoOfStart();
}

/** Whoever started us tells it, and whether another is tried. */
async function fail(fault: unknown): Promise<void> {
  await tell({ word: 'problem', problem: { what: messages(fault) } });
  process.exit(EXIT.failed);
}

function messages(fault: unknown): string {
  if (!(fault instanceof Error)) return String(fault);
  return fault.cause === undefined ? fault.message : `${fault.message} (${messages(fault.cause)})`;
}

/** In good order; what is still opening is closed as soon as it is open. */
async function end(): Promise<void> {
  if (stopping) return;
  stopping = true;
  await finish();
}

async function finish(): Promise<void> {
  if (stop === undefined) return;
  await stop();
  process.exit(EXIT.ok);
}

function tell(word: Word): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) return resolve();
    process.send(word, undefined, undefined, () => resolve());
  });
}
