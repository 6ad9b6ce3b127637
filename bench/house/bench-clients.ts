/** A process with a key of its own, an API that it may enter, and the forms with which it asks for tokens. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { ApiDetail } from '@sallyport/contract/resources.ts';
import { rawFromDer } from '../../server/kernel/ecdsa-signature.ts';
import type { ResourceId } from '../../server/kernel/id.ts';
import type { BenchHouse } from './bench-house.ts';

export const AUDIENCE = 'https://api.example.com/';

export interface BenchClient {
  readonly id: string;
  readonly key: KeyObject;
  readonly publicJwk: Readonly<Record<string, unknown>>;
}

export function makeClient(id: string): BenchClient {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    id,
    key: privateKey,
    publicJwk: { ...publicKey.export({ format: 'jwk' }), alg: 'ES256' },
  };
}

export const SCOPES: readonly string[] = ['read', 'introspect'];

/** An API with two scopes, and a process for each client that has its key and may enter there with both. Gives the API. */
export async function addClients(
  { house }: BenchHouse,
  clients: readonly BenchClient[],
  format: ApiDetail['tokenFormat'] = 'jwt',
): Promise<ResourceId> {
  const by = { door: 'cli' };
  return house.store.write(async (tx) => {
    const api = await house.resources.add(
      tx,
      {
        name: 'api',
        groups: [],
        open: 'listed',
        members: [],
        kind: 'api',
        detail: ApiDetail.parse({
          audience: AUDIENCE,
          tokenFormat: format,
          scopes: [
            { name: 'read', says: 'Read.' },
            { name: 'introspect', says: 'Be this API.' },
          ],
        }),
      },
      by,
    );
    if (!api.ok) throw new Error(`no API: ${api.error.code}`);
    for (const { id, publicJwk } of clients) {
      const process = await house.processes.add(
        tx,
        {
          name: id,
          owner: undefined,
          purpose: 'Measuring.',
          groups: [],
          entries: [{ resource: api.value.id, scopes: SCOPES }],
        },
        by,
      );
      if (!process.ok) throw new Error(`no process: ${process.error.code}`);
      const settings = { jwk: publicJwk };
      const terms = { kind: 'key', name: 'key', settings } as const;
      const added = await house.processActs.addProof(tx, process.value.id, terms, by);
      if (!added.ok) throw new Error(`no key: ${added.error.code}`);
    }
    return api.value.id;
  });
}

const HEAD = encode({ alg: 'ES256', typ: 'JWT' });
let made = 0;

/** One to be used once: private_key_jwt (RFC 7523). */
export function assertionOf({ id, key }: BenchClient, audience: string, now: number): string {
  const iat = Math.floor(now / 1000);
  made += 1;
  const jti = `${made}-${iat}`;
  const body = encode({ iss: id, sub: id, aud: audience, iat, exp: iat + 240, jti });
  const signed = `${HEAD}.${body}`;
  const raw = rawFromDer(sign('sha256', Buffer.from(signed), key));
  return `${signed}.${raw?.toString('base64url')}`;
}

export function clientForm(client: BenchClient, audience: string, now: number): string {
  return `client_id=${client.id}&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=${assertionOf(client, audience, now)}`;
}

export function tokenForm(client: BenchClient, audience: string, now: number): string {
  return `grant_type=client_credentials&scope=read&resource=${encodeURIComponent(AUDIENCE)}&${clientForm(client, audience, now)}`;
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
