import { accessSync, constants, statSync } from 'node:fs';
import { basename } from 'node:path';
import { servingFrom } from '../serving.ts';
import { momentWords } from '../terminal/amounts.ts';
import { whyShut } from '../writable.ts';
import { type Look, ok, unknown, warn } from './look.ts';

/** Whether a server runs on this data folder, and where. That none does is no fault: doctor is for before the start, too. */
export const lookAtServer: Look = {
  name: 'server',
  needs: ['data', 'database'],
  look({ loaded: { config, file } }) {
    const serving = servingFrom(config);
    if (serving === undefined) {
      const shut = mayLook(config.data) ? undefined : whyShut(config.data);
      return shut === undefined
        ? ok(`None runs on ${config.data} now.`)
        : unknown('Whether one runs can’t be seen by this account.', shut.mend);
    }
    const since = Date.parse(serving.since);
    const runs = ok(
      `It serves ${serving.origin} since ${momentWords(since)}, as process ${serving.pid}.`,
    );
    const changed =
      file === undefined ? undefined : statSync(file, { throwIfNoEntry: false })?.mtimeMs;
    if (file === undefined || changed === undefined || changed <= since) return runs;
    return [
      runs,
      warn(
        `The settings in ${basename(file)} were changed after it started, and it goes by those of before.`,
        'Restart it: settings are read at the start. What is told here is of the file as it is now.',
      ),
    ];
  },
};

/** Where it is not there, there is nothing to be seen. */
function mayLook(folder: string): boolean {
  try {
    accessSync(folder, constants.R_OK | constants.X_OK);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'; // As node:fs tells it.
  }
}
