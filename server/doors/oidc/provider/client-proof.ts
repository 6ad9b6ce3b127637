/**
 * How applications show who they are at the endpoints that they call themselves. The proofs are those of processes, checked
 * by the gate before oidc-provider sees the request; it is then told whether, and never sees a secret or an assertion.
 *
 * One proof and no more (RFC 6749 §2.3): a header and a form field together are refused, whatever they hold.
 */

import { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { ProcessOffer } from '../../../gate/entering.ts';
import type { ClientEvidence } from './provider-deps.ts';

export type Params = Record<string, string | string[]>;

const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const LONGEST_HEADER = 4096;

export type ReadEvidence =
  | { readonly ok: true; readonly evidence: ClientEvidence | undefined; readonly rest: Params }
  | { readonly ok: false };

/** Takes what proves a client out of its request: undefined where it says only who it is. */
export function readEvidence(
  request: Pick<IncomingMessage, 'headers'>,
  params: Params,
  certificate: string | undefined,
): ReadEvidence {
  const { client_secret: secret, client_assertion: assertion, ...rest } = params;
  const { client_assertion_type: type, ...others } = rest;
  const { client_id: id } = params;
  const basic = request.headers.authorization;
  const ways = [secret, assertion, basic].filter((way) => way !== undefined);
  if (ways.length > 1 || [secret, assertion, type, id].some(Array.isArray)) return { ok: false };
  const claimed = id as string | undefined; // No list, as just seen.
  if (basic !== undefined) {
    const read = readBasic(basic);
    if (read === undefined || (claimed !== undefined && claimed !== read.id)) return { ok: false };
    return found(read.id, [{ kind: 'secret', data: { secret: read.secret } }], others);
  }
  if (secret !== undefined) {
    if (claimed === undefined) return { ok: false };
    return found(claimed, [{ kind: 'secret', data: { secret } }], others);
  }
  if (assertion !== undefined) {
    if (type !== ASSERTION) return { ok: false };
    return found(claimed, [{ kind: 'key', data: { assertion } }], others);
  }
  if (type !== undefined) return { ok: false };
  if (certificate !== undefined && claimed !== undefined) {
    return found(claimed, [{ kind: 'certificate', data: { certificate } }], others);
  }
  return { ok: true, evidence: undefined, rest: others };
}

function found(
  claimed: string | undefined,
  offers: readonly ProcessOffer[],
  rest: Params,
): ReadEvidence {
  return { ok: true, evidence: { claimed, offers }, rest };
}

/** RFC 6749 §2.3.1: both halves are form-encoded before they are joined. */
function readBasic(header: string): { id: string; secret: string } | undefined {
  if (header.length > LONGEST_HEADER) return undefined;
  const [, encoded] = /^Basic ([A-Za-z0-9+/]+={0,2})$/i.exec(header) ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const at = text.indexOf(':');
  try {
    const decode = (part: string) => decodeURIComponent(part.replaceAll('+', ' '));
    return at < 1
      ? undefined
      : { id: decode(text.slice(0, at)), secret: decode(text.slice(at + 1)) };
  } catch {
    return undefined;
  }
}
