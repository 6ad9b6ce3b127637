/** One token, as a process asks for it over HTTP. */
import { AUDIENCE, type BenchClient, clientForm } from './bench-clients.ts';
import type { BenchHouse } from './bench-house.ts';

export async function askToken(
  origin: string,
  { house, clock }: BenchHouse,
  client: BenchClient,
  scope: string,
): Promise<string> {
  const shown = clientForm(client, house.oauth.issuer(), clock.now());
  const answer = await fetch(`${origin}/oidc/token`, {
    method: 'POST',
    body: `grant_type=client_credentials&scope=${scope}&resource=${encodeURIComponent(AUDIENCE)}&${shown}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  const { access_token: token } = (await answer.json()) as { access_token?: string };
  if (token === undefined) throw new Error(`a token was answered ${answer.status}`);
  return token;
}
