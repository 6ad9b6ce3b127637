import { warnings } from '../../config/warnings.ts';
import { type Look, ok, warn } from './look.ts';

/** A configuration with a problem never gets here; what makes it less safe is told. */
export const lookAtConfig: Look = {
  name: 'configuration',
  needs: [],
  look({ loaded }) {
    const careful = warnings(loaded);
    if (careful.length === 0) return ok(loaded.file ?? 'The defaults are in force.');
    return careful.map(({ where, says }) =>
      warn(says, where === '' ? 'Change the setting.' : `Change it at ${where}.`),
    );
  },
};
