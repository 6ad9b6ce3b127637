import type { FastifyInstance } from 'fastify';
import type { DoorParts } from '../door-parts.ts';
import { onwardPage } from '../pages/onward-page.ts';
import { leadsOn, ONWARD, returnPath } from '../return-path.ts';
import { withoutNotice } from '../visit.ts';

/**
 * Between a form of ours and another site stands a page: browsers hold a form's redirects to the page's `form-action`, all of
 * them (CSP Level 3 §6.4.1), and ours name no site but this.
 */
export function onwardRoutes(app: FastifyInstance, { handling }: DoorParts): void {
  app.get(
    ONWARD,
    handling.page(async (visit) => {
      const { to: wanted, ...flow } = withoutNotice(visit.flow);
      const to = returnPath(wanted);
      if (to === undefined) return { go: '/me', flow };
      if (!leadsOn(to)) return { go: to, flow };
      return { show: onwardPage(visit.view, { to }), flow, passing: true };
    }),
  );
}
