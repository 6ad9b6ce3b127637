import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { OwnProof } from '../../../gate/use-cases/people/portal.ts';
import { fitQuery } from '../../../http/form.ts';
import { RefusedRequest } from '../../../http/refusal.ts';
import type { Answer } from '../answer.ts';
import type { DoorParts } from '../door-parts.ts';
import { say } from '../notice.ts';
import { activityPage } from '../pages/activity-page.ts';
import { mePage } from '../pages/me-page.ts';
import { addProofPage, removeProofPage, renameProofPage } from '../pages/proof-pages.ts';
import { signedOutPage } from '../pages/signed-out-page.ts';
import { afterRefused, otherwise, problem } from '../problem.ts';
import { type Visit, withoutNotice } from '../visit.ts';
import { asPerson, type Visiting } from '../visitor.ts';
import { type AddingPlace, addProofRoutes } from './add-proof.ts';
import { codesRoutes } from './codes.ts';
import { stepUp } from './step-up.ts';

const RECENT = 6;
const PAGE = 40;

/** `/me`: what people do about their own account. */
export function portalRoutes(app: FastifyInstance, parts: DoorParts): void {
  const { portal, activity, apps, appRequests, logIns, handling } = parts;

  app.get(
    '/',
    handling.page(async () => ({ go: '/me' })),
  );

  app.get(
    '/me',
    handling.page((visit) =>
      asPerson(parts, visit, async (visiting) => {
        const { session, arrival, view, flow } = visiting;
        const proofs = await portal.proofs(session, arrival);
        if (proofs.state !== 'done') return otherwise(visiting, proofs);
        const sessions = await portal.sessions(session, arrival);
        if (sessions.state !== 'done') return otherwise(visiting, sessions);
        const recent = await activity.recent(session, { limit: RECENT }, arrival);
        if (recent.state !== 'done') return otherwise(visiting, recent);
        const mayAct = await apps.list(session, arrival);
        if (mayAct.state !== 'done') return otherwise(visiting, mayAct);
        const waiting = await appRequests.list(session, arrival);
        if (waiting.state !== 'done') return otherwise(visiting, waiting);
        const atDevices = await logIns.list(session, arrival);
        if (atDevices.state !== 'done') return otherwise(visiting, atDevices);
        const data = {
          requests: waiting.value,
          logIns: atDevices.value,
          proofs: proofs.value,
          sessions: sessions.value,
          apps: mayAct.value,
          activity: recent.value,
          notice: flow.notice,
        };
        return { show: mePage(view, data), flow: withoutNotice(flow) };
      }),
    ),
  );

  app.get(
    '/me/activity',
    handling.page((visit) =>
      asPerson(parts, visit, async (visiting) => {
        const { session, arrival, view, target } = visiting;
        const query = fitQuery(target, z.strictObject({ before: z.uuid().optional() }));
        if (!query.ok) throw new RefusedRequest('bad-request');
        const { before } = query.value;
        const page = { limit: PAGE, ...(before === undefined ? {} : { before }) };
        const found = await activity.recent(session, page, arrival);
        if (found.state !== 'done') return otherwise(visiting, found);
        const events = found.value;
        const older = events.length === PAGE ? events.at(-1)?.id : undefined;
        return { show: activityPage(view, { events, fromStart: before === undefined, older }) };
      }),
    ),
  );

  app.get(
    '/me/proofs/add',
    handling.page((visit) =>
      withProofs(visit, async ({ view }, proofs) => ({
        show: addProofPage(view, { held: proofs.map(({ kind }) => kind) }),
      })),
    ),
  );

  app.get(
    '/me/proofs/:id/rename',
    handling.page((visit, request) =>
      withProof(visit, request.params, async ({ view, flow }, proof) => {
        const wrong = flow.notice?.code === 'wrong' ? view.texts.rename.wrong : undefined;
        return {
          show: renameProofPage(view, { proof, value: proof.name, wrong }),
          flow: withoutNotice(flow),
        };
      }),
    ),
  );

  app.post(
    '/me/proofs/:id/rename',
    handling.form({ name: z.string().max(256) }, (visit, form, request) =>
      withProof(visit, request.params, async (visiting, proof) => {
        const { session, arrival, flow } = visiting;
        const name = readName(form.name);
        if (name === undefined) {
          return {
            go: `/me/proofs/${proof.id}/rename`,
            flow: { ...flow, notice: { code: 'wrong' } },
          };
        }
        const renamed = await portal.renameProof(session, proof.id, name, arrival);
        if (renamed.state === 'done') {
          return { go: '/me', flow: { ...flow, notice: { code: 'proof-renamed' } } };
        }
        if (renamed.state !== 'failed') return otherwise(visiting, renamed);
        const { error } = renamed;
        return error.code === 'throttled'
          ? problem(visiting, 'throttled', { retryAt: error.retryAt })
          : problem(visiting, error.code);
      }),
    ),
  );

  app.get(
    '/me/proofs/:id/remove',
    handling.page((visit, request) =>
      withProof(visit, request.params, async (visiting, proof) => {
        const { view, flow } = visiting;
        const asked = await stepUp(parts, visiting, 'removeProof', `/me/proofs/${proof.id}/remove`);
        if (asked !== undefined) return asked;
        const wrong = proof.removable ? say(view, flow.notice).bad : view.texts.me.cannotRemove;
        return { show: removeProofPage(view, { proof, wrong }), flow: withoutNotice(flow) };
      }),
    ),
  );

  app.post(
    '/me/proofs/:id/remove',
    handling.form({}, (visit, _form, request) =>
      withProof(visit, request.params, async (visiting, proof) => {
        const { session, arrival, flow } = visiting;
        const removed = await portal.removeProof(session, proof.id, arrival);
        switch (removed.state) {
          case 'done':
            return { go: '/me', flow: { ...flow, notice: { code: 'proof-removed' } } };
          // Its page says why, or asks for a proof first.
          case 'failed':
          case 'challenged':
            return { go: `/me/proofs/${proof.id}/remove` };
          case 'refused':
            return afterRefused(visiting, removed);
        }
      }),
    ),
  );

  app.post(
    '/me/apps/:id/revoke',
    handling.form({}, (visit, _form, request) =>
      asPerson(parts, visit, async (visiting) => {
        const { session, arrival, flow } = visiting;
        const { id } = z.object({ id: z.string() }).parse(request.params);
        const revoked = await apps.revoke(session, id, arrival);
        return revoked.state === 'done'
          ? { go: '/me', flow: { ...flow, notice: { code: 'app-revoked' } } }
          : otherwise(visiting, revoked);
      }),
    ),
  );

  app.post(
    '/signout',
    handling.form({}, async ({ session, arrival, flow }) => {
      if (session !== undefined) await portal.signOut(session, arrival);
      return { go: '/signed-out', leave: true, flow: { id: flow.id } };
    }),
  );

  app.get(
    '/signed-out',
    handling.page(async ({ view }) => ({ show: signedOutPage(view) })),
  );

  const place: AddingPlace = {
    path: '/me/proofs/add',
    home: '/me',
    codes: '/me/codes',
    confirms: true,
    enter: (visit, handler) =>
      withProofs(visit, (visiting, proofs) =>
        handler(
          visiting,
          proofs.map(({ kind }) => kind),
        ),
      ),
  };
  addProofRoutes(app, parts, place);
  codesRoutes(app, parts, place);

  function withProofs(
    visit: Visit,
    handler: (visit: Visiting, proofs: readonly OwnProof[]) => Promise<Answer>,
  ): Promise<Answer> {
    return asPerson(parts, visit, async (visiting) => {
      const proofs = await portal.proofs(visiting.session, visiting.arrival);
      return proofs.state === 'done'
        ? handler(visiting, proofs.value)
        : otherwise(visiting, proofs);
    });
  }

  function withProof(
    visit: Visit,
    params: unknown,
    handler: (visit: Visiting, proof: OwnProof) => Promise<Answer>,
  ): Promise<Answer> {
    return withProofs(visit, async (visiting, proofs) => {
      const id = z.object({ id: z.string() }).safeParse(params);
      const proof = id.success ? proofs.find((own) => own.id === id.data.id) : undefined;
      return proof === undefined ? problem(visiting, 'not-found') : handler(visiting, proof);
    });
  }
}

const LONGEST_NAME = 64;

/** Nothing that could disguise the name: no control or format characters, such as those that turn the direction of text. */
function readName(text: string): string | undefined {
  const name = text.normalize('NFC').trim();
  return name !== '' && name.length <= LONGEST_NAME && /^[^\p{C}\p{Zl}\p{Zp}]*$/u.test(name)
    ? name
    : undefined;
}
