/** `/gate/begin`: where a site behind the proxy door sends people who are to sign in or to step up, and from where they go back. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { SiteWanted } from '../../../gate/use-cases/sites/site-entries.ts';
import { fitQuery } from '../../../http/form.ts';
import { fromBase64url } from '../../../kernel/bytes.ts';
import type { Answer } from '../answer.ts';
import type { DoorParts } from '../door-parts.ts';
import { besideFormPage } from '../pages/onward-page.ts';
import { afterRefused, problem, toSignIn } from '../problem.ts';
import { returnPath } from '../return-path.ts';
import { type Visit, withoutNotice } from '../visit.ts';

const Wanted = z.strictObject({
  to: z.string().max(2048),
  way: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  method: z.string().regex(/^[A-Z]{1,16}$/),
  path: z.string().max(2048),
});

/** Read by no parser that could see another host in it than the next one does: letters, digits, dots, hyphens, and a port. */
const ADDRESS =
  /^(https?):\/\/([a-z0-9][a-z0-9.-]*(?::[1-9]\d{0,4})?)(\/[\x21\x22\x24-\x5b\x5d-\x7e]*)$/;

interface Leading {
  readonly site: string;
  readonly wanted: SiteWanted;
}

function leadingTo(target: string, secure: boolean): Leading | undefined {
  const query = fitQuery(target, Wanted);
  if (!query.ok) return undefined;
  const { to, way, method, path } = query.value;
  const [, scheme, host = '', back = ''] = ADDRESS.exec(to) ?? [];
  const hash = fromBase64url(way);
  if (scheme === undefined || hash === undefined || (secure && scheme !== 'https'))
    return undefined;
  return { site: `${scheme}://${host}`, wanted: { host, method, path, back, way: hash } };
}

export function siteRoutes(app: FastifyInstance, parts: DoorParts): void {
  const { gate, handling, sites, secure } = parts;
  signedInRoute(app, parts);

  app.get(
    '/gate/begin',
    handling.page(async (visit) => {
      const leading = leadingTo(visit.target, secure);
      const back = returnPath(visit.target);
      const { session, arrival } = visit;
      if (leading === undefined || back === undefined) {
        // No site sends anyone here with an address that it does not have: somebody made this one up (CWE-601).
        await gate.refusedRequest('request', arrival);
        return problem(visit, 'bad-request');
      }
      if (session === undefined) {
        const { host, path, method } = leading.wanted;
        const found = await gate.lookAt({ host, path, method }, arrival);
        return toSignIn(visit, back, found.state === 'found' ? host : undefined);
      }
      const outcome = await sites.begin(session, leading.wanted, arrival);
      switch (outcome.state) {
        case 'granted':
          // To a host that was just judged to be a site's own, and to no other.
          return { go: `${leading.site}/.sallyport/back?ticket=${outcome.value}` };
        case 'challenged':
          return stepUp(parts, visit, { session, wish: outcome.wish, back });
        case 'refused':
          switch (outcome.reason) {
            case 'no-session':
              return toSignIn(visit, back);
            case 'unproven-key':
            case 'unavailable':
              return afterRefused(visit, { reason: outcome.reason });
            case 'no-such-resource':
              return problem(visit, 'not-found');
            case 'throttled':
              return problem(visit, 'throttled', { retryAt: outcome.retryAt, next: back });
            default:
              return problem(visit, outcome.closed === true ? 'closed' : 'not-permitted');
          }
      }
    }),
  );
}

/** The end of a way that began beside a form (the proxy door's unsent-page.ts). */
function signedInRoute(app: FastifyInstance, { handling }: DoorParts): void {
  app.get(
    '/gate/signed-in',
    handling.page(async ({ view, flow }) => ({
      show: besideFormPage(view),
      flow: withoutNotice(flow),
    })),
  );
}

type StepUp = Extract<Parameters<DoorParts['gate']['ask']>[0], { to: 'stepUp' }>;

async function stepUp(
  { gate }: DoorParts,
  visit: Visit,
  { session, wish, back }: Pick<StepUp, 'session' | 'wish'> & { readonly back: string },
): Promise<Answer> {
  const outcome = await gate.ask({ to: 'stepUp', session, wish }, visit.arrival);
  switch (outcome.state) {
    case 'granted':
      return { go: back };
    case 'challenged': {
      const { identifier: _typed, ...flow } = withoutNotice(visit.flow);
      const attempt = outcome.attempt.token;
      return { go: '/confirm', flow: { ...flow, attempt, confirms: 'enter', to: back } };
    }
    case 'refused': {
      const { reason, retryAt } = outcome;
      if (reason === 'throttled') return problem(visit, 'throttled', { retryAt });
      if (reason === 'no-session') return toSignIn(visit, back);
      return reason === 'unproven-key' || reason === 'not-permitted'
        ? afterRefused(visit, { reason })
        : problem(visit, 'fault');
    }
  }
}
