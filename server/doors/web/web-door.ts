/**
 * The web door: pages for people. It reads a request, asks the gate, and draws the answer; nothing is decided here.
 *
 *   routes/     what each address does: one visit in, one answer out (answer.ts)
 *   pages/      what each page looks like: a function from a view and its data to HTML; parts/ are what pages are made of
 *   handling.ts how every request is read and every answer sent: cookies, form tokens, redirects
 *   texts.ts    every text
 *   browser/    what runs in the browser, when it can; every form works without it, but passkeys
 *
 * To add a page: a function in pages/, its texts, a route that answers with it, and its sample in test/support/web-samples.ts,
 * which has it checked for accessibility, weight and width.
 */
import type { FastifyInstance } from 'fastify';
import { createCookieJar } from '../../http/cookies.ts';
import { createCsrfTokens } from '../../http/csrf.ts';
import type { HttpDoor } from '../../http/http-door.ts';
import { RefusedRequest } from '../../http/refusal.ts';
import { immutableHeaders, pageHeaders } from '../../http/security-headers.ts';
import { SECOND } from '../../kernel/clock.ts';
import { loadAssets } from './assets.ts';
import type { WebDoorDeps } from './deps.ts';
import type { DoorParts } from './door-parts.ts';
import { createHandling } from './handling.ts';
import { createKeeping } from './kept.ts';
import { errorPage } from './pages/error-page.ts';
import { errorNameOf } from './problem.ts';
import { cardRoutes } from './routes/cards.ts';
import { enrolRoutes } from './routes/enrol.ts';
import { enterRoutes } from './routes/enter.ts';
import { logInRoutes } from './routes/log-ins.ts';
import { onwardRoutes } from './routes/onward.ts';
import { portalRoutes } from './routes/portal.ts';
import { requestRoutes } from './routes/requests.ts';
import { sessionKeyRoutes } from './routes/session-key.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { signInRoutes } from './routes/sign-in.ts';
import { siteRoutes } from './routes/site.ts';
import { stepRoutes } from './routes/steps.ts';
import { createTabs } from './tabs.ts';
import { english } from './texts.ts';
import { createVisits } from './visit.ts';

export function createWebDoor(deps: WebDoorDeps): HttpDoor {
  const assets = loadAssets();
  const jar = createCookieJar(deps.secure);
  const keeping = createKeeping(deps);
  const csrf = createCsrfTokens(deps.key);
  const texts = english;
  const openVisit = createVisits(deps, { jar, keeping, csrf, assets: assets.paths, texts });
  const { clock, random, origin, organisation } = deps;
  const handling = createHandling({ clock, random, origin, jar, keeping, csrf, openVisit });
  const parts: DoorParts = { ...deps, handling, tabs: createTabs(deps) };

  return {
    id: 'web',
    prefix: '/',
    mount(app) {
      goToOwnName(app, origin);
      app.get('/assets/:file', (request, reply) => {
        const asset = assets.find((request.params as { file: string }).file); // Named in the route.
        if (asset === undefined) throw new RefusedRequest('not-found');
        return reply.headers(immutableHeaders).type(asset.type).send(asset.body);
      });
      signInRoutes(app, parts);
      stepRoutes(app, parts);
      cardRoutes(app, parts);
      onwardRoutes(app, parts);
      enterRoutes(app, parts);
      siteRoutes(app, parts);
      enrolRoutes(app, parts);
      portalRoutes(app, parts);
      requestRoutes(app, parts);
      logInRoutes(app, parts);
      sessionRoutes(app, parts);
      sessionKeyRoutes(app, parts);
    },
    refuse(request, reply, refused) {
      const view = {
        texts,
        now: clock.now(),
        csrf: '',
        assets: assets.paths,
        organisation,
        visitor: undefined,
      };
      const wait = refused.retryAfter;
      const page = errorPage(view, {
        name: errorNameOf(refused),
        request: request.id,
        next: '/me',
        ...(wait === undefined ? {} : { retryInMs: wait * SECOND }),
      });
      reply.headers(pageHeaders).send(page.text);
    },
  };
}

/** At the end of an address that we led to; gone from it before anything else is read. */
const MOVED = /[?&]moved=yes$/;

/**
 * Passkeys and cookies belong to one name; a page opened under another of ours, such as 127.0.0.1, moves there first. Behind a proxy
 * that asks under a name of its own every page seems opened so, and would move for ever: whoever was led already is told. That stands
 * in the address, since a cookie would be of the other name: it would tell of an earlier visit there, and of none of this one.
 */
function goToOwnName(app: FastifyInstance, origin: () => string): void {
  app.addHook('onRequest', (request, reply, done) => {
    const own = new URL(origin());
    const target = request.raw.url ?? '';
    const wasMoved = MOVED.test(target);
    const isOwn = request.headers.host === own.host;
    if (isOwn && !(wasMoved && request.method === 'GET')) return done();
    // A target may be a whole address (RFC 9112 §3.2.2); put after ours, it would name a host of neither.
    if (request.method !== 'GET' || !target.startsWith('/') || wasMoved !== isOwn) {
      return done(new RefusedRequest('misdirected'));
    }
    const moved = `${target}${target.includes('?') ? '&' : '?'}moved=yes`;
    reply
      .code(308)
      .headers({
        location: own.origin + (isOwn ? target.replace(MOVED, '') : moved),
        'cache-control': 'no-store',
      })
      .send();
  });
}
