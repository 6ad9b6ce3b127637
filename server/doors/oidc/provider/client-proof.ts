/**
 * How applications show who they are at the endpoints that they call themselves: by the proofs that processes have, found in
 * the request as for processes (own/client-authentication.ts), and checked by the gate before oidc-provider sees the request.
 * It is told whether, and never sees a secret or an assertion.
 */
import type { IncomingMessage } from 'node:http';
import type { Pair } from '../../../http/form.ts';
import { ok, type Result } from '../../../kernel/result.ts';
import type { Form } from '../form.ts';
import { type PresentedClient, presentedClient } from '../own/client-authentication.ts';

const PROVES: ReadonlySet<string> = new Set([
  'client_secret',
  'client_assertion',
  'client_assertion_type',
]);

export interface Evidence {
  readonly presented: PresentedClient;
  readonly rest: readonly Pair[];
}

/** Takes what proves a client out of its request. */
export function readEvidence(
  { headers }: Pick<IncomingMessage, 'headers'>,
  form: Form,
  certificate: Uint8Array | undefined,
): Result<Evidence, 'malformed'> {
  const presented = presentedClient(form, headers.authorization, certificate);
  if (!presented.ok) return presented;
  const rest = form.pairs.filter(([name]) => !PROVES.has(name));
  return ok({ presented: presented.value, rest });
}
