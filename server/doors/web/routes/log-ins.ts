/** `/me/logins`: log-ins at network devices that wait for their person's passkey. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { AskedLogIn } from '../../../gate/use-cases/network/own-log-ins.ts';
import type { DoorParts } from '../door-parts.ts';
import { logInPage, refusedLogInPage } from '../pages/log-in-page.ts';
import { otherwise, problem } from '../problem.ts';
import { asPerson } from '../visitor.ts';

const Place = z.object({ id: z.string() });

export function logInRoutes(app: FastifyInstance, parts: DoorParts): void {
  const { logIns, handling } = parts;

  app.get(
    '/me/logins/refused',
    handling.page((visit) =>
      asPerson(parts, visit, async ({ view }) => ({ show: refusedLogInPage(view) })),
    ),
  );

  app.get(
    '/me/logins/:id',
    handling.page((visit, { params }) =>
      asPerson(parts, visit, async (visiting) => {
        const { session, arrival, view } = visiting;
        const found = await logIns.look(session, Place.parse(params).id, arrival);
        if (found.state === 'failed') return problem(visiting, 'request-over');
        if (found.state !== 'done') return otherwise(visiting, found);
        return { show: logInPage(view, { ...found.value, proving: provingPath(found.value) }) };
      }),
    ),
  );

  app.post(
    '/me/logins/:id',
    handling.form(
      {
        number: z
          .string()
          .regex(/^\d{2}$/)
          .optional(),
      },
      (visit, { number }, { params }) =>
        asPerson(parts, visit, async (visiting) => {
          const { session, arrival, flow } = visiting;
          const { id } = Place.parse(params);
          const typed = number === undefined ? undefined : Number(number);
          const answered = await logIns.answer(session, id, typed, arrival);
          if (answered.state === 'done') {
            return { go: '/me', flow: { ...flow, notice: { code: `log-in-${answered.value}` } } };
          }
          if (answered.state !== 'failed') return otherwise(visiting, answered);
          // Its page asks for the passkey first.
          return answered.error.code === 'no-proof'
            ? { go: `/me/logins/${id}` }
            : problem(visiting, 'request-over');
        }),
    ),
  );

  app.post(
    '/me/logins/:id/disown',
    handling.form({}, (visit, _form, { params }) =>
      asPerson(parts, visit, async (visiting) => {
        const { session, arrival } = visiting;
        const refused = await logIns.disown(session, Place.parse(params).id, arrival);
        if (refused.state === 'done') return { go: '/me/logins/refused' };
        return refused.state === 'failed'
          ? problem(visiting, 'request-over')
          : otherwise(visiting, refused);
      }),
    ),
  );
}

/** To the pages that ask for what is missing, and back to this one. */
function provingPath({ id, demand }: AskedLogIn): string {
  const query = new URLSearchParams({ to: `/me/logins/${id}` });
  if (demand.since !== undefined) query.set('since', String(demand.since));
  if (demand.acr !== undefined) query.set('acr', demand.acr.join(' '));
  return `/signin/enter?${query}`;
}
