/** What can go wrong with people and their passes. The command line on the machine itself tells the same. */

import type { KeyReused } from '../../gate/once/once.ts';
import type { IssueError } from '../../gate/use-cases/people/passes.ts';
import type { ActError } from '../../gate/use-cases/people/person-acts.ts';
import { Told } from './told.ts';

export function personProblem(error: ActError | KeyReused): Told {
  switch (error.code) {
    case 'identifier-taken':
    case 'identifier-malformed':
      return new Told(error.code, { field: error.field });
    case 'erased':
      return new Told('person-erased');
    default:
      return new Told(error.code);
  }
}

export function passProblem(error: IssueError | KeyReused): Told {
  switch (error.code) {
    case 'too-long-lived':
      return new Told('pass-too-long-lived', { longestMinutes: error.longestMinutes });
    case 'too-many-uses':
      return new Told('pass-too-many-uses', { mostUses: error.mostUses });
    case 'malformed':
      return new Told('not-valid', { fields: [{ path: error.term, must: error.must }] });
    case 'networks-malformed':
      return new Told(error.code, { says: `“${error.entry}” is no network` });
    default:
      return new Told(error.code);
  }
}
