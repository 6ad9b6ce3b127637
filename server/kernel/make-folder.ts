/**
 * Makes a folder and what leads to it. Node's own way of it (`recursive`) tries again without end where a folder is there and takes none
 * in it for lack of it, as /proc says.
 */
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

export function makeFolder(path: string, mode = 0o777): void {
  try {
    mkdirSync(path, { mode });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException; // What node:fs throws.
    if (code === 'EEXIST' && isFolder(path)) return;
    const above = dirname(path);
    if (code !== 'ENOENT' || above === path || isFolder(above)) throw cause;
    makeFolder(above, mode);
    makeFolder(path, mode);
  }
}

const isFolder = (path: string) =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
