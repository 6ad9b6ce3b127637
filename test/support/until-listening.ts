/** A program of others says nothing when it is ready: it is, once its port answers. */
import type { ChildProcess } from 'node:child_process';
import { connect } from 'node:net';
import { until } from './until.ts';

export function untilListening(
  port: number,
  child: Pick<ChildProcess, 'exitCode' | 'spawnfile'>,
  said: () => string = () => '',
): Promise<boolean> {
  return until(`${child.spawnfile} listens at ${port}`, async () => {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended: ${said()}`);
    return answers(port);
  });
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
