import { accessSync, constants } from 'node:fs';

/** Why this account can write nothing in a folder, and what to do about it; undefined where it can. */
export function whyShut(folder: string): { what: string; mend: string } | undefined {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    const readOnly = (error as NodeJS.ErrnoException).code === 'EROFS'; // As node:fs tells it.
    return readOnly
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
