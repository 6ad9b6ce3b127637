/**
 * Tokens of people that say nothing: what an opaque access token, or a refresh token, stands for. Both are rows that hang on a grant
 * and are good while that is (app-states.ts). An access token is for the API that it names; a refresh token is for nobody but the
 * application that it was given to.
 */
import { type Clock, SECOND } from '../../../kernel/clock.ts';
import { parseId } from '../../../kernel/id.ts';
import type { Queries } from '../../../store/store.ts';
import type { Resource } from '../../../subjects/resource.ts';
import type { Resources } from '../../../subjects/resources.ts';
import type { Confirmation } from '../../entry/entering.ts';
import type { GrantId } from '../../entry/grant-table.ts';
import { audienceOf, type LiveToken } from '../processes/granted-tokens.ts';
import type { AppPayload, AppStates } from './app-states.ts';
import type { SubjectOf } from './subject-of.ts';

export interface AppTokens {
  find(
    q: Queries,
    token: string,
  ): Promise<{ readonly use: 'access' | 'refresh'; readonly live: LiveToken } | undefined>;
}

const USES = [
  ['access', 'AccessToken'],
  ['refresh', 'RefreshToken'],
] as const;

/** 256 bits, and no word of ours before them. */
const OPAQUE = /^[A-Za-z0-9_-]{43}$/;

export function createAppTokens(deps: {
  readonly clock: Clock;
  readonly states: Pick<AppStates, 'findIn'>;
  readonly resources: Pick<Resources, 'get' | 'byAudience'>;
  readonly subjectOf: SubjectOf;
}): AppTokens {
  const { clock, states, resources, subjectOf } = deps;

  async function liveOf(q: Queries, payload: AppPayload): Promise<LiveToken | undefined> {
    const { grantId, clientId, accountId, aud, scope, iat, exp } = payload;
    const app = await appOf(q, clientId);
    const expiresAt = Number(exp) * SECOND;
    if (app === undefined || !(expiresAt > clock.now())) return undefined;
    const audience = Array.isArray(aud) ? aud[0] : aud;
    const resource = typeof audience === 'string' ? await resources.byAudience(q, audience) : app;
    if (resource === undefined || typeof grantId !== 'string') return undefined;
    const { acr, amr, auth_time } = (payload.extra ?? {}) as Readonly<Record<string, unknown>>; // As provider.ts puts it there.
    return {
      grant: grantId as GrantId, // Of a row that hangs on it.
      subject: subjectOf(app, String(accountId)),
      client: app.id,
      resource,
      audience: typeof audience === 'string' ? audience : audienceOf(app),
      scopes: typeof scope === 'string' && scope !== '' ? scope.split(' ') : [],
      confirmation: confirmationOf(payload),
      act: undefined,
      issuedAt: Number(iat) * SECOND,
      expiresAt,
      signIn: Object.fromEntries(
        Object.entries({ acr, amr, auth_time }).filter(([, value]) => value !== undefined),
      ),
    };
  }

  async function appOf(q: Queries, client: unknown) {
    const id = parseId<'resource'>(String(client));
    const found: Resource | undefined = id && (await resources.get(q, id));
    return found?.kind === 'application' ? found : undefined;
  }

  return {
    async find(q, token) {
      if (!OPAQUE.test(token)) return undefined;
      for (const [use, model] of USES) {
        const found = await states.findIn(q, model, token);
        if (found === undefined || found.consumedAt !== undefined) continue;
        const live = await liveOf(q, found.payload);
        return live && { use, live };
      }
      return undefined;
    },
  };
}

/** RFC 9449 §6, RFC 8705 §3. */
function confirmationOf(payload: AppPayload): Confirmation | undefined {
  const { jkt, 'x5t#S256': x5t } = payload;
  if (typeof jkt === 'string') return { jkt };
  return typeof x5t === 'string' ? { 'x5t#S256': x5t } : undefined;
}
