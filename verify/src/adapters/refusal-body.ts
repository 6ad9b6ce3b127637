import type { Refused } from '../verifier.ts';

/** What stands in the body of a refusal: the code again, for people who look at bodies. The reason stays with the API. */
export function refusalBody({ challenge, status }: Refused): string {
  const [, error = status === 503 ? 'temporarily_unavailable' : 'access_denied'] =
    /error="([a-z_]+)"/.exec(challenge['WWW-Authenticate'] ?? '') ?? [];
  return JSON.stringify({ error });
}
