/** As much of an ACME client as it takes to do what no good client does. */
import { createHash, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import http from 'node:http';
import type { AcmeHouse } from './acme.ts';
import type { Answer } from './served-house.ts';

export interface AcmeKey {
  readonly key: KeyObject;
  readonly jwk: Readonly<Record<string, string>>;
  readonly thumbprint: string;
}

const b64 = (value: string | Uint8Array) => Buffer.from(value).toString('base64url');

export function acmeKey(): AcmeKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { crv = '', kty = '', x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const jwk = { crv, kty, x, y };
  const thumbprint = createHash('sha256').update(JSON.stringify(jwk)).digest('base64url');
  return { key: privateKey, jwk, thumbprint };
}

export interface Sent {
  readonly path: string;
  readonly body: string;
}

export type AcmeClient = ReturnType<typeof acmeClient>;

export function acmeClient(house: AcmeHouse, own: AcmeKey = acmeKey()) {
  let account: string | undefined;
  const url = (path: string) => (path.startsWith('http') ? path : `${house.origin}/acme/${path}`);

  const nonce = async () => {
    const answer = await house.send({ method: 'HEAD', path: '/acme/new-nonce' });
    return answer.headers.get('replay-nonce') ?? '';
  };

  function jws(head: object, payload: unknown, by: AcmeKey): string {
    const before = b64(JSON.stringify({ alg: 'ES256', ...head }));
    const body = payload === undefined ? '' : b64(JSON.stringify(payload));
    const data = Buffer.from(`${before}.${body}`);
    const signature = sign('sha256', data, { key: by.key, dsaEncoding: 'ieee-p1363' });
    return JSON.stringify({ protected: before, payload: body, signature: b64(signature) });
  }

  async function write(path: string, payload?: unknown, head: object = {}): Promise<Sent> {
    const who = account === undefined ? { jwk: own.jwk } : { kid: account };
    const frame = { nonce: await nonce(), url: url(path), ...who, ...head };
    return { path: new URL(url(path)).pathname, body: jws(frame, payload, own) };
  }

  const send = ({ path, body }: Sent): Promise<Answer> =>
    house.send({
      method: 'POST',
      path,
      headers: { 'content-type': 'application/jose+json' },
      body,
    });

  const post = async (path: string, payload?: unknown, head?: object) =>
    send(await write(path, payload, head));

  function binding({ kid, hmacKey }: { kid: string; hmacKey: string }, more: object = {}) {
    const head = b64(JSON.stringify({ alg: 'HS256', kid, url: url('new-account'), ...more }));
    const payload = b64(JSON.stringify(own.jwk));
    const mac = createHmac('sha256', Buffer.from(hmacKey, 'base64url'));
    return {
      protected: head,
      payload,
      signature: mac.update(`${head}.${payload}`).digest('base64url'),
    };
  }

  return {
    own,
    url,
    write,
    send,
    post,
    jws,
    nonce,
    binding,
    account: () => account,
    become: (other: string) => {
      account = other;
    },

    async register(eab: { kid: string; hmacKey: string }): Promise<Answer> {
      const answer = await post('new-account', { externalAccountBinding: binding(eab) });
      if (answer.status < 300) account = answer.headers.get('location') ?? undefined;
      return answer;
    },

    order: (...names: string[]) =>
      post('new-order', { identifiers: names.map((value) => ({ type: 'dns', value })) }),

    /** Goes through all that is to be proven of an order. */
    async prove(order: Answer): Promise<Answer[]> {
      const tried: Answer[] = [];
      for (const at of order.json.authorizations) {
        const found = await post(at);
        tried.push(await post(found.json.challenges[0].url, {}));
      }
      return tried;
    },

    finalize: (order: Answer, csr: Uint8Array) => post(order.json.finalize, { csr: b64(csr) }),
  };
}

/** Answers http-01 for whoever's thumbprint this is, or with what is wanted. */
export async function answering(
  { challengePort }: AcmeHouse,
  answer: (token: string, host: string) => string | undefined,
): Promise<{ readonly asked: string[]; close(): Promise<void> }> {
  const asked: string[] = [];
  const server = http.createServer((request, response) => {
    const host = request.headers.host ?? '';
    asked.push(`${host}${request.url}`);
    const text = answer(request.url?.split('/').at(-1) ?? '', host);
    if (text === undefined) response.writeHead(404).end();
    else if (text.startsWith('http')) response.writeHead(302, { location: text }).end();
    else response.end(text);
  });
  await new Promise<void>((resolve) => server.listen(challengePort, '127.0.0.1', resolve));
  return {
    asked,
    close: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}
