import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { bad, type Look, ok, warn } from './look.ts';

const MIB = 1024 * 1024;
const LEAST = 256 * MIB;
const LITTLE = 2048 * MIB;

/** On a full disk nothing can be recorded, and what can't be recorded does not happen: nobody signs in. */
export const lookAtDisk: Look = {
  name: 'disk',
  needs: ['data'],
  look({ loaded }) {
    let folder = loaded.config.data;
    while (!existsSync(folder) && folder !== dirname(folder)) folder = dirname(folder);
    const { bavail, bsize, ffree, files } = statfsSync(folder);
    const free = bavail * bsize;
    const shown =
      free > 10 * 1024 * MIB
        ? `${Math.floor(free / 1024 / MIB)} GiB`
        : `${Math.floor(free / MIB)} MiB`;
    const mend = `Make room on the disk of ${folder}, or move the data folder. When it is full, nobody can sign in.`;
    if (free < LEAST) return bad(`Only ${shown} are free.`, mend);
    if (files > 0 && ffree < 1000) return bad(`Only ${ffree} more files can be made.`, mend);
    if (free < LITTLE) return warn(`${shown} are free.`, mend);
    return ok(`${shown} are free.`);
  },
};
