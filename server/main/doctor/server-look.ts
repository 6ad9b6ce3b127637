import { servingFrom } from '../serving.ts';
import { momentWords } from '../terminal/amounts.ts';
import { type Look, ok } from './look.ts';

/** Whether a server runs on this data folder, and where. That none does is no fault: doctor is for before the start, too. */
export const lookAtServer: Look = {
  name: 'server',
  needs: ['data', 'database'],
  look({ loaded: { config } }) {
    const serving = servingFrom(config);
    if (serving === undefined) return ok(`None runs on ${config.data} now.`);
    return ok(
      `It serves ${serving.origin} since ${momentWords(Date.parse(serving.since))}, as process ${serving.pid}.`,
    );
  },
};
