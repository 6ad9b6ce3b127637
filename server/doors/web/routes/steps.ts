/** The steps of an attempt: `/signin/step` on the way in, `/confirm` before something sensitive. */
import { ProofKind } from '@sallyport/contract/proofs.ts';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Outcome } from '../../../gate/outcome.ts';
import { fitQuery } from '../../../http/form.ts';
import type { Answer } from '../answer.ts';
import { credentialField, readCredential } from '../credential.ts';
import type { DoorParts } from '../door-parts.ts';
import type { Flow } from '../flow.ts';
import { tabName } from '../kept.ts';
import { stepPage } from '../pages/step-page.ts';
import { afterRefusal, toSignIn } from '../problem.ts';
import { returnPath } from '../return-path.ts';
import { arrive, inTab, tabField, whenOutOfDate } from '../tabs.ts';
import { type Visit, withoutNotice } from '../visit.ts';
import { onMeanwhile } from './meanwhile.ts';

const Query = z.strictObject({ with: ProofKind.optional(), tab: tabName.optional() });

export interface Way {
  /** The page on which the proof was offered, and where all begins again. */
  readonly here: string;
  readonly beginning: string;
  readonly kind: ProofKind;
}

const fields = {
  kind: ProofKind,
  password: z.string().max(4096).optional(),
  code: z.string().max(256).optional(),
  credential: credentialField.optional(),
  tab: tabField.optional(),
  /** For password managers; who signs in was said before. */
  username: z.string().max(254).optional(),
};

export function stepRoutes(app: FastifyInstance, parts: DoorParts): void {
  const { handling, tabs } = parts;
  step(app, parts, '/signin/step');
  step(app, parts, '/confirm');
  app.post(
    '/confirm/leave',
    handling.form({ tab: tabField.optional() }, async (came, form) => {
      const { id, tab, earlier } = inTab(came, tabs.open(form.tab)).flow;
      return { go: '/me', flow: { id, tab, earlier } };
    }),
  );
}

function step(app: FastifyInstance, parts: DoorParts, here: '/signin/step' | '/confirm') {
  const { gate, handling, tabs } = parts;
  const confirming = here === '/confirm';
  const beginning = confirming ? '/me' : '/signin';
  const over = (visit: Visit) =>
    afterRefusal(
      visit,
      { state: 'refused', reason: 'attempt-over' },
      { here, beginning, kind: 'password' },
    );

  app.get(
    here,
    handling.page(async (visit, request) => {
      const { flow, arrival, view } = visit;
      const query = fitQuery(request.raw.url ?? '', Query);
      if (flow.overtaken === true) {
        const on = await onMeanwhile(parts, visit);
        if (on !== undefined) return on;
      }
      if (confirming && visit.session === undefined) return toSignIn(visit, returnPath(flow.to));
      const attempt =
        flow.attempt === undefined || confirming !== (flow.confirms !== undefined)
          ? undefined
          : await gate.look(flow.attempt, arrival);
      if (attempt === undefined) return over(visit);
      // After a mistake the page stays at the kind that it was made with.
      const chosen = (query.ok ? query.value.with : undefined) ?? flow.notice?.kind;
      const { notice, identifier, confirms } = flow;
      const tab = tabs.seal(visit, { ...flow, attempt: attempt.token });
      const data = { path: here, of: flow.tab, attempt, tab, chosen, notice, identifier, confirms };
      return { show: stepPage(view, data), flow: withoutNotice(flow) };
    }),
  );

  app.post(
    here,
    handling.form(
      fields,
      async (came, form) => {
        const tab = tabs.open(form.tab);
        if (form.tab !== undefined && tab === undefined) return over(came);
        const visit = inTab(came, tab);
        const { flow, arrival } = visit;
        const { kind } = form;
        if (flow.attempt === undefined) return over(visit);
        // What was shown in another tab is as good for this one, which asks for more if it is not.
        if (confirming && tab !== undefined && tab.of !== visit.view.csrf) return arrive(visit);
        const data =
          kind === 'webauthn'
            ? readCredential(form.credential ?? '')
            : kind === 'password'
              ? { password: form.password ?? '' }
              : { code: form.code ?? '' };
        const outcome = await gate.prove(flow.attempt, { kind, data }, arrival);
        return afterOutcome(visit, outcome, { here, beginning, kind });
      },
      whenOutOfDate(tabs),
    ),
  );
}

/** After a step-up, what was being set up before it. */
function goingOn({ confirms, enrolment }: Flow): Pick<Flow, 'enrolment'> {
  return confirms === undefined || enrolment === undefined ? {} : { enrolment };
}

/** Where the gate's answer leads, on every way in. */
export function afterOutcome(visit: Visit, outcome: Outcome, way: Way): Answer {
  const flow = withoutNotice(visit.flow);
  switch (outcome.state) {
    case 'granted': {
      const { grant } = outcome;
      const next = { id: flow.id, ...goingOn(flow) };
      if (grant.kind === 'enrolment') {
        return { go: '/enrol/proofs', grant, flow: { ...next, enrols: true } };
      }
      const { to, confirms } = flow;
      const arrived = arrive({ ...visit, flow: to === undefined ? next : { ...next, to } });
      return { ...arrived, grant, ...(confirms === undefined ? {} : { renews: true }) };
    }
    case 'challenged': {
      const here = flow.confirms === undefined ? '/signin/step' : '/confirm';
      return { go: here, flow: { ...flow, attempt: outcome.attempt.token } };
    }
    case 'refused':
      return afterRefusal(visit, outcome, way);
  }
}
