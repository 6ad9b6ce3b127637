import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { fitQuery } from '../../../http/form.ts';
import { RefusedRequest } from '../../../http/refusal.ts';
import type { Answer } from '../answer.ts';
import { credentialField, readCredential } from '../credential.ts';
import type { DoorParts } from '../door-parts.ts';
import type { Flow } from '../flow.ts';
import { tabName } from '../kept.ts';
import { signInPage } from '../pages/sign-in-page.ts';
import { afterRefusal } from '../problem.ts';
import { returnPath } from '../return-path.ts';
import { inTab, tabField, whenOutOfDate } from '../tabs.ts';
import { type Visit, withoutNotice } from '../visit.ts';
import { onMeanwhile } from './meanwhile.ts';
import { afterOutcome } from './steps.ts';

const LONGEST_NAME = 254; // RFC 5321 §4.5.3.1.3, an address without its angle brackets.

const Query = z.strictObject({
  to: z.string().optional(),
  left: z.literal('yes').optional(),
  tab: tabName.optional(),
});

/** `/signin`: a name, or a passkey that brings its own. */
export function signInRoutes(app: FastifyInstance, parts: DoorParts): void {
  const { gate, handling, tabs } = parts;
  const outOfDate = whenOutOfDate(tabs);

  app.get(
    '/signin',
    handling.page(async (visit, request) => {
      const query = fitQuery(request.raw.url ?? '', Query);
      if (!query.ok) throw new RefusedRequest('bad-request');
      const { notice, identifier } = visit.flow;
      const { to, left } = query.value;
      const turned = notice?.code === 'no-session' && left === undefined;
      if (turned || visit.flow.overtaken === true) {
        const on = await onMeanwhile(parts, visit);
        if (on !== undefined) return on;
        if (turned && visit.session !== undefined) return withoutCookie(visit, to);
      }
      const asked = returnPath(to);
      const { toward, overtaken: _no, ...known } = withoutNotice(visit.flow);
      const flow = asked === undefined ? { ...known, toward } : { ...known, to: asked };
      const tab = tabs.seal(visit, beginning(flow));
      return {
        show: signInPage(visit.view, {
          notice,
          identifier,
          toward: asked === undefined ? toward : undefined,
          tab,
        }),
        flow,
      };
    }),
  );

  app.post(
    '/signin',
    handling.form(
      { identifier: z.string().max(LONGEST_NAME), tab: tabField.optional() },
      async (came, form) => {
        const visit = inTab(came, tabs.open(form.tab));
        const identifier = form.identifier.trim();
        const flow = withoutNotice(visit.flow);
        if (identifier === '')
          return { go: '/signin', flow: { ...flow, notice: { code: 'needs-name' } } };
        const outcome = await gate.ask({ to: 'signIn', identifier }, visit.arrival);
        const { confirms: _earlier, ...rest } = flow;
        const way = { here: '/signin', beginning: '/signin', kind: 'password' } as const;
        return afterOutcome({ ...visit, flow: { ...rest, identifier } }, outcome, way);
      },
      outOfDate,
    ),
  );

  app.post(
    '/signin/passkey/begin',
    handling.call({ tab: tabField.optional() }, async (came, given) => {
      const visit = inTab(came, tabs.open(given.tab));
      const outcome = await gate.ask({ to: 'signIn' }, visit.arrival);
      if (outcome.state !== 'challenged') {
        const throttled = outcome.state === 'refused' && outcome.reason === 'throttled';
        throw new RefusedRequest(throttled ? 'throttled' : 'busy');
      }
      const asked = outcome.attempt.challenges.find(({ kind }) => kind === 'webauthn');
      if (asked === undefined) throw new RefusedRequest('not-found');
      const attempt = outcome.attempt.token;
      const tab = tabs.seal(visit, { ...beginning(visit.flow), attempt });
      return { value: { options: asked.data, tab } };
    }),
  );

  app.post(
    '/signin/passkey',
    handling.form(
      { credential: credentialField, tab: tabField },
      async (came, form) => {
        const way = { here: '/signin', beginning: '/signin', kind: 'webauthn' } as const;
        const data = readCredential(form.credential);
        const tab = tabs.open(form.tab);
        const attempt = tab?.attempt;
        const visit = inTab(came, tab && { ...tab, attempt: undefined });
        if (attempt === undefined || data === undefined) {
          return afterRefusal(visit, { state: 'refused', reason: 'attempt-over' }, way);
        }
        const outcome = await gate.prove(attempt, { kind: 'webauthn', data }, visit.arrival);
        return afterOutcome(visit, outcome, way);
      },
      outOfDate,
    ),
  );

  app.post(
    '/signin/leave',
    handling.form({ tab: tabField.optional() }, async (came, form) =>
      startAgain(inTab(came, tabs.open(form.tab))),
    ),
  );
}

/** What the beginning of a sign-in leads to: whose it is, is still to be said. */
function beginning({ tab, to, toward }: Flow): Pick<Flow, 'tab' | 'to' | 'toward'> {
  return { tab, to, toward };
}

/**
 * Only here: with the first refusal it may go to a browser that has the cookie of a new session by then. Where it is not taken
 * away (a cookie of that name below another path, a client that keeps it), the address says that it was tried: once is enough.
 */
function withoutCookie({ flow }: Visit, to: string | undefined): Answer {
  const again = new URLSearchParams({ ...(to === undefined ? {} : { to }), left: 'yes' });
  return { go: `/signin?${again}`, leave: true, flow };
}

function startAgain({ flow }: Visit): Answer {
  return { go: '/signin', flow: { id: flow.id, ...beginning(flow) } };
}
