import { open, readFile, rename, rm } from 'node:fs/promises';
import { hex } from '../kernel/bytes.ts';
import { Fault } from '../kernel/fault.ts';
import { type Random, systemRandom } from '../kernel/random.ts';

/**
 * The last signed checkpoint, kept outside the database: an older copy of the database put back in place does not bring an
 * older one of these with it, and so is noticed.
 */
export interface KeptCheckpoint {
  /** Undefined when none was kept here yet. */
  read(): Promise<string | undefined>;
  write(note: string): Promise<void>;
}

/** Several processes may write it, workers say: each makes a draft of its own, and the one that is there is always whole. */
export function keptInFile(file: string, random: Random = systemRandom()): KeptCheckpoint {
  return {
    async read() {
      try {
        return await readFile(file, 'utf8');
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw new Fault('record.tree', `the kept checkpoint ${file} can’t be read`, { cause });
      }
    },
    async write(note) {
      const draft = `${file}.${hex(random.bytes(6))}`;
      try {
        const handle = await open(draft, 'wx', 0o600);
        try {
          await handle.writeFile(note);
          // Before it takes the old one's name: a loss of power must not leave an empty file.
          await handle.sync();
        } finally {
          await handle.close();
        }
        await rename(draft, file);
      } catch (cause) {
        // It is tried again and again, and each time would leave one.
        await rm(draft, { force: true }).catch(() => {});
        throw new Fault('record.tree', `the checkpoint can’t be kept in ${file}`, { cause });
      }
    },
  };
}
