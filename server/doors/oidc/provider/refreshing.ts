/**
 * Refreshing: whether a refresh token brings fresh tokens, and for which scopes. The gate judges the person anew, while they are away;
 * what is sensitive and wants a fresher proof than they showed is left out, and the answer's `scope` says what remains (RFC 6749 §6).
 */
import type { IncomingMessage } from 'node:http';
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { Arrival } from '../../../gate/arrival.ts';
import type { AppEntered, Apps } from '../../../gate/use-cases/apps/app-words.ts';
import { parseId } from '../../../kernel/id.ts';

export interface Refreshing {
  /** Asked once a refresh token was found good, and before anything is made of it. */
  judge(ctx: KoaContextWithOIDC): Promise<void>;
  /** Of these scopes of an API, those that a request may have. */
  left(ctx: KoaContextWithOIDC, audience: string, scopes: readonly string[]): readonly string[];
}

export function createRefreshing(deps: {
  readonly apps: Pick<Apps, 'mayRefresh'>;
  readonly arrivalOf: (request: IncomingMessage) => Arrival;
}): Refreshing {
  const judged = new WeakMap<IncomingMessage, AppEntered['apis']>();

  return {
    async judge(ctx) {
      const { oidc, req } = ctx;
      const grant = oidc.entities.RefreshToken?.grantId;
      const app = parseId<'resource'>(oidc.client?.clientId ?? '');
      const asked = oidc.params?.resource; // It comes once here: form.ts.
      const audiences = typeof asked === 'string' ? [asked] : undefined;
      const apis =
        grant === undefined || app === undefined
          ? undefined
          : await deps.apps.mayRefresh({ grant, app, audiences }, deps.arrivalOf(req));
      if (apis === undefined) {
        throw new errors.InvalidGrant('the rules of the organisation do not permit it');
      }
      judged.set(req, apis);
      refuseNothing(ctx, apis);
    },

    left({ req }, audience, scopes) {
      const apis = judged.get(req);
      if (apis === undefined) return scopes; // It refreshes nothing.
      const may = apis.find((api) => api.audience === audience)?.scopes;
      // Nobody judged whether they may still come in there.
      if (may === undefined) throw new errors.InvalidTarget('the grant is not for this resource');
      return scopes.filter((scope) => may.includes(scope));
    },
  };
}

/** Of one API a client may ask for what is sensitive alone: it is told so, rather than given a token for nothing. */
function refuseNothing({ oidc }: KoaContextWithOIDC, apis: AppEntered['apis']): void {
  const { Grant: grant, RefreshToken: token } = oidc.entities;
  const wanted = oidc.params?.scope ? oidc.requestParamScopes : (token?.scopes ?? new Set());
  const asked = oidc.params?.resource ?? token?.resource;
  if (typeof asked !== 'string' || grant === undefined) return;
  const before = grant.getResourceScopeFiltered(asked, [...wanted]);
  const may = apis.find(({ audience }) => audience === asked)?.scopes ?? [];
  if (before === '' || before.split(' ').some((scope) => may.includes(scope))) return;
  throw new errors.InvalidScope('the person has to show a proof again for these scopes', before);
}
