/**
 * How every page and form is handled. A form is believed only when it came from one of our own pages: by what the browser
 * says of its origin, and by a token that only a page made for this browser can hold. Then the handler answers with a value,
 * and cookies and headers are written here and nowhere else.
 */
import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
import { z } from 'zod';
import type { CookieJar } from '../../http/cookies.ts';
import { type CsrfTokens, startedFrom } from '../../http/csrf.ts';
import { fitForm, parseQuery } from '../../http/form.ts';
import { fitJson } from '../../http/json-body.ts';
import { RefusedRequest } from '../../http/refusal.ts';
import { pageHeaders } from '../../http/security-headers.ts';
import { utf8 } from '../../kernel/bytes.ts';
import { type Clock, SECOND } from '../../kernel/clock.ts';
import { equal } from '../../kernel/equal.ts';
import type { Random } from '../../kernel/random.ts';
import type { Answer } from './answer.ts';
import type { Flow } from './flow.ts';
import { isOfTab, type Keeping, type Kept, keptAfter, newTab, overtaken, withTab } from './kept.ts';
import { type Onward, provingPage } from './pages/proving-page.ts';
import { problem } from './problem.ts';
import type { OpenVisit, Visit } from './visit.ts';

type Fields = z.ZodRawShape;
type Read<S extends Fields> = z.infer<z.ZodObject<S>>;

type Called = { readonly value: unknown } & Pick<Answer, 'keyProof' | 'leave'>;

export interface Handling {
  page(handler: (visit: Visit, request: FastifyRequest) => Promise<Answer>): RouteHandlerMethod;
  /** `fields` are all that the form may have, besides its token. */
  form<S extends Fields>(
    fields: S,
    handler: (visit: Visit, form: Read<S>, request: FastifyRequest) => Promise<Answer>,
    /** Where to lead the browser instead, where its page is of before: nothing is done. */
    outOfDate?: (visit: Visit, form: Read<S>) => Answer | undefined,
  ): RouteHandlerMethod;
  /** For our own browser code: JSON in, JSON out. */
  call<S extends Fields>(
    fields: S,
    handler: (visit: Visit, given: Read<S>) => Promise<Called>,
  ): RouteHandlerMethod;
}

const token = z.string().max(64);
/** Step-ups through which a page in another tab may stay open. */
const MOST_EARLIER = 3;

export function createHandling(parts: {
  clock: Clock;
  random: Random;
  origin: () => string;
  jar: CookieJar;
  keeping: Keeping;
  csrf: CsrfTokens;
  openVisit: OpenVisit;
}): Handling {
  const { clock, random, origin, jar, keeping, csrf, openVisit } = parts;

  async function open(request: FastifyRequest): Promise<Visit> {
    const visit = await openVisit(request);
    if (visit === undefined) throw new RefusedRequest('bad-request');
    return visit;
  }

  function meant(visit: Visit, request: FastifyRequest, given: string): boolean {
    if (startedFrom(request.headers, origin()) === 'foreign') return false;
    if (csrf.accepts(visit.binding, given)) return true;
    return earlierTokens(visit).some((one) => equal(utf8(one), utf8(given)));
  }

  /** Of pages that were open when another tab showed a proof, and this person's session was renewed. */
  function earlierTokens({ flow: { earlier }, binding }: Visit): readonly string[] {
    return earlier !== undefined && csrf.accepts(binding, earlier.of) ? earlier.tokens : [];
  }

  function renewedFrom(visit: Visit, { grant, renews }: Answer): Pick<Flow, 'earlier'> {
    if (grant === undefined || renews !== true) return {};
    const tokens = [visit.view.csrf, ...earlierTokens(visit)].slice(0, MOST_EARLIER);
    return { earlier: { of: csrf.issue({ session: grant.session.token }), tokens } };
  }

  function keep(reply: FastifyReply, visit: Visit, answer: Answer): void {
    const cookies: string[] = [];
    if (answer.grant !== undefined) {
      const { session, device } = answer.grant;
      // Ends with the browser; the session's own limits are the gate's.
      cookies.push(jar.set('session', session.token));
      if (device !== undefined) {
        const age = (device.expiresAt - clock.now()) / SECOND;
        cookies.push(jar.set('device', device.token, age));
      }
    }
    const keyProof = answer.grant?.keyProof ?? answer.keyProof;
    const left = answer.grant !== undefined || answer.leave;
    if (keyProof !== undefined) cookies.push(jar.set('key', keyProof));
    else if (left && visit.arrival.keyProof !== undefined) cookies.push(jar.clear('key'));
    if (answer.leave) cookies.push(jar.clear('session'));
    const kept = nextKept(visit, answer);
    if (kept !== undefined) cookies.push(jar.set('flow', keeping.seal(kept)));
    if (cookies.length > 0) reply.header('set-cookie', cookies);
  }

  /** Whoever signs in or out goes on under a new name: nothing that was bound to the old one follows. */
  function nextKept(visit: Visit, answer: Answer): Kept | undefined {
    const { led, ...arrived } = answer.flow ?? visit.flow;
    const isThere = led !== undefined && 'show' in answer && answer.passing !== true;
    const flow = isThere ? arrived : (answer.flow ?? (visit.returned ? undefined : visit.flow));
    const stays = 'show' in answer || ('go' in answer && isOfTab(answer.go, flow ?? visit.flow));
    if (answer.grant === undefined && !answer.leave) {
      return flow && keptAfter(visit.kept, flow, stays);
    }
    const { earlier: _over, ...next } = flow ?? visit.flow;
    const changed = { ...next, ...renewedFrom(visit, answer), ...keeping.begin() };
    return keptAfter(overtaken(visit.kept), changed, stays);
  }

  /** Where the next page is a tab's own, its address says so. */
  function inItsTab<A extends Answer>(visit: Visit, answer: A): A {
    if (!('go' in answer)) return answer;
    const flow = answer.flow ?? visit.flow;
    if (!isOfTab(answer.go, flow)) return answer;
    const tab = flow.tab ?? newTab(random);
    return { ...answer, go: withTab(answer.go, tab), flow: { ...flow, tab } };
  }

  function send(
    reply: FastifyReply,
    visit: Visit,
    given: Answer,
    sent?: Readonly<Record<string, string>>,
  ): FastifyReply {
    if ('prove' in given) return send(reply, visit, provenFirst(visit, sent));
    const answer = inItsTab(visit, given);
    keep(reply, visit, answer);
    if ('go' in answer) {
      // 303: whatever the request was, the next one is a GET (RFC 9110 §15.4.4).
      return reply
        .headers(answer.headers ?? {})
        .code(303)
        .header('location', answer.go)
        .send();
    }
    if ('file' in answer) {
      return reply
        .type('text/plain; charset=utf-8')
        .header('content-disposition', `attachment; filename="${answer.name}"`)
        .send(answer.file);
    }
    if (answer.retryAfter !== undefined) reply.header('retry-after', String(answer.retryAfter));
    return reply
      .code(answer.status ?? 200)
      .headers(pageHeaders)
      .send(answer.show.text);
  }

  /** A page for the browser's own code, which shows the key and asks again; what was typed goes with it. */
  function provenFirst(visit: Visit, sent?: Readonly<Record<string, string>>): Answer {
    const onward = sent === undefined ? { method: 'get' } : { method: 'post', fields: sent };
    const { view, target } = visit;
    return { status: 403, show: provingPage(view, { ...(onward as Onward), path: target }) };
  }

  return {
    page: (handler) => async (request, reply) => {
      const visit = await open(request);
      // Whether or not this page reads one: what is doubled or can't be read is refused everywhere alike.
      if (!parseQuery(visit.target).ok) throw new RefusedRequest('bad-request');
      return send(reply, visit, await handler(visit, request));
    },

    form<S extends Fields>(
      fields: S,
      handler: (visit: Visit, form: Read<S>, request: FastifyRequest) => Promise<Answer>,
      outOfDate?: (visit: Visit, form: Read<S>) => Answer | undefined,
    ): RouteHandlerMethod {
      const schema = z.strictObject({ ...fields, csrf: token });
      return async (request, reply) => {
        const visit = await open(request);
        const form = fitForm(request.body, schema);
        if (!form.ok) throw new RefusedRequest('bad-request');
        const { csrf: given, ...rest } = form.value as { csrf: string };
        if (!meant(visit, request, given)) {
          const own = startedFrom(request.headers, origin()) === 'own';
          const known = visit.returned || visit.session !== undefined;
          const instead = own && known && outOfDate?.(visit, rest as Read<S>);
          if (instead) return send(reply, visit, instead);
          return send(reply, visit, problem(visit, known ? 'forbidden' : 'no-cookies'));
        }
        const answer = await handler(visit, rest as Read<S>, request); // Fitted to it above.
        // A field of a form is a text, or was not sent.
        return send(reply, visit, answer, form.value as Record<string, string>);
      };
    },

    call<S extends Fields>(
      fields: S,
      handler: (visit: Visit, given: Read<S>) => Promise<Called>,
    ): RouteHandlerMethod {
      const schema = z.strictObject({ ...fields, csrf: token });
      return async (request, reply) => {
        const visit = await open(request);
        const body = fitJson(request.body, schema);
        if (!body.ok) throw new RefusedRequest('bad-request');
        const { csrf: given, ...rest } = body.value as { csrf: string };
        if (!meant(visit, request, given)) throw new RefusedRequest('forbidden');
        const { value, keyProof, leave } = await handler(visit, rest as Read<S>); // Fitted to it above.
        const cookies: string[] = [];
        if (keyProof !== undefined) cookies.push(jar.set('key', keyProof));
        if (leave) cookies.push(jar.clear('session'), jar.clear('key'));
        if (cookies.length > 0) reply.header('set-cookie', cookies);
        return reply.send(value);
      };
    },
  };
}
