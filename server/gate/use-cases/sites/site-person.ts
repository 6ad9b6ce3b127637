/**
 * A person at a site, by the cookie of that host: good while the entry, its session and its grant are. It is worth what was shown
 * before it was given, and nothing that was shown since: a copy of it gains nothing when its owner steps up, who comes back
 * with a cookie of their own (CWE-384).
 */
import { type Clock, SECOND } from '../../../kernel/clock.ts';
import { listHeld } from '../../../proofs/held-proofs.ts';
import type { Queries } from '../../../store/store.ts';
import type { People } from '../../../subjects/people.ts';
import type { Entrance } from '../../entry/entrances.ts';
import { contextOf } from '../../entry/entrances.ts';
import type { ActivePolicies, ProofModules } from '../../gate-deps.ts';
import { kindsOf, presentable } from '../../judge.ts';
import { policyRequest } from '../../policy-request.ts';
import type { LiveSession, Sessions } from '../../sessions/sessions.ts';
import { parseToken, tokenMatches } from '../../sessions/token.ts';
import { agesOf, readShown } from '../../shown.ts';
import { siteEntryForCheck } from './site-entry-table.ts';
import type { JudgeAtSite, Judged, SiteAsk, SiteVerdict } from './site-words.ts';

export function createJudgePerson(deps: {
  readonly sessions: Pick<Sessions, 'live'>;
  readonly people: People;
  readonly proofs: ProofModules;
  readonly clock: Clock;
}): JudgeAtSite {
  const { sessions, people, proofs, clock } = deps;

  async function facts(q: Queries, text: string, host: string) {
    const token = parseToken('site', text);
    const row = token && (await q.one(siteEntryForCheck, { id: token.id }));
    const alive =
      token !== undefined &&
      row?.secret_hash != null &&
      tokenMatches(token, row.secret_hash) &&
      row.host === host &&
      row.session_ended_at === null &&
      row.grant_ended_at === null;
    if (!alive) return undefined;
    const over = row.expires_at <= clock.now();
    if (over && row.replaced_at === null) return undefined;
    const { status, epoch, changed_at, session_id } = row;
    // The site is told what they are called, so that a new name counts as well.
    return { row, over, text: over ? OVER : `${status} ${epoch} ${changed_at} ${session_id}` };
  }

  async function verdictOn(
    q: Queries,
    session: LiveSession,
    ask: SiteAsk,
    entrance: Entrance,
    active: ActivePolicies,
    renewAt: number | undefined,
  ): Promise<{ verdict: SiteVerdict; policies: readonly string[] }> {
    const { resource } = entrance;
    const site = { id: resource.id, name: resource.name };
    const now = clock.now();
    const person = { ...session, id: session.subject };
    const { kind, name, groups } = resource;
    const wish = {
      action: 'enter',
      resource: { kind, id: name, groups },
      entry: { ...contextOf(entrance, [], session), resource: resource.id },
    } as const;
    const asked = policyRequest(person, wish, ask.arrival, session.knownDevice, now);
    const shown = agesOf(session.shown, now);
    const asIs = active.ladder(asked, shown, []);
    if (asIs.state === 'permitted') {
      const row = await people.get(q, session.subject);
      const profile = row && (await people.profile(q, row));
      const verdict: SiteVerdict = {
        state: 'granted',
        site,
        until: session.expiresAt,
        renewAt,
        who: {
          kind: 'person',
          id: session.subject,
          name: profile?.identifier ?? '',
          groups: session.groups,
          scopes: [],
          proofs: session.shown.map(({ class: { kind } }) => kind),
          provenAt: Math.max(0, ...session.shown.map(({ at }) => at)),
        },
      };
      return { verdict, policies: asIs.policies };
    }
    const held = await listHeld(q, session.subject);
    // What can be shown on our own pages, which is where they are sent.
    const answer = active.ladder(asked, shown, presentable(proofs, held, PAGES, [], session));
    const verdict: SiteVerdict =
      kindsOf(answer).length > 0
        ? { state: 'challenged', site, freshFor: active.freshFor }
        : { state: 'refused', reason: 'not-permitted' };
    return { verdict, policies: answer.policies };
  }

  return async (q, ask, entrance, active): Promise<Judged> => {
    const { shown } = ask;
    const text = shown.kind === 'cookie' ? shown.text : '';
    const { host } = ask;
    const reread = async (again: Queries) => (await facts(again, text, host))?.text ?? OVER;
    const { id, name } = entrance.resource;
    const nobody: SiteVerdict = { state: 'nobody', site: { id, name }, shown: true };
    const now = clock.now();
    const standing = await facts(q, text, host);
    // A cookie of another site that shares the host by mistake, or of what the host was before.
    const live =
      standing !== undefined && standing.row.resource_id === id
        ? await sessions.live(q, standing.row.session_id)
        : undefined;
    if (standing === undefined || live === undefined || live.kind !== 'full' || standing.over) {
      // Its own browser has another by now: who shows this one is told of by the name of its owner.
      const copied = live !== undefined && standing?.over === true;
      const owner = copied ? { subject: live.subject, holder: standing.row.id } : NOBODY;
      const none = { ...owner, proofs: [], policies: [] };
      return { verdict: nobody, until: now, facts: OVER, reread, ...none };
    }
    const session = { ...live, shown: readShown(standing.row.proofs) };
    const renewAt = renewalOf(standing.row, live);
    const { verdict, policies } = await verdictOn(q, session, ask, entrance, active, renewAt);
    // What is fresh now is not for ever: judged anew when the first of the proofs ages.
    const ages = session.shown.map(({ at }) => at + active.freshFor * SECOND);
    const until = Math.min(standing.row.expires_at, ...ages.filter((at) => at > now));
    return {
      verdict,
      until,
      facts: standing.text,
      reread,
      subject: session.subject,
      holder: standing.row.id,
      proofs: session.shown,
      policies,
      session: { id: session.id, seenAt: session.seenAt },
    };
  };
}

/**
 * Ahead of its end, so that a form, or what a page asks for in the background, seldom meets it. Not where another cookie would last
 * no longer.
 */
function renewalOf(
  row: { readonly created_at: number; readonly expires_at: number },
  { expiresAt }: Pick<LiveSession, 'expiresAt'>,
): number | undefined {
  const { created_at, expires_at } = row;
  return expires_at < expiresAt ? created_at + (expires_at - created_at) / 2 : undefined;
}

const OVER = 'over';
const NOBODY = { subject: undefined, holder: undefined } as const;
const PAGES = ['password', 'totp', 'webauthn', 'card', 'recovery'] as const;
