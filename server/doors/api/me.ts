/** What people do about their own account. */

import type { meOperations } from '@sallyport/contract/api/me.ts';
import { USUAL_PAGE } from '@sallyport/contract/api/parts.ts';
import type { ProblemCode } from '@sallyport/contract/problems.ts';
import type { EnrolError } from '../../gate/use-cases/people/enrolment.ts';
import { type Clock, secondsUntil } from '../../kernel/clock.ts';
import type { ApiDeps } from './api-deps.ts';
import type { Cursors } from './cursors.ts';
import type { Handlers } from './handler.ts';
import { answered, never, Told } from './told.ts';
import { dates, event, heldProof, me, ownProof, time } from './views.ts';
import { writtenOnce } from './written.ts';

const ACTIVITY = 'activity';

const nothing = () => undefined;
const byCode = ({ code }: { readonly code: ProblemCode }) => new Told(code);

export function meHandlers(
  deps: Pick<ApiDeps, 'portal' | 'apps' | 'enrolments' | 'activity' | 'clock'>,
  cursors: Cursors,
): Handlers<keyof typeof meOperations> {
  const { portal, apps, enrolments, activity, clock } = deps;
  // Pages and clients ask all the time who is there.
  const meWritten = writtenOnce(me);
  const enrolProblem = (error: EnrolError) => enrolmentProblem(error, clock);
  return {
    async showMe(_, { token, arrival }) {
      return answered(await portal.me(token, arrival), meWritten, never);
    },

    async listMyProofs(_, { token, arrival }) {
      const listed = await portal.proofs(token, arrival);
      return answered(listed, (held) => ({ items: held.map(ownProof) }), never);
    },

    async renameMyProof({ params, body }, { token, arrival }) {
      const renamed = await portal.renameProof(token, params.id, body.name, arrival);
      return answered(renamed, nothing, (error) =>
        error.code === 'throttled'
          ? new Told('throttled', { retryAfter: secondsUntil(error.retryAt, clock.now()) })
          : byCode(error),
      );
    },

    async removeMyProof({ params }, { token, arrival }) {
      return answered(await portal.removeProof(token, params.id, arrival), nothing, byCode);
    },

    async showMyEnrolment(_, { token, arrival }) {
      const progress = await enrolments.progress(token, arrival);
      return answered(
        progress,
        ({ identifier, displayName, held, enough, hasRecoveryCodes }) => ({
          identifier,
          displayName,
          proofs: held.map(heldProof),
          enough,
          recovery: hasRecoveryCodes,
        }),
        never,
      );
    },

    async beginMyEnrolment({ body: { kind, options } }, { token, arrival }) {
      const begun = await enrolments.begin(token, kind, options, arrival);
      return answered(
        begun,
        ({ id, offer, expiresAt }) => ({ id, kind, offer, expiresAt: time(expiresAt) }),
        enrolProblem,
      );
    },

    async finishMyEnrolment({ params, body }, { token, arrival }) {
      const finished = await enrolments.finish(token, params.id, body.data, arrival);
      return answered(
        finished,
        ({ proof, kind, shownOnce = [] }) => ({ id: proof, kind, shownOnce }),
        enrolProblem,
      );
    },

    async completeMyEnrolment(_, call) {
      const { token, arrival } = call;
      const completed = await enrolments.complete(token, arrival);
      if (completed.state === 'done') call.forget();
      return answered(completed, nothing, ({ code, missing }) => new Told(code, { missing }));
    },

    async listMySessions(_, { token, arrival }) {
      const listed = await portal.sessions(token, arrival);
      return answered(
        listed,
        (sessions) => ({
          items: sessions.map((each) => {
            const { id, current, kind, door } = each;
            return { id, current, kind, door, ...dates(each) };
          }),
        }),
        never,
      );
    },

    async listMyApps(_, { token, arrival }) {
      const listed = await apps.list(token, arrival);
      return answered(
        listed,
        (own) => ({
          items: own.map(({ id, title, since, lastUsedAt, offline, may }) => ({
            id,
            title,
            since: time(since),
            lastUsedAt: time(lastUsedAt),
            offline,
            may: [...may],
          })),
        }),
        never,
      );
    },

    async revokeMyApp({ params }, { token, arrival }) {
      return answered(await apps.revoke(token, params.id, arrival), nothing, byCode);
    },

    async listMyActivity({ query: { limit = USUAL_PAGE, cursor } }, { token, arrival }) {
      const begins = cursors.read(ACTIVITY, cursor);
      if (begins instanceof Told) return begins;
      const page = { limit, ...(begins.after === undefined ? {} : { before: begins.after }) };
      return answered(
        await activity.recent(token, page, arrival),
        (events) => {
          const last = events.length === limit ? events.at(-1) : undefined;
          return {
            items: events.map(event),
            next: cursors.write(ACTIVITY, last?.id),
          };
        },
        never,
      );
    },

    async endMySession({ params }, { token, arrival }) {
      return answered(await portal.endSession(token, params.id, arrival), nothing, byCode);
    },

    async endMyOtherSessions(_, { token, arrival }) {
      const ended = await portal.endOtherSessions(token, arrival);
      return answered(ended, (count) => ({ ended: count }), never);
    },

    async signOut(_, call) {
      const { token, arrival } = call;
      const out = await portal.signOut(token, arrival);
      if (out.state === 'done') call.forget();
      return answered(out, nothing, never);
    },

    async reportTrouble({ body: { about, words } }, { token, arrival }) {
      const trouble = {
        ...(about === undefined ? {} : { about }),
        ...(words === undefined ? {} : { words }),
      };
      const reported = await portal.reportTrouble(token, trouble, arrival);
      return answered(reported, (ended) => ({ ended }), never);
    },
  };
}

const ENROLMENT: Readonly<Record<EnrolError['code'], ProblemCode>> = Object.freeze({
  'enrolment-over': 'enrolment-over',
  malformed: 'proof-malformed',
  wrong: 'proof-wrong',
  'too-short': 'password-too-short',
  'too-long': 'password-too-long',
  breached: 'password-breached',
  guessable: 'password-guessable',
  'not-allowed': 'authenticator-not-allowed',
  'held-already': 'proof-held-already',
  'too-many': 'too-many-proofs',
  busy: 'busy',
});

function enrolmentProblem(error: EnrolError, clock: Clock): Told {
  const members =
    'retryAt' in error ? { retryAfter: secondsUntil(error.retryAt, clock.now()) } : {};
  return new Told(ENROLMENT[error.code], members);
}
