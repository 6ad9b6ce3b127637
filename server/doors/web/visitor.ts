/** Pages for whoever is signed in, or came by a pass: each asks the gate anew who that is. */
import type { Role } from '@sallyport/contract/people.ts';
import type { Answer } from './answer.ts';
import type { DoorParts } from './door-parts.ts';
import { afterRefused, problem, toSignIn } from './problem.ts';
import { returnPath } from './return-path.ts';
import type { Visit } from './visit.ts';

/** A visit in a session, with the visitor named on the page. */
export interface Visiting extends Visit {
  readonly session: string;
}

interface Named {
  readonly displayName: string;
  readonly identifier: string;
  readonly roles: readonly Role[];
}

type Handler = (visit: Visiting) => Promise<Answer>;

function named(visit: Visit, session: string, { displayName, identifier, roles }: Named): Visiting {
  const visitor = { displayName, identifier, roles };
  return { ...visit, session, view: { ...visit.view, visitor } };
}

/** Someone who is signed in; others are sent to sign in, and back. */
export async function asPerson(
  { portal }: DoorParts,
  visit: Visit,
  handler: Handler,
): Promise<Answer> {
  const back = returnPath(visit.target);
  if (visit.session === undefined) return toSignIn(visit, back);
  // Not asked for what is known to be refused: it would be on record.
  if (visit.flow.enrols === true) return { go: '/enrol/proofs' };
  const me = await portal.me(visit.session, visit.arrival);
  switch (me.state) {
    case 'done':
      return handler(named(visit, visit.session, me.value));
    case 'refused':
      if (me.reason === 'no-session') return toSignIn(visit, back);
      // Who came by a pass may enrol and nothing else.
      return me.reason === 'not-permitted' ? { go: '/enrol/proofs' } : afterRefused(visit, me);
    default:
      return { go: '/enrol/proofs' };
  }
}

/** Someone who came by a pass and is setting up their proofs. */
export async function asNewcomer(
  { enrolments }: DoorParts,
  visit: Visit,
  handler: (visit: Visiting, progress: Progress) => Promise<Answer>,
): Promise<Answer> {
  if (visit.session === undefined) return { go: '/enrol' };
  const progress = await enrolments.progress(visit.session, visit.arrival);
  const { enrols: _no, ...flow } = visit.flow;
  switch (progress.state) {
    case 'done':
      return handler(named(visit, visit.session, progress.value), progress.value);
    case 'refused':
      return progress.reason === 'no-session'
        ? {
            go: '/enrol',
            leave: true,
            flow: { ...flow, notice: { code: 'enrolment-closed' } },
          }
        : afterRefused(visit, progress);
    default:
      return problem(visit, 'not-permitted');
  }
}

export type Progress = Extract<
  Awaited<ReturnType<DoorParts['enrolments']['progress']>>,
  { state: 'done' }
>['value'];
