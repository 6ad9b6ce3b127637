/** Where oidc-provider keeps what it must remember: the gate's states (app-states.ts). Clients are our resources. */
import Provider, {
  type Adapter,
  type AdapterFactory,
  type AdapterPayload,
  errors,
} from 'oidc-provider';
import type { Arrival } from '../../../gate/arrival.ts';
import { type FoundState, TOLD } from '../../../gate/use-cases/apps/app-states.ts';
import type { Apps } from '../../../gate/use-cases/apps/app-words.ts';
import { SECOND } from '../../../kernel/clock.ts';
import type { Backchannel } from './backchannel.ts';
import { clientMetadata, type GrantSwitches, isUsable } from './clients.ts';

type Context = NonNullable<ReturnType<typeof currentContext>>;

/** The refresh token that a response must carry, where it is not the one that oidc-provider made (`rotate`). */
export type Successors = WeakMap<object, string>;

export interface AdapterParts {
  readonly apps: Apps;
  readonly successors: Successors;
  readonly arrivalOf: (context: Context) => Arrival;
  readonly switches: GrantSwitches;
  readonly backchannel: Pick<Backchannel, 'collect'>;
}

const ASKED = 'BackchannelAuthenticationRequest';
const ONE_USE = new Set(['AuthorizationCode', 'DeviceCode', ASKED]);

function currentContext() {
  return Provider.ctx;
}

export function createAdapters(parts: AdapterParts): AdapterFactory {
  return (model) => (model === 'Client' ? clients(parts) : states(model, parts));
}

function states(
  model: string,
  { apps, successors, arrivalOf, backchannel }: AdapterParts,
): Adapter {
  const { states } = apps;

  async function upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
    const lifetime = Math.max(1, expiresIn ?? 0);
    const alias = await aliasOf(payload);
    const state = { model, id, payload: { ...payload }, lifetime, alias };
    const context = currentContext();
    const rotated = model === 'RefreshToken' && context?.oidc.entities.RotatedRefreshToken;
    if (context && rotated) {
      const successor = await states.rotate(rotated.jti, state);
      if (successor === undefined) throw new errors.InvalidGrant('refresh token already used');
      successors.set(context, successor);
      return;
    }
    if (model !== 'ReplayDetection') return states.put(state);
    // Of two that come at once one is first.
    if (!(await states.putOnce(state))) throw new errors.InvalidRequest('it was used before');
  }

  async function aliasOf(payload: AdapterPayload): Promise<string | undefined> {
    if (model === 'Session') return payload.uid;
    if (model !== 'Grant') return payload.userCode;
    const app = await apps.application(payload.clientId ?? '');
    return app?.detail.backchannelLogoutUri == null ? undefined : TOLD;
  }

  async function consume(id: string): Promise<void> {
    // In one transaction with its successor: `upsert`, which follows.
    if (model === 'RefreshToken') return;
    if (await states.consume(model, id)) return;
    if (model === 'PushedAuthorizationRequest') {
      throw new errors.InvalidRequestUri('request_uri was already used');
    }
    const context = currentContext();
    const grant = (await states.find(model, id))?.payload.grantId;
    if (context && ONE_USE.has(model) && typeof grant === 'string') await reused(context, grant);
    throw new errors.InvalidGrant('it was already used');
  }

  async function reused(context: Context, grant: string): Promise<void> {
    const { client, params } = context.oidc;
    const what = params?.grant_type === 'refresh_token' ? 'refresh-token' : 'code';
    await apps.reused({ grant, app: client?.clientId ?? '', what }, arrivalOf(context));
  }

  /** Called several times at once for one grant: the first of them ends it, and tells why. */
  async function endGrant(grant: string): Promise<void> {
    const context = currentContext();
    // At the token endpoint nothing revokes a grant but what came a second time (RFC 6749 §4.1.2, RFC 9700 §4.14.2).
    if (context?.oidc.route === 'token') await reused(context, grant);
    await states.endGrant(grant);
  }

  return {
    upsert,
    consume,
    async find(id) {
      const payload = payloadOf(await states.find(model, id));
      const context = currentContext();
      return model === ASKED && context?.oidc.route === 'token'
        ? backchannel.collect(context, id, payload)
        : payload;
    },
    findByUid: async (uid) => payloadOf(await states.findByAlias(model, uid)),
    findByUserCode: async (code) => payloadOf(await states.findByAlias(model, code)),
    destroy: (id) => (model === 'Grant' ? endGrant(id) : states.remove(model, id)),
    revokeByGrantId: endGrant,
  };
}

function payloadOf(found: FoundState | undefined): AdapterPayload | undefined {
  if (found === undefined) return undefined;
  const { payload, consumedAt } = found;
  if (consumedAt === undefined) return payload as AdapterPayload; // It was one when it was put there.
  return { ...payload, consumed: Math.floor(consumedAt / SECOND) };
}

function clients({ apps, switches }: AdapterParts): Adapter {
  const none = async () => undefined;
  return {
    async find(id) {
      const app = await apps.application(id);
      // By its id alone: names change hands.
      return app?.id === id && isUsable(app) ? clientMetadata(app, switches) : undefined;
    },
    upsert: none,
    consume: none,
    destroy: none,
    revokeByGrantId: none,
    findByUid: none,
    findByUserCode: none,
  };
}
