/** For handlers of fetch: `(request: Request) => Response`, as in Hono, Deno, Bun, service workers and route handlers. */
import type { AccessToken, Needs, Verifier } from '../verifier.ts';
import { refusalBody } from './refusal-body.ts';

export interface FetchGuardOptions {
  /** fetch knows no certificates; the platform or a proxy may, in a header that only it can set. */
  readonly clientCertificate?: (request: Request) => Uint8Array | string | undefined;
}

export type GuardedHandler<More extends unknown[]> = (
  request: Request,
  token: AccessToken,
  ...more: More
) => Response | Promise<Response>;

/** `export const GET = guard({ scopes: ['keys:read'] }, (request, token) => …)` */
export function guardFetch(verifier: Verifier, options: FetchGuardOptions = {}) {
  return <More extends unknown[]>(needs: Needs, handler: GuardedHandler<More>) =>
    async (request: Request, ...more: More): Promise<Response> => {
      const { method, url, headers } = request;
      const clientCertificate = options.clientCertificate?.(request);
      const verdict = await verifier.verify({ method, url, headers, clientCertificate }, needs);
      if (verdict.state === 'refused') {
        return new Response(refusalBody(verdict), {
          status: verdict.status,
          headers: { ...verdict.challenge, 'Content-Type': 'application/json' },
        });
      }
      const response = await handler(request, verdict.token, ...more);
      const added = Object.entries(verdict.headers);
      if (added.length === 0) return response;
      // The headers of a response that came from elsewhere can't be changed, those of a copy can.
      const copy = new Response(response.body, response);
      for (const [name, value] of added) copy.headers.set(name, value);
      return copy;
    };
}
