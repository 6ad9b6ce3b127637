/** Where oidc-provider would draw a page of its own, ours is drawn. */
import type { errors, KoaContextWithOIDC } from 'oidc-provider';
import { parseId } from '../../../kernel/id.ts';
import { homeOf } from './clients.ts';
import type { CameBy, ProviderDeps } from './provider-deps.ts';

/** What an application's people meet when they come too late, or a second time, and what no application could have done wrong. */
const PUSHED = 'urn:ietf:params:oauth:request_uri:';

/** By the names that oidc-provider has for what is wrong with a code. */
const WRONG_CODES = new Map<string, 'wrong' | 'expired' | 'used'>([
  ['NotFoundError', 'wrong'],
  ['ExpiredError', 'expired'],
  ['AlreadyUsedError', 'used'],
]);

export function renderings(
  { pages, apps, refusedRequest }: Pick<ProviderDeps, 'pages' | 'apps' | 'refusedRequest'>,
  { arrivalOf, sessionOf }: Pick<CameBy, 'arrivalOf' | 'sessionOf'>,
) {
  function show(ctx: KoaContextWithOIDC, text: string): void {
    ctx.set({ ...pages.headers });
    ctx.body = text;
  }
  const secretOf = (ctx: KoaContextWithOIDC) => String(ctx.oidc.session?.state?.secret ?? '');

  /** Of what was typed: on record before it is answered. */
  async function note(
    ctx: KoaContextWithOIDC,
    error: { readonly name?: string } | undefined,
  ): Promise<void> {
    const session = sessionOf(ctx.req);
    const why = WRONG_CODES.get(error?.name ?? '');
    if (session === undefined || error === undefined) return;
    const arrival = arrivalOf(ctx.req);
    if (why !== undefined) return apps.deviceCodes.wrong(session, why, arrival);
    const app = parseId<'resource'>(ctx.oidc.entities.DeviceCode?.clientId ?? '');
    if (error.name === 'AbortedError' && app !== undefined) {
      return apps.decline(session, app, arrival);
    }
    // Not with the secret of this browser's form: it came from elsewhere.
    if (error.name === 'InvalidRequest') await refusedRequest('request', arrival);
  }

  return {
    error: async (
      ctx: KoaContextWithOIDC,
      out: { readonly error: string; readonly error_description?: string | undefined },
      { name }: errors.OIDCProviderError | Error,
    ) => {
      const { route } = ctx.oidc;
      const { client_id: id, request_uri: uri } = ctx.query;
      const late = route === 'resume' && name === 'SessionNotFound';
      const again = name === 'InvalidRequestUri' && String(uri).startsWith(PUSHED);
      if (late || again) {
        const app = typeof id === 'string' ? await apps.application(id) : undefined;
        return show(ctx, pages.over({ app: app && { title: app.title, home: homeOf(app) } }));
      }
      const { error, error_description: detail } = out;
      show(ctx, pages.error({ error, detail, request: arrivalOf(ctx.req).request }));
    },

    signOut: {
      logoutSource: async (ctx: KoaContextWithOIDC) => {
        const app = ctx.oidc.client?.clientName;
        const action = '/oidc/logout/confirm';
        show(ctx, pages.signOut({ app, action, xsrf: secretOf(ctx) }));
      },
      postLogoutSuccessSource: async (ctx: KoaContextWithOIDC) => show(ctx, pages.signedOut()),
    },

    device: {
      deviceInfo: (ctx: KoaContextWithOIDC) => {
        const { address, userAgent } = arrivalOf(ctx.req);
        return { address, userAgent: userAgent ?? '' };
      },
      userCodeInputSource: async (
        ctx: KoaContextWithOIDC,
        _form: string,
        _out: unknown,
        error: { readonly name?: string; readonly userCode?: unknown } | undefined,
      ) => {
        const wrong = error !== undefined && (error.name === 'NoCodeError' || 'userCode' in error);
        const problem = error === undefined ? undefined : wrong ? 'wrong' : 'interrupted';
        await note(ctx, error);
        const action = '/oidc/device';
        show(ctx, pages.deviceAsk({ action, xsrf: secretOf(ctx), problem }));
      },
      userCodeConfirmSource: async (
        ctx: KoaContextWithOIDC,
        _form: string,
        client: { readonly clientName?: string | undefined },
        info: { readonly address?: unknown; readonly userAgent?: unknown },
        code: string,
      ) => {
        show(
          ctx,
          pages.deviceConfirm({
            action: '/oidc/device',
            xsrf: secretOf(ctx),
            code,
            app: client.clientName ?? '',
            address: String(info.address ?? ''),
            userAgent: String(info.userAgent ?? ''),
          }),
        );
      },
      successSource: async (ctx: KoaContextWithOIDC) =>
        show(ctx, pages.deviceDone({ app: ctx.oidc.client?.clientName ?? '' })),
    },
  };
}
