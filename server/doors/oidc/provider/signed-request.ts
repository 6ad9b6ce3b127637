/**
 * A sign-in that an application asks for in the background by a signed request (OpenID Connect CIBA Core §7.1.1), put in the place of its
 * form: oidc-provider reads the words as if they had come as they are. Whoever is held to FAPI signs all of them (FAPI-CIBA §5.2.2).
 */
import type { IncomingMessage } from 'node:http';
import type { Pair } from '../../../http/form.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import type { CameBy, ProviderDeps } from './provider-deps.ts';

export interface NotSigned {
  readonly status: 400 | 503;
  readonly error: 'invalid_request' | 'temporarily_unavailable';
  readonly retryAt?: number | undefined;
}

const INVALID: NotSigned = { status: 400, error: 'invalid_request' };
/** Beside the request and what proves the client, which was taken out already, there is nothing (§7.1.1). */
const BESIDE = new Set(['request', 'client_id']);

export function createReadSigned(
  { apps, signedRequests }: Pick<ProviderDeps, 'apps' | 'signedRequests'>,
  { arrivalOf, provenBy }: Pick<CameBy, 'arrivalOf' | 'provenBy'>,
) {
  return async (
    request: IncomingMessage,
    pairs: readonly Pair[],
  ): Promise<Result<readonly Pair[], NotSigned>> => {
    const text = pairs.find(([name]) => name === 'request')?.[1];
    const proven = provenBy(request);
    const app = proven === undefined ? undefined : await apps.application(proven);
    // Who did not show who it is is refused as such by whoever reads on.
    if (app === undefined) return text === undefined ? ok(pairs) : failed(INVALID);
    if (text === undefined && app.detail.profile !== 'fapi2') return ok(pairs);

    async function refuse(why: string): Promise<Result<never, NotSigned>> {
      const told = { app: String(proven), at: 'backchannel_authentication' };
      const error = `invalid_request: signed request, ${why}`;
      await apps.refused({ ...told, error }, arrivalOf(request));
      return failed(INVALID);
    }

    if (text === undefined) return refuse('missing');
    if (pairs.some(([name]) => !BESIDE.has(name))) return refuse('not alone');
    const read = await signedRequests.read(app, text);
    if (read.ok) return ok([...read.value, ['client_id', app.id]]);
    const { reason, retryAt } = read.error;
    if (reason !== 'busy') return refuse(reason);
    return failed({ status: 503, error: 'temporarily_unavailable', retryAt });
  };
}
