/**
 * `/signin/enter`: where other doors of ours send people to sign in, or to show a proof that is missing, and whence they come
 * back. What is missing is found out here anew; the address says only what is to be entered.
 */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { EntryTarget } from '../../../gate/entry/entering.ts';
import { READ_SELF } from '../../../gate/wish.ts';
import { fitQuery } from '../../../http/form.ts';
import { RefusedRequest } from '../../../http/refusal.ts';
import type { ResourceId } from '../../../kernel/id.ts';
import type { Resource } from '../../../subjects/resource.ts';
import type { Answer } from '../answer.ts';
import type { DoorParts } from '../door-parts.ts';
import { ledOn } from '../led-on.ts';
import { problem, toSignIn } from '../problem.ts';
import { returnPath } from '../return-path.ts';
import { withoutNotice } from '../visit.ts';
import { asPerson, type Visiting } from '../visitor.ts';
import { stepUpFor } from './step-up.ts';

const Query = z.strictObject({
  to: z.string().max(2048),
  resource: z.uuid().optional(),
  audience: z.string().max(512).optional(),
  host: z.string().max(255).optional(),
  path: z.string().max(2048).optional(),
  method: z.string().max(16).optional(),
  scope: z.string().max(1024).optional(),
  since: z.coerce.number().int().min(0).optional(),
  acr: z.string().max(512).optional(),
});
type Query = z.infer<typeof Query>;

/** Where the door of applications waits for an answer. */
const INTERACTION = /^\/oidc\/interaction\/[\w-]+\/done$/;

export function enterRoutes(app: FastifyInstance, parts: DoorParts): void {
  const { gate, apps, handling } = parts;

  app.get(
    '/signin/enter',
    handling.page(async (visit) => {
      const query = fitQuery(visit.target, Query);
      const to = query.ok ? returnPath(query.value.to) : undefined;
      if (!query.ok || to === undefined) throw new RefusedRequest('bad-request');
      if (visit.session === undefined) return toSignIn(visit, to, await toward(query.value));
      const answer = await asPerson(parts, visit, (visiting) => enter(visiting, query.value, to));
      // Whoever is sent to sign in comes back to where they were going, and not to this page.
      return 'go' in answer && answer.go === '/signin'
        ? toSignIn(visit, to, await toward(query.value))
        : answer;
    }),
  );

  /** What people call the application that they are on the way to; of other things they know the address. */
  async function toward({ resource }: Query): Promise<string | undefined> {
    return resource === undefined ? undefined : (await apps.application(resource))?.title;
  }

  async function enter(visit: Visiting, query: Query, to: string): Promise<Answer> {
    const { session, arrival } = visit;
    let entering: Pick<Resource, 'id' | 'kind'> | undefined;
    for (const { target, scopes } of wanted(query)) {
      const outcome = await gate.enterAs(session, { resource: target, scopes }, arrival);
      const kept = (name: 'not-permitted' | 'closed') => keptOut(visit, name, query, to);
      if (outcome.state === 'challenged') {
        const { wish } = outcome;
        const asked = await stepUpFor(parts, visit, { wish }, to, () => kept('not-permitted'));
        return asked ?? ledOn(visit, to, withoutNotice(visit.flow));
      }
      if (outcome.state === 'granted') {
        entering ??= outcome.entered.resource;
        continue;
      }
      if (outcome.reason === 'no-session') return toSignIn(visit, to);
      if (outcome.reason === 'unproven-key') return { prove: true };
      if (outcome.reason === 'unavailable') return problem(visit, 'fault');
      return kept(outcome.closed === true ? 'closed' : 'not-permitted');
    }
    const { since, acr } = query;
    const demand = { since, acr: acr?.split(' ') };
    const beyond = () => keptOut(visit, 'too-weak', query, to);
    const wanting = { wish: READ_SELF, demand, ...(entering && { entering }) };
    const asked = await stepUpFor(parts, visit, wanting, to, beyond);
    return asked ?? ledOn(visit, to, withoutNotice(visit.flow));
  }

  /** Told here, where something can be done about it; and the application is told as well, once they go back to it. */
  async function keptOut(
    visit: Visiting,
    name: 'not-permitted' | 'closed' | 'too-weak',
    query: Query,
    to: string,
  ): Promise<Answer> {
    const app = INTERACTION.test(to) ? await toward(query) : undefined;
    return problem(visit, name, app === undefined ? {} : { onward: { app, to: `${to}?as-is` } });
  }
}

function wanted(query: Query): readonly { target: EntryTarget; scopes: readonly string[] }[] {
  const { resource, audience, host, path, method, scope } = query;
  const scopes = scope === undefined ? [] : scope.split(' ');
  return [
    // Compared with ids of ours.
    ...(resource === undefined ? [] : [{ target: { id: resource as ResourceId }, scopes: [] }]),
    ...(audience === undefined ? [] : [{ target: { audience }, scopes }]),
    ...(host === undefined || path === undefined || method === undefined
      ? []
      : [{ target: { host, path, method }, scopes: [] }]),
  ];
}
