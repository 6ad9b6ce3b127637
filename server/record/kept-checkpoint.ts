import { open, readFile, rename } from 'node:fs/promises';
import { Fault } from '../kernel/fault.ts';

/**
 * The last signed checkpoint, kept outside the database: an older copy of the database put back in place does not bring an
 * older one of these with it, and so is noticed.
 */
export interface KeptCheckpoint {
  /** Undefined when none was kept here yet. */
  read(): Promise<string | undefined>;
  write(note: string): Promise<void>;
}

export function keptInFile(file: string): KeptCheckpoint {
  return {
    async read() {
      try {
        return await readFile(file, 'utf8');
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw new Fault('record.tree', `the kept checkpoint ${file} can't be read`, { cause });
      }
    },
    async write(note) {
      const fresh = `${file}.new`;
      try {
        const handle = await open(fresh, 'w', 0o600);
        try {
          await handle.writeFile(note);
          // Before it takes the old one's name: a loss of power must not leave an empty file.
          await handle.sync();
        } finally {
          await handle.close();
        }
        await rename(fresh, file);
      } catch (cause) {
        throw new Fault('record.tree', `the checkpoint can't be kept in ${file}`, { cause });
      }
    },
  };
}
