import type { ProofKind } from '@sallyport/contract/proofs.ts';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Ask } from '../../../gate/ask.ts';
import type { RefusedReason } from '../../../gate/outcome.ts';
import { secretPathHeaders } from '../../../http/security-headers.ts';
import { type PersonId, parseId } from '../../../kernel/id.ts';
import type { Answer } from '../answer.ts';
import type { DoorParts } from '../door-parts.ts';
import type { Flow } from '../flow.ts';
import { enrolDonePage } from '../pages/enrol-done-page.ts';
import { enrolPage } from '../pages/enrol-page.ts';
import { enrolWelcomePage } from '../pages/enrol-welcome-page.ts';
import { afterRefusal, afterRefused } from '../problem.ts';
import { type Visit, withoutNotice } from '../visit.ts';
import { asNewcomer, type Visiting } from '../visitor.ts';
import { type AddingPlace, addProofRoutes } from './add-proof.ts';
import { codesRoutes } from './codes.ts';
import { afterOutcome } from './steps.ts';

const SPENT: readonly RefusedReason[] = ['wrong', 'used', 'not-asked', 'attempt-over'];
const WAY = { here: '/enrol', beginning: '/enrol', kind: 'pass' } as const;

/** `/enrol`: from a link or a pass to two proofs and recovery codes. */
export function enrolRoutes(app: FastifyInstance, parts: DoorParts): void {
  const { gate, enrolments, handling, origin } = parts;

  app.get(
    '/enrol',
    handling.page(async ({ view, flow }) => {
      const { notice, identifier, pass } = flow;
      const show = enrolWelcomePage(view, { byLink: pass !== undefined, notice, identifier });
      return { show, flow: withoutNotice(flow) };
    }),
  );

  /**
   * The link itself. Its secret leaves the address bar at once and waits in the sealed cookie; nothing is used up by this, so
   * that mail scanners and previews, which open every link, break none.
   */
  app.get<{ Params: { pass: string } }>(
    '/enrol/:pass',
    handling.page(async ({ flow }, request) => {
      const { pass: _earlier, ...rest } = withoutNotice(flow);
      const pass = readLink(request.params);
      const kept: Flow =
        pass === undefined ? { ...rest, notice: { code: 'link-over' } } : { ...rest, pass };
      return { go: '/enrol', headers: secretPathHeaders, flow: kept };
    }),
  );

  app.post(
    '/enrol/begin',
    handling.form({}, async (visit) => {
      const { pass, ...flow } = visit.flow;
      const id = pass && parseId<'person'>(pass.person);
      if (pass === undefined || id === undefined) return { go: '/enrol' };
      return comeIn({ ...visit, flow }, { id }, pass.code, 'link-over');
    }),
  );

  app.post(
    '/enrol',
    handling.form(
      { identifier: z.string().max(254), pass: z.string().max(128) },
      async (visit, { identifier, pass }) =>
        comeIn(
          { ...visit, flow: { ...visit.flow, identifier } },
          { identifier },
          pass,
          'pass-over',
        ),
    ),
  );

  async function comeIn(
    visit: Visit,
    who: Extract<Ask, { to: 'enrol' }>['who'],
    code: string,
    over: 'link-over' | 'pass-over',
  ): Promise<Answer> {
    const asked = await gate.ask({ to: 'enrol', who }, visit.arrival);
    if (asked.state !== 'challenged') return afterOutcome(visit, asked, WAY);
    const offer = { kind: 'pass', data: { code } } as const;
    const outcome = await gate.prove(asked.attempt.token, offer, visit.arrival);
    if (outcome.state !== 'refused') return afterOutcome(visit, outcome, WAY);
    // Used, ended, mistyped or never issued: the words are the same, since whoever has no pass is to learn nothing.
    return SPENT.includes(outcome.reason)
      ? { go: '/enrol', flow: { ...withoutNotice(visit.flow), notice: { code: over } } }
      : afterRefusal(visit, outcome, WAY);
  }

  app.get(
    '/enrol/proofs',
    handling.page((visit) =>
      asNewcomer(parts, visit, async ({ view, flow }, progress) => {
        const { enough, needsPasskey, codesStandIn, hasRecoveryCodes: hasRecovery } = progress;
        // What can't be shown here is not done yet.
        const held = kindsOf(progress.held.filter(({ otherHost }) => otherHost === undefined));
        const state = { held, enough, needsPasskey, codesStandIn, hasRecovery };
        return { show: enrolPage(view, { state, notice: flow.notice }), flow: withoutNotice(flow) };
      }),
    ),
  );

  app.post(
    '/enrol/finish',
    handling.form({}, (visit) =>
      asNewcomer(parts, visit, async (visiting) => {
        const done = await enrolments.complete(visiting.session, visiting.arrival);
        switch (done.state) {
          case 'done':
            return {
              go: '/enrol/done',
              leave: true,
              flow: { id: visiting.flow.id, ...nameOf(visiting) },
            };
          case 'refused':
            return afterRefused(visiting, done);
          default:
            return { go: '/enrol/proofs' };
        }
      }),
    ),
  );

  app.get(
    '/enrol/done',
    handling.page(async ({ view, flow: { identifier } }) => ({
      show: enrolDonePage(view, { identifier, origin: origin() }),
    })),
  );

  const place: AddingPlace = {
    path: '/enrol/add',
    home: '/enrol/proofs',
    codes: '/enrol/codes',
    confirms: false,
    enter: (visit, handler) =>
      asNewcomer(parts, visit, (visiting, progress) => handler(visiting, kindsOf(progress.held))),
  };
  addProofRoutes(app, parts, place);
  codesRoutes(app, parts, place);
}

/** Kept for the page that tells it, and for the sign-in that comes next. */
function nameOf({ view }: Visiting): Pick<Flow, 'identifier'> {
  return view.visitor === undefined ? {} : { identifier: view.visitor.identifier };
}

function kindsOf(held: readonly { readonly kind: ProofKind }[]): ProofKind[] {
  return [...new Set(held.map(({ kind }) => kind))];
}

function readLink(params: unknown): { person: PersonId; code: string } | undefined {
  const read = z.object({ pass: z.string().max(128) }).safeParse(params);
  const [person = '', code = '', more] = read.success ? read.data.pass.split('.') : [];
  const id = parseId<'person'>(person);
  return id === undefined || code === '' || more !== undefined ? undefined : { person: id, code };
}
