import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { makeFolder } from '../kernel/make-folder.ts';
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

const OTHERS = 0o077;
const OTHERS_WRITE = 0o022;
const EVERYONE_WRITES = 0o002;

interface Exposed extends Shut {
  /** Whoever has an account on the machine can put a database or a key of theirs there: nothing in it can be believed. */
  readonly toEveryone: boolean;
}

/** Who else can come at the data folder by its permissions, and how to mend that; undefined where nobody can, or where there is none. */
export function whyExposed(folder: string): Exposed | undefined {
  const stat = statSync(folder, { throwIfNoEntry: false });
  if (process.platform === 'win32' || stat === undefined || (stat.mode & OTHERS) === 0) {
    return undefined;
  }
  return {
    what:
      (stat.mode & OTHERS_WRITE) === 0
        ? `Others on this machine can look into ${folder}.`
        : `Others on this machine can write into ${folder}, and put a database or a root key of theirs there.`,
    mend: `chmod 700 ${folder}`,
    toEveryone: (stat.mode & EVERYONE_WRITES) !== 0,
  };
}

/** Why a folder that everyone can write into is not used; undefined for any other. */
export function whyNotBelieved(folder: string): Shut | undefined {
  const exposed = whyExposed(folder);
  if (!exposed?.toEveryone) return undefined;
  return {
    what: `${exposed.what} It is not used as it is.`,
    mend: `See that nothing in it is of somebody else (ls -la ${folder}), then: ${exposed.mend}`,
  };
}

/** The folder by its real name; made when it is missing, open to its owner alone. One that everyone can write into is not taken. */
export function madeFolder(folder: string): Result<string, Shut> {
  try {
    makeFolder(folder, 0o700);
    const open = whyNotBelieved(folder);
    return open === undefined ? ok(realpathSync(folder)) : failed(open);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException; // As node:fs tells it.
    return failed({
      what: `The data folder ${folder} can’t be made (${code}).`,
      mend: `As root: install -d -m 700 -o USER ${folder}. Or name another in the setting data.`,
    });
  }
}
