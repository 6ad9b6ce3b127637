/**
 * Setting up a proof, for newcomers under `/enrol` and for everyone else under `/me`: the same pages, the same use cases.
 */
import type { ProofKind } from '@sallyport/contract/proofs.ts';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { BegunEnrolment } from '../../../gate/use-cases/people/enrolment.ts';
import { fitQuery } from '../../../http/form.ts';
import { RefusedRequest } from '../../../http/refusal.ts';
import type { Answer } from '../answer.ts';
import { credentialField, readCredential } from '../credential.ts';
import type { DoorParts } from '../door-parts.ts';
import type { Flow } from '../flow.ts';
import type { Html } from '../html.ts';
import type { Notice } from '../notice.ts';
import { say } from '../notice.ts';
import { addCardPage } from '../pages/add-card-page.ts';
import { addPasskeyPage } from '../pages/add-passkey-page.ts';
import { addPasswordPage } from '../pages/add-password-page.ts';
import { addTotpPage, readTotpOffer } from '../pages/add-totp-page.ts';
import { addUpstreamPage } from '../pages/add-upstream-page.ts';
import { makeCodesPage } from '../pages/recovery-codes-page.ts';
import { afterRefused, problem } from '../problem.ts';
import { type Tab, tabField } from '../tabs.ts';
import { type Visit, withoutNotice } from '../visit.ts';
import type { Visiting } from '../visitor.ts';
import { deviceName } from '../words.ts';
import { shownCard } from './shown-card.ts';
import { stepUp } from './step-up.ts';

/** Where these pages live, who may see them, and where they lead. */
export interface AddingPlace {
  readonly path: string;
  readonly home: string;
  readonly codes: string;
  /** Whether a proof of one's own may be asked for first. Who comes by a pass has none. */
  readonly confirms: boolean;
  enter(
    visit: Visit,
    handler: (visit: Visiting, held: readonly ProofKind[]) => Promise<Answer>,
  ): Promise<Answer>;
}

const Addable = z.enum(['webauthn', 'password', 'totp', 'card', 'upstream', 'recovery']);
type Addable = z.infer<typeof Addable>;
const Form = z.enum(['passkey', 'security-key']);

const fields = {
  kind: z.literal('webauthn').optional(),
  username: z.string().max(254).optional(),
  password: z.string().max(4096).optional(),
  again: z.string().max(4096).optional(),
  code: z.string().max(256).optional(),
  credential: credentialField.optional(),
  tab: tabField.optional(),
};
type Fields = { readonly [K in keyof typeof fields]?: string | undefined };

export function addProofRoutes(app: FastifyInstance, parts: DoorParts, place: AddingPlace): void {
  const { enrolments, handling, tabs } = parts;
  const route = `${place.path}/:kind`;

  app.get<{ Params: { kind: string } }>(
    route,
    handling.page((visit, request) =>
      place.enter(visit, async (visiting, held) => {
        const kind = kindOf(request.params);
        if (kind === 'card' && parts.cards === undefined) throw new RefusedRequest('not-found');
        const query = fitQuery(visiting.target, z.strictObject({ form: Form.optional() }));
        if (!query.ok) throw new RefusedRequest('bad-request');
        const { flow } = visiting;
        const first = await firstProve(visiting, kind, held, true);
        if (first !== undefined) return first;
        const kept = flow.enrolment;
        // A key that was scanned already stays the one on the page, through mistakes and reloads.
        if (kept?.kind === kind && kept.offer !== undefined && kept.expiresAt > visiting.view.now) {
          return { show: draw(visiting, kind, held, kept, kept.offer), flow: withoutNotice(flow) };
        }
        const form = query.value.form ?? 'passkey';
        const begun = await enrolments.begin(
          visiting.session,
          kind,
          optionsFor(visiting, kind, form),
          visiting.arrival,
        );
        switch (begun.state) {
          case 'done': {
            const enrolment = remember(begun.value);
            const key = form === 'security-key';
            const show = draw(visiting, kind, held, enrolment, begun.value.offer, key);
            return { show, flow: { ...withoutNotice(flow), enrolment } };
          }
          case 'failed':
            return {
              go: place.home,
              flow: { ...flow, notice: failedNotice(kind, begun.error.code) },
            };
          case 'challenged':
            return proveAgain(visiting, kind, held);
          case 'refused':
            return afterRefused(visiting, begun);
        }
      }),
    ),
  );

  app.post<{ Params: { kind: string } }>(
    route,
    handling.form(fields, (visit, form, request) =>
      place.enter(setUpIn(visit, tabs.open(form.tab)), async (visiting, held) => {
        const kind = kindOf(request.params);
        const here = `${place.path}/${kind}`;
        const flow = withoutNotice(visiting.flow);
        const again = (error: string): Answer => ({
          go: here,
          flow: { ...flow, notice: failedNotice(kind, error) },
        });
        if (flow.enrolment?.kind !== kind) return again('enrolment-over');
        if (kind === 'password' && form.password !== form.again) return again('differ');
        return confirm(visiting, kind, held, offerOf(kind, form));
      }),
    ),
  );

  if (parts.cards !== undefined) {
    app.get(
      `${place.path}/card/shown`,
      handling.page((visit) =>
        place.enter(visit, async (visiting, held) => {
          const { flow } = visiting;
          const shown = shownCard(visiting.target);
          if (shown.ticket === undefined || flow.enrolment?.kind !== 'card') {
            const error = shown.ticket === undefined ? shown.refused : 'enrolment-over';
            const notice = failedNotice('card', error);
            return { go: `${place.path}/card`, flow: { ...withoutNotice(flow), notice } };
          }
          return confirm(visiting, 'card', held, { ticket: shown.ticket });
        }),
      ),
    );
  }

  /** What was begun, with what was typed or shown for it. */
  async function confirm(
    visiting: Visiting,
    kind: Addable,
    held: readonly ProofKind[],
    offer: unknown,
  ): Promise<Answer> {
    const here = `${place.path}/${kind}`;
    const { enrolment, ...rest } = withoutNotice(visiting.flow);
    const again = (error: string): Answer => ({
      go: here,
      flow: { ...withoutNotice(visiting.flow), notice: failedNotice(kind, error) },
    });
    if (enrolment === undefined) return again('enrolment-over');
    const finished = await enrolments.finish(
      visiting.session,
      enrolment.id,
      offer,
      visiting.arrival,
    );
    switch (finished.state) {
      case 'done': {
        const codes = finished.value.shownOnce;
        if (codes !== undefined) return { go: place.codes, flow: { ...rest, codes: [...codes] } };
        const changed = kind === 'password' && held.includes('password');
        const notice: Notice = { code: changed ? 'password-changed' : 'proof-added' };
        return { go: place.home, flow: { ...rest, notice } };
      }
      case 'failed':
        return finished.error.code === 'enrolment-over'
          ? { go: here, flow: { ...rest, notice: failedNotice(kind, finished.error.code) } }
          : again(finished.error.code);
      case 'challenged':
        return proveAgain(visiting, kind, held);
      case 'refused':
        return afterRefused(visiting, finished);
    }
  }

  /**
   * A proof of one's own first; a new password is a change of its own. Asked for before the form is shown, and while there is
   * still time to fill it in: nobody is to type a password that is then not taken.
   */
  async function firstProve(
    visit: Visiting,
    kind: Addable,
    held: readonly ProofKind[],
    ahead: boolean,
  ): Promise<Answer | undefined> {
    if (!place.confirms) return undefined;
    const back = `${place.path}/${kind}`;
    const changes = kind === 'password' && held.includes('password');
    const actions = changes
      ? (['changePassword', 'enrolProof'] as const)
      : (['enrolProof'] as const);
    for (const action of actions) {
      const asked = await stepUp(parts, visit, action, back, ahead);
      if (asked !== undefined) return asked;
    }
    return undefined;
  }

  async function proveAgain(
    visit: Visiting,
    kind: Addable,
    held: readonly ProofKind[],
  ): Promise<Answer> {
    // When every proof is fresh, and still it is not permitted, nothing is left to ask for.
    return (await firstProve(visit, kind, held, false)) ?? problem(visit, 'not-permitted');
  }

  function draw(
    visit: Visiting,
    kind: Addable,
    held: readonly ProofKind[],
    enrolment: NonNullable<Flow['enrolment']>,
    offer: Readonly<Record<string, unknown>>,
    securityKey = false,
  ): Html {
    const { view, flow } = visit;
    const wrong = say(view, flow.notice).bad;
    const tab = tabs.seal(visit, { enrolment });
    const page = { path: `${place.path}/${kind}`, back: place.home, wrong, tab };
    switch (kind) {
      case 'webauthn':
        return addPasskeyPage(view, { ...page, options: offer, securityKey });
      case 'password':
        return addPasswordPage(view, { ...page, changes: held.includes('password') });
      case 'totp':
        return addTotpPage(view, { ...page, offer: readTotpOffer(offer) });
      case 'card':
        return addCardPage(view, { ...page, offer, to: place.confirms ? 'me' : 'enrol' });
      case 'upstream':
        return addUpstreamPage(view, page);
      case 'recovery':
        return makeCodesPage(view, { ...page, voids: held.includes('recovery') });
    }
  }
}

/** Whatever another tab began to set up since. A page without it is of before an upgrade. */
function setUpIn(visit: Visit, tab: Tab | undefined): Visit {
  return tab === undefined
    ? visit
    : { ...visit, flow: { ...visit.flow, enrolment: tab.enrolment } };
}

function kindOf(params: unknown): Addable {
  const read = z.object({ kind: Addable }).safeParse(params);
  if (!read.success) throw new RefusedRequest('not-found');
  return read.data.kind;
}

function failedNotice(kind: Addable, error: string): Notice {
  return { code: 'enrolment', kind, error };
}

function remember({ kind, id, expiresAt, offer }: BegunEnrolment) {
  return { kind, id, expiresAt, ...(kind === 'totp' ? { offer } : {}) };
}

/** A passkey is named for the device that it was made on; its owner may rename it. */
function optionsFor(
  { view, arrival }: Visiting,
  kind: Addable,
  form: z.infer<typeof Form>,
): unknown {
  if (kind !== 'webauthn') return undefined;
  if (form === 'security-key') return { form };
  const device = deviceName(view.texts, arrival.userAgent);
  return { form, name: view.texts.addPasskey.defaultName(device) };
}

function offerOf(kind: Addable, form: Fields): unknown {
  switch (kind) {
    case 'webauthn':
      return readCredential(form.credential ?? '');
    case 'password':
      return { password: form.password ?? '' };
    case 'totp':
    case 'upstream':
      return { code: form.code ?? '' };
    // Shown at its own port, and brought back in an address.
    case 'card':
    case 'recovery':
      return {};
  }
}
