/** One request of a browser, as handlers see it. */
import type { FastifyRequest } from 'fastify';
import type { Arrival } from '../../gate/arrival.ts';
import type { CookieJar, CookieName } from '../../http/cookies.ts';
import type { Binding, CsrfTokens } from '../../http/csrf.ts';
import { parseQuery } from '../../http/form.ts';
import type { AssetPaths } from './assets.ts';
import type { WebDoorDeps } from './deps.ts';
import type { Flow } from './flow.ts';
import { flowAt, type Keeping, type Kept, tabName } from './kept.ts';
import type { Texts } from './texts.ts';
import type { View } from './view.ts';

export interface Visit {
  readonly view: View;
  readonly arrival: Arrival;
  readonly flow: Flow;
  /** All that the browser brought, of other tabs, too. */
  readonly kept: Kept;
  /** Whether the browser brought anything of ours back: without that no form can be accepted. */
  readonly returned: boolean;
  readonly session: string | undefined;
  /** What form tokens are bound to: the session, or this browser before there is one. */
  readonly binding: Binding;
  readonly target: string;
}

export type OpenVisit = (request: FastifyRequest) => Promise<Visit | undefined>;

/** Every kind of proof can be shown or typed on a page; a card where there is a port for it. */
const CARRIES: Arrival['carries'] = [
  'password',
  'totp',
  'webauthn',
  'upstream',
  'recovery',
  'pass',
];
const WITH_CARDS: Arrival['carries'] = [...CARRIES, 'card'];

export function createVisits(
  deps: Pick<
    WebDoorDeps,
    'gate' | 'clock' | 'origin' | 'trustedNetwork' | 'organisation' | 'cards' | 'upstream'
  >,
  parts: { jar: CookieJar; keeping: Keeping; csrf: CsrfTokens; assets: AssetPaths; texts: Texts },
): OpenVisit {
  const { jar, keeping, csrf, assets, texts } = parts;
  const cookie = (cookies: ReadonlyMap<CookieName, string>, name: CookieName) => {
    const value = cookies.get(name);
    return value === '' ? undefined : value;
  };

  return async (request) => {
    const cookies = jar.read(request.headers.cookie);
    if (!cookies.ok) return undefined;
    const session = cookie(cookies.value, 'session');
    const known = keeping.open(cookie(cookies.value, 'flow'));
    const kept = known ?? keeping.begin();
    const target = request.raw.url ?? '/';
    const flow = flowAt(kept, target.split('?')[0] ?? '', namedTab(target));
    const binding: Binding = session === undefined ? { browser: flow.id } : { session };
    const { address, network } = request.source;
    const visit: Visit = {
      view: {
        texts,
        now: deps.clock.now(),
        csrf: csrf.issue(binding),
        assets,
        organisation: deps.organisation,
        visitor: undefined,
        cards: deps.cards?.(),
        upstream: deps.upstream,
      },
      arrival: {
        door: 'web',
        channel: flow.id,
        address,
        network,
        trustedNetwork: deps.trustedNetwork(address),
        userAgent: request.headers['user-agent'],
        origin: deps.origin(),
        request: request.id,
        bindable: true,
        keyProof: cookie(cookies.value, 'key'),
        device: cookie(cookies.value, 'device'),
        carries: deps.cards === undefined ? CARRIES : WITH_CARDS,
      },
      flow,
      kept,
      returned: known !== undefined,
      session,
      binding,
      target,
    };
    const standing = session && (await deps.gate.bound.standing(session, visit.arrival));
    if (!standing) return visit;
    const bound = standing.state === 'new' ? 'new' : String(Math.floor(standing.renewInMs));
    return { ...visit, view: { ...visit.view, bound } };
  };
}

function namedTab(target: string): string | undefined {
  const query = parseQuery(target);
  const read = tabName.safeParse(query.ok ? query.value.fields.get('tab') : undefined);
  return read.success ? read.data : undefined;
}

/** The flow without what only the next page was to know. */
export function withoutNotice({ notice: _told, ...flow }: Flow): Flow {
  return flow;
}
