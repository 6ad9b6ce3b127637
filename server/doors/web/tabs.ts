/**
 * What a tab is in the middle of, sealed into its forms: the attempt or the proof that is being set up, and where it was going. So
 * each of two tabs goes on with its own, whichever began last, and also where the cookie (kept.ts) has forgotten it, or lost it to
 * an answer of the same moment. It opens no more than the browser's cookie does: an attempt is good
 * in the browser that began it (visit.ts, `channel`), an enrolment in its session, and both once.
 */
import { z } from 'zod';
import { createSealedCookie } from '../../http/sealed-cookie.ts';
import { type Clock, HOUR } from '../../kernel/clock.ts';
import type { Random } from '../../kernel/random.ts';
import type { Answer } from './answer.ts';
import { type Flow, ofTab } from './flow.ts';
import { browserOf, newTab, tabName } from './kept.ts';
import { leadsOn, ONWARD, returnPath } from './return-path.ts';
import { type Visit, withoutNotice } from './visit.ts';

const Tab = z.strictObject({
  ...ofTab,
  tab: tabName,
  /** The form token of its page: no longer that of today's pages, once another tab showed a proof. */
  of: z.string(),
});
export type Tab = z.infer<typeof Tab>;

/** The address to go on to is most of it. */
export const tabField = z.string().max(8192);

const LIFETIME = 12 * HOUR;

export interface Tabs {
  seal(visit: Pick<Visit, 'view'>, flow: Omit<Flow, 'id'>): string;
  open(text: string | undefined): Tab | undefined;
}

export function createTabs(deps: { clock: Clock; random: Random; key: Uint8Array }): Tabs {
  const sealed = createSealedCookie(deps, 'tab');
  return {
    seal({ view }, { attempt, confirms, identifier, to, toward, enrolment, tab: known }) {
      const tab = known ?? newTab(deps.random);
      const state = { attempt, confirms, identifier, to, toward, enrolment };
      return sealed.seal({ of: view.csrf, tab, ...state }, LIFETIME);
    },
    open(text) {
      const read = Tab.safeParse(text === undefined ? undefined : sealed.open(text));
      return read.success ? read.data : undefined;
    },
  };
}

/** The visit as this tab means it: what another one began since is put aside. A page without it is of before an upgrade. */
export function inTab<V extends Visit>(visit: V, tab: Tab | undefined): V {
  if (tab === undefined) return visit;
  const { of: _page, ...own } = tab;
  return { ...visit, flow: { ...browserOf(visit.flow), ...own } };
}

/** To where they were going, with nothing left to be asked on the way. */
export function arrive({ flow }: Visit): { readonly go: string; readonly flow: Flow } {
  const { attempt: _over, confirms: _done, to: place, toward: _it, ...known } = withoutNotice(flow);
  const { overtaken: _no, ...rest } = known;
  const to = returnPath(place) ?? '/me';
  return leadsOn(to) ? { go: ONWARD, flow: { ...rest, to } } : { go: to, flow: rest };
}

/**
 * Of a page that was open while another tab signed in, or was opened in the same moment as another one: nothing that it sends is
 * done. Who is in by now is led to where this tab was going; who is not begins there anew.
 */
export const whenOutOfDate =
  (tabs: Tabs) =>
  (visit: Visit, form: { readonly tab?: string | undefined }): Answer | undefined => {
    const tab = tabs.open(form.tab);
    if (tab === undefined) return undefined;
    // What it was in the middle of may be of a session that is over, and of somebody else.
    const { of, tab: name, to, toward } = tab;
    const meant = inTab(visit, { of, tab: name, to, toward });
    if (visit.session !== undefined) return arrive(meant);
    const { attempt: _other, confirms: _it, ...flow } = meant.flow;
    return { go: '/signin', flow };
  };
