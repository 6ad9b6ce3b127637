import { lstatSync, statSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { Fault } from '../../kernel/fault.ts';
import { makeFolder } from '../../kernel/make-folder.ts';

/** Takes away what an earlier run left, and refuses where a stranger could put a socket of their own in the place of ours. */
export async function makeRoom(path: string): Promise<void> {
  const folder = dirname(path);
  madeHere(folder);
  const { mode, uid } = statSync(folder);
  const mine = uid === 0 || uid === process.getuid?.();
  if (!mine || (mode & 0o022) !== 0) {
    throw new Fault('door', `others may write into ${folder}, where the socket is to be`);
  }
  const old = lstatSync(path, { throwIfNoEntry: false });
  if (old === undefined) return;
  if (!old.isSocket() || (await answers(path))) {
    throw new Fault('door', `something else is at ${path}`);
  }
  unlinkSync(path);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

/** The folder, and what leads to it, where they are not there. */
function madeHere(folder: string): void {
  try {
    makeFolder(folder, 0o755);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException; // As node:fs tells it.
    throw new Fault('door', `the folder ${folder} for spiffe.socket can’t be made (${code})`, {
      cause,
    });
  }
}
