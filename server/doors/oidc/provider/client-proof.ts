/**
 * How applications show who they are at the endpoints that they call themselves: by the proofs that processes have, found in
 * the request as for processes (own/client-authentication.ts), and checked by the gate before oidc-provider sees the request.
 * It is told whether, and never sees a secret or an assertion.
 */
import type { IncomingMessage } from 'node:http';
import { type PresentedClient, presentedClient } from '../own/client-authentication.ts';

export type Params = Record<string, string | string[]>;

export type ReadEvidence =
  | { readonly ok: true; readonly presented: PresentedClient; readonly rest: Params }
  | { readonly ok: false };

/** Takes what proves a client out of its request. */
export function readEvidence(
  { headers }: Pick<IncomingMessage, 'headers'>,
  params: Params,
  certificate: Uint8Array | undefined,
): ReadEvidence {
  const get = (name: string) => {
    const value = params[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const presented = presentedClient({ text: '', get }, headers.authorization, certificate);
  if (!presented.ok) return { ok: false };
  const { client_secret: _s, client_assertion: _a, client_assertion_type: _t, ...rest } = params;
  return { ok: true, presented: presented.value, rest };
}
