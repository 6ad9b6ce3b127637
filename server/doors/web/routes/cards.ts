/**
 * Signing in with a smart card. The card is shown at a port of its own; here the browser comes back, with a ticket that is good
 * for the step it was asked for and for nothing else. So it may come in an address, and a link with one opens nothing.
 */
import type { FastifyInstance } from 'fastify';
import { RefusedRequest } from '../../../http/refusal.ts';
import type { DoorParts } from '../door-parts.ts';
import { afterRefusal, toSignIn } from '../problem.ts';
import { inTab, tabField } from '../tabs.ts';
import { withoutNotice } from '../visit.ts';
import { shownCard } from './shown-card.ts';
import { afterOutcome } from './steps.ts';

export function cardRoutes(app: FastifyInstance, parts: DoorParts): void {
  const { gate, handling, tabs, cards } = parts;
  if (cards === undefined) return;

  app.post(
    '/signin/card',
    handling.form({ tab: tabField.optional() }, async (came, form) => {
      const visit = inTab(came, tabs.open(form.tab));
      const { identifier: _typed, confirms: _earlier, ...flow } = withoutNotice(visit.flow);
      const outcome = await gate.ask({ to: 'signIn' }, visit.arrival);
      const way = { here: '/signin', beginning: '/signin', kind: 'card' } as const;
      if (outcome.state !== 'challenged') return afterOutcome({ ...visit, flow }, outcome, way);
      const { challenges, token } = outcome.attempt;
      if (!challenges.some(({ kind }) => kind === 'card')) throw new RefusedRequest('not-found');
      return { go: '/signin/step?with=card', flow: { ...flow, attempt: token } };
    }),
  );

  for (const [path, here, beginning] of [
    ['/signin/card', '/signin/step', '/signin'],
    ['/confirm/card', '/confirm', '/me'],
  ] as const) {
    app.get(
      path,
      handling.page(async (visit) => {
        const { flow, arrival } = visit;
        const confirming = here === '/confirm';
        if (confirming && visit.session === undefined) return toSignIn(visit);
        const shown = shownCard(visit.target);
        const way = { here, beginning, kind: 'card' } as const;
        if (flow.attempt === undefined || confirming !== (flow.confirms !== undefined)) {
          return afterRefusal(visit, { state: 'refused', reason: 'attempt-over' }, way);
        }
        if (shown.ticket === undefined) {
          const notice = { code: 'card', kind: 'card', error: shown.refused } as const;
          return { go: here, flow: { ...withoutNotice(flow), notice } };
        }
        const offer = { kind: 'card', data: { ticket: shown.ticket } } as const;
        return afterOutcome(visit, await gate.prove(flow.attempt, offer, arrival), way);
      }),
    );
  }
}
