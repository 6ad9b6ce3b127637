import { namedFileProblems } from '../named-files.ts';
import { bad, type Look, ok } from './look.ts';

/** The files that settings name; without one of them no server starts. */
export const lookAtFiles: Look = {
  name: 'files',
  needs: [],
  async look({ loaded, environment, random }) {
    const problems = await namedFileProblems({ loaded, environment, random }, { ownLooks: false });
    if (problems.length === 0) return ok('What settings name is there, and can be read.');
    return problems.map(({ where, says, setting }) =>
      bad(
        says,
        where === ''
          ? `Until that is mended no server starts: ${setting}.`
          : `Until that is mended at ${where}, no server starts.`,
      ),
    );
  },
};
