/** `/me/requests`: sign-ins that began at an application and wait for a person's answer. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { SeenRequest } from '../../../gate/use-cases/apps/app-request-words.ts';
import type { Answer } from '../answer.ts';
import type { DoorParts } from '../door-parts.ts';
import type { Notice } from '../notice.ts';
import { requestPage } from '../pages/request-page.ts';
import { afterRefused, otherwise, problem } from '../problem.ts';
import { asPerson, type Visiting } from '../visitor.ts';

const Place = z.object({ id: z.string() });

export function requestRoutes(app: FastifyInstance, parts: DoorParts): void {
  const { appRequests, handling } = parts;

  app.get(
    '/me/requests/:id',
    handling.page((visit, { params }) =>
      asPerson(parts, visit, async (visiting) => {
        const { session, arrival, view } = visiting;
        const found = await appRequests.look(session, Place.parse(params).id, arrival);
        if (found.state === 'failed') return problem(visiting, 'request-over');
        if (found.state !== 'done') return otherwise(visiting, found);
        return { show: requestPage(view, { ...found.value, proving: provingPath(found.value) }) };
      }),
    ),
  );

  app.post(
    '/me/requests/:id',
    handling.form({ number: z.string().regex(/^\d{2}$/) }, (visit, { number }, { params }) =>
      asPerson(parts, visit, async (visiting) => {
        const { session, arrival } = visiting;
        const { id } = Place.parse(params);
        const answered = await appRequests.answer(session, id, Number(number), arrival);
        switch (answered.state) {
          case 'done':
            return home(visiting, `request-${answered.value}`);
          case 'failed':
            return problem(visiting, 'request-over');
          case 'wanting':
            return { go: provingPath(answered.request) };
          case 'challenged':
            return otherwise(visiting, answered);
          case 'refused':
            return afterRefusedEntry(visiting, answered.reason);
        }
      }),
    ),
  );

  app.post(
    '/me/requests/:id/disown',
    handling.form({}, (visit, _form, { params }) =>
      asPerson(parts, visit, async (visiting) => {
        const { session, arrival } = visiting;
        const refused = await appRequests.disown(session, Place.parse(params).id, arrival);
        if (refused.state === 'done') return home(visiting, 'request-disowned');
        return refused.state === 'failed'
          ? problem(visiting, 'request-over')
          : otherwise(visiting, refused);
      }),
    ),
  );
}

function home({ flow }: Visiting, code: Notice['code']): Answer {
  return { go: '/me', flow: { ...flow, notice: { code } } };
}

function afterRefusedEntry(visit: Visiting, reason: string): Answer {
  switch (reason) {
    case 'no-session':
    case 'unproven-key':
    case 'unavailable':
      return afterRefused(visit, { reason });
    default:
      return problem(visit, 'not-permitted');
  }
}

/** To the pages that ask for what is missing, and back to this one. */
function provingPath({ id, app, demand, apis: [api] }: SeenRequest): string {
  const query = new URLSearchParams({ resource: app, to: `/me/requests/${id}` });
  if (demand.since !== undefined) query.set('since', String(demand.since));
  if (demand.acr !== undefined) query.set('acr', demand.acr.join(' '));
  if (api !== undefined) {
    query.set('audience', api.audience);
    if (api.scopes.length > 0) query.set('scope', api.scopes.join(' '));
  }
  return `/signin/enter?${query}`;
}
