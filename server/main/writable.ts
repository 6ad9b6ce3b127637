import { accessSync, constants, mkdirSync, realpathSync } from 'node:fs';
import { failed, ok, type Result } from '../kernel/result.ts';

interface Shut {
  readonly what: string;
  readonly mend: string;
}

/** Why this account can write nothing in a folder, and what to do about it; undefined where it can, or where there is none. */
export function whyShut(folder: string): Shut | undefined {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException; // As node:fs tells it.
    if (code === 'ENOENT') return undefined;
    return code === 'EROFS'
      ? {
          what: `Nothing can be written to ${folder}: what it is on is mounted read-only.`,
          mend: 'Mount it for writing, or name another folder in the setting data.',
        }
      : {
          what: `This account may not write to ${folder}.`,
          mend: `Run Sallyport as its owner, or: chown -R "$(id -un)" ${folder}`,
        };
  }
}

/** The folder by its real name; made when it is missing, open to its owner alone. */
export function madeFolder(folder: string): Result<string, Shut> {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return ok(realpathSync(folder));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException; // As node:fs tells it.
    return failed({
      what: `The data folder ${folder} can’t be made (${code}).`,
      mend: `As root: install -d -m 700 -o USER ${folder}. Or name another in the setting data.`,
    });
  }
}
