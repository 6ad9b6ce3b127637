import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { fitQuery } from '../../../http/form.ts';
import type { DoorParts } from '../door-parts.ts';
import { troubleDonePage, troublePage } from '../pages/trouble-page.ts';
import { otherwise } from '../problem.ts';
import { withoutNotice } from '../visit.ts';
import { asPerson } from '../visitor.ts';

/** How far back "this wasn't me" looks for what it is about. */
const LOOKED_AT = 200;

/** Ending sessions, one's own others and those that should never have been. */
export function sessionRoutes(app: FastifyInstance, parts: DoorParts): void {
  const { portal, activity, handling } = parts;

  app.post(
    '/me/sessions/:id/end',
    handling.form({}, (visit, _form, request) =>
      asPerson(parts, visit, async (visiting) => {
        const { session, arrival, flow } = visiting;
        const { id } = z.object({ id: z.string() }).parse(request.params);
        const ended = await portal.endSession(session, id, arrival);
        return ended.state === 'done'
          ? { go: '/me', flow: { ...flow, notice: { code: 'session-ended' } } }
          : otherwise(visiting, ended);
      }),
    ),
  );

  app.post(
    '/me/sessions/end-others',
    handling.form({}, (visit) =>
      asPerson(parts, visit, async (visiting) => {
        const { session, arrival, flow } = visiting;
        const ended = await portal.endOtherSessions(session, arrival);
        return ended.state === 'done'
          ? { go: '/me', flow: { ...flow, notice: { code: 'sessions-ended' } } }
          : otherwise(visiting, ended);
      }),
    ),
  );

  app.get(
    '/me/trouble',
    handling.page((visit) =>
      asPerson(parts, visit, async (visiting) => {
        const { session, arrival, view, target } = visiting;
        const query = fitQuery(target, z.strictObject({ event: z.uuid().optional() }));
        const wanted = query.ok ? query.value.event : undefined;
        const found = await activity.recent(session, { limit: LOOKED_AT }, arrival);
        if (found.state !== 'done') return otherwise(visiting, found);
        return { show: troublePage(view, { event: found.value.find(({ id }) => id === wanted) }) };
      }),
    ),
  );

  app.post(
    '/me/trouble',
    handling.form({ event: z.uuid().optional() }, (visit, form) =>
      asPerson(parts, visit, async (visiting) => {
        const { session, arrival, flow } = visiting;
        const about = form.event === undefined ? {} : { about: form.event };
        const reported = await portal.reportTrouble(session, about, arrival);
        if (reported.state !== 'done') return otherwise(visiting, reported);
        const notice = { code: 'trouble-reported', count: reported.value } as const;
        return { go: '/me/trouble/done', flow: { ...flow, notice } };
      }),
    ),
  );

  app.get(
    '/me/trouble/done',
    handling.page((visit) =>
      asPerson(parts, visit, async ({ view, flow }) => {
        const { notice } = flow;
        if (notice?.code !== 'trouble-reported') return { go: '/me' };
        return {
          show: troubleDonePage(view, { sessionsEnded: notice.count ?? 0 }),
          flow: withoutNotice(flow),
        };
      }),
    ),
  );
}
