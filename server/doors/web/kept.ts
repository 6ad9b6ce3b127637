/**
 * The cookie in which a browser keeps its flow, sealed: one for the browser, and one for each of its tabs that is on the way in.
 * The address of such a page says which tab it is (`?tab=`), so that a reload, a link and the way back go on with its own. That is
 * no secret: it names one of what this browser's cookie holds, and nothing in any other.
 */
import { z } from 'zod';
import { createSealedCookie } from '../../http/sealed-cookie.ts';
import { base64url } from '../../kernel/bytes.ts';
import { type Clock, HOUR } from '../../kernel/clock.ts';
import type { Random } from '../../kernel/random.ts';
import { Flow, ofTab } from './flow.ts';
import { ONWARD } from './return-path.ts';

/** Of more, the one that was left alone for longest is forgotten; its forms go on all the same (tabs.ts). */
const MOST_TABS = 8;
/** Browsers keep 4096 bytes with the name (RFC 6265 §6.1). */
const MOST_TEXT = 3800;
const LIFETIME = 12 * HOUR;

const OfTab = z.strictObject({ ...ofTab, tab: z.string() });
const Kept = Flow.omit({ tab: true }).extend({ tabs: z.array(OfTab).optional() });
export type Kept = z.infer<typeof Kept>;

const OWN = Object.keys(ofTab) as (keyof typeof ofTab)[]; // As it says there.

/** The pages whose addresses say which tab they are. */
const TABBED: readonly string[] = ['/signin', '/signin/step', '/confirm', ONWARD];
/** Where they lead with it, too. */
const TAKES: readonly string[] = [...TABBED, '/signin/card', '/confirm/card', '/enrol'];
/** Where a tab that doesn't say which it is begins anew, or is none. */
const BEGINNINGS: readonly string[] = ['/signin', '/enrol'];

export const tabName = z.string().regex(/^[A-Za-z0-9_-]{8}$/);

export interface Keeping {
  begin(): Kept;
  open(cookie: string | undefined): Kept | undefined;
  seal(kept: Kept): string;
}

export function newTab(random: Random): string {
  return base64url(random.bytes(6));
}

export function createKeeping(deps: { clock: Clock; random: Random; key: Uint8Array }): Keeping {
  const cookie = createSealedCookie(deps, 'flow');
  return {
    begin: () => ({ id: base64url(deps.random.bytes(16)) }),
    open(text) {
      const read = Kept.safeParse(text === undefined ? undefined : cookie.open(text));
      return read.success ? read.data : undefined;
    },
    seal(kept) {
      for (let tabs = kept.tabs ?? []; ; tabs = tabs.slice(0, -1)) {
        const text = cookie.seal({ ...kept, tabs }, LIFETIME);
        if (text.length <= MOST_TEXT || tabs.length < 2) return text;
      }
    },
  };
}

/** The flow of the tab that an address names; else the browser's own, or in the middle of a sign-in that of the latest tab. */
export function flowAt({ tabs = [], ...browser }: Kept, path: string, named?: string): Flow {
  if (!TAKES.includes(path)) return browser;
  const found =
    named === undefined && !BEGINNINGS.includes(path)
      ? tabs[0]
      : tabs.find(({ tab }) => tab === named);
  if (found === undefined && named === undefined) return browser;
  return { ...browserOf(browser), ...(found ?? { tab: named }) };
}

/** Whether the next page is a tab's own; where there is nothing to be known of it, it is a beginning like any other. */
export function isOfTab(go: string, flow: Flow): boolean {
  const [path = ''] = go.split('?');
  return TABBED.includes(path) && OWN.some((name) => flow[name] !== undefined);
}

export function withTab(go: string, tab: string | undefined): string {
  return tab === undefined ? go : `${go}${go.includes('?') ? '&' : '?'}tab=${tab}`;
}

/** What the cookie holds once an answer was given: `flow` is of the tab that it names, or of the browser. */
export function keptAfter({ tabs = [], ...before }: Kept, flow: Flow, stays: boolean): Kept {
  const { tab, ...all } = flow;
  if (tab === undefined) {
    const { attempt: _one, confirms: _it, to: _place, toward: _title, ...browser } = all;
    return { ...browser, tabs };
  }
  const others = tabs.filter((each) => each.tab !== tab);
  if (!stays) return keptAfter({ ...before, tabs: others }, all, false);
  const { identifier, enrolment } = before;
  return {
    ...browserOf(flow),
    identifier,
    enrolment,
    tabs: [{ tab, ...ownOf(flow) }, ...others].slice(0, MOST_TABS),
  };
}

/** Somebody came in or left: of other tabs nothing is left but where they were going. */
export function overtaken({ id, tabs = [] }: Kept): Kept {
  const left = tabs.map(({ tab, to, toward }) => ({ tab, to, toward, overtaken: true as const }));
  return { id, tabs: left };
}

function ownOf(flow: Flow): Omit<z.infer<typeof OfTab>, 'tab'> {
  return Object.fromEntries(OWN.map((name) => [name, flow[name]]));
}

/** What is the browser's, whichever tab it is in. */
export function browserOf({ id, earlier, enrols, led, pass, codes }: Flow): Flow {
  return { id, earlier, enrols, led, pass, codes };
}
