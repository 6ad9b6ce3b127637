import { servingFrom } from '../serving.ts';
import { type Look, ok } from './look.ts';

/** Whether a server runs on this data folder, and where. That none does is no fault: doctor is for before the start, too. */
export const lookAtServer: Look = {
  name: 'server',
  needs: ['data', 'database'],
  look({ loaded: { config } }) {
    const serving = servingFrom(config);
    if (serving === undefined) return ok(`None runs on ${config.data} now.`);
    const since = serving.since.replace(/\.\d+Z$/, 'Z');
    return ok(`It serves ${serving.origin} since ${since}, as process ${serving.pid}.`);
  },
};
