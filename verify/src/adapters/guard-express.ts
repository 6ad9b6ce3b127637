/** For express and whatever else speaks `(request, response, next)`. */
import type { AccessToken, Needs, RequestToVerify, Verifier } from '../verifier.ts';
import { type NodeRequest, nodeRequest } from './node-request.ts';
import { refusalBody } from './refusal-body.ts';

export interface ExpressRequest extends NodeRequest {
  /** The path before routers took their part of it. */
  readonly originalUrl?: string;
  access?: AccessToken;
}

export interface ExpressResponse {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(body: string): unknown;
}

export interface ExpressGuardOptions {
  /** Behind a proxy that ends TLS: the certificate that it hands on, in a header that only it can set. */
  readonly clientCertificate?: (request: ExpressRequest) => Uint8Array | string | undefined;
}

/** `app.get('/keys', guard({ scopes: ['keys:read'] }), …)`; the token is at `request.access`. */
export function guardExpress(verifier: Verifier, options: ExpressGuardOptions = {}) {
  return (needs: Needs = {}) =>
    (request: ExpressRequest, response: ExpressResponse, next: (error?: unknown) => void): void => {
      const { clientCertificate } = options;
      const asked: RequestToVerify = nodeRequest(request, request.originalUrl);
      const answer = async () => {
        const verdict = await verifier.verify(
          clientCertificate ? { ...asked, clientCertificate: clientCertificate(request) } : asked,
          needs,
        );
        const headers = verdict.state === 'granted' ? verdict.headers : verdict.challenge;
        for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
        if (verdict.state === 'granted') {
          request.access = verdict.token;
          return true;
        }
        response.statusCode = verdict.status;
        response.setHeader('Content-Type', 'application/json');
        response.end(refusalBody(verdict));
        return false;
      };
      // `next` stands outside: what it throws is not ours, and must not call it again.
      answer().then(
        (granted) => {
          if (granted) next();
        },
        (fault: unknown) => next(fault ?? new Error('Access could not be verified.')),
      );
    };
}
