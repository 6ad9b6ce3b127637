import type { RequestHeaders, RequestToVerify } from '../request.ts';

/** As much of the `IncomingMessage` of `node:http` as is read. */
export interface NodeRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: RequestHeaders;
  /** Every value by itself. `headers` keeps the first Authorization header and drops a second without a word. */
  readonly headersDistinct?: RequestHeaders;
  readonly socket: object;
}

interface TlsSocket {
  getPeerX509Certificate(): { readonly raw: Uint8Array } | undefined;
}

export function nodeRequest(request: NodeRequest, url = request.url): RequestToVerify {
  return {
    method: request.method ?? '',
    url: url ?? '',
    headers: request.headersDistinct ?? request.headers,
    clientCertificate: isTls(request.socket)
      ? request.socket.getPeerX509Certificate()?.raw
      : undefined,
  };
}

/** What the handshake proved, by whomever the certificate is issued: the token names this one alone (RFC 8705 §3). */
function isTls(socket: object): socket is TlsSocket {
  return 'getPeerX509Certificate' in socket && typeof socket.getPeerX509Certificate === 'function';
}
