/** What the endpoints have in common: how a request came, what it holds in its hand, and what a token may be bound to. */
import type { Arrival } from '../../../gate/arrival.ts';
import type { Dpop } from '../../../gate/entry/dpop.ts';
import type { BoundKey } from '../../../gate/entry/entering.ts';
import type { NoteRefusedRequest, RequestFault } from '../../../gate/throttles/request-refusals.ts';
import { clientCertificate, thumbprintOf } from '../../../http/client-certificate.ts';
import type { PostRequest } from '../../../http/posts.ts';
import { sourcesIn } from '../../../http/source-address.ts';
import type { Networks } from '../../../kernel/networks.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import { type OAuthError, oauthError } from '../oauth-answer.ts';

export interface Requests {
  arrival(request: PostRequest): Arrival;
  certificate(request: PostRequest): Uint8Array | undefined;
  /** A key whose possession came with the request, or the certificate of its connection, to bind what is given out to. */
  bound(
    request: PostRequest,
    endpoint: string,
    token?: string,
  ): Result<BoundKey | undefined, OAuthError>;
  nonce(): string;
  /** Puts a request on record that is refused before anyone is asked who they are. */
  refused(request: PostRequest, fault: RequestFault): Promise<void>;
}

export function createRequests(deps: {
  readonly dpop: Dpop;
  readonly refusedRequest: NoteRefusedRequest;
  readonly issuer: () => string;
  readonly trustedNetwork: Networks;
}): Requests {
  const { dpop, issuer, trustedNetwork } = deps;
  const isTrusted = sourcesIn(trustedNetwork);

  function arrival(request: PostRequest): Arrival {
    const { source } = request;
    const { address, network } = source;
    return {
      door: 'oidc',
      channel: 'program',
      address,
      network,
      trustedNetwork: isTrusted(source),
      userAgent: request.headers['user-agent'],
      origin: request.headers.origin,
      request: request.id,
      device: undefined,
      keyProof: undefined,
      carries: [],
    };
  }

  return {
    nonce: dpop.nonce,
    arrival,
    refused: (request, fault) => deps.refusedRequest(fault, arrival(request)),

    certificate: clientCertificate,

    bound(request, endpoint, token) {
      const { dpop: proof } = request.headers;
      if (proof === undefined) {
        const certificate = clientCertificate(request);
        if (certificate === undefined) return ok(undefined);
        return ok({ confirmation: { 'x5t#S256': thumbprintOf(certificate) } });
      }
      // Two of them come joined, and are none (RFC 9449 §4.3, 1).
      if (typeof proof !== 'string') return failed(oauthError('invalid_dpop_proof'));
      const url = `${issuer()}${endpoint}`;
      const { method } = request;
      const proven = dpop.verify({ proof, method, url, token, nonce: 'required' });
      if (proven.ok) {
        const { jkt, once } = proven.value;
        return ok({ confirmation: { jkt }, once });
      }
      const code = proven.error === 'nonce' ? 'use_dpop_nonce' : 'invalid_dpop_proof';
      return failed(oauthError(code, token === undefined ? 400 : 401));
    },
  };
}
