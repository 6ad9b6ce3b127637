/** The recipes for Kubernetes: its API server's checks of our ID tokens, and its service accounts as workloads of ours. No cluster runs. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as oidc from 'openid-client';
import type { SafeFetch } from '../../server/http/safe-fetch.ts';
import { failed, ok } from '../../server/kernel/result.ts';
import { skewOf } from '../support/clock.ts';
import { authorize, type OidcHouse, openOidcHouse } from '../support/oidc-house.ts';
import type { TestPerson } from '../support/people.ts';
import { addProcess, addProof, makeKey, signJws } from '../support/processes.ts';
import { addAsMade, block, commandsOf, joinGroups, madeBy, openDesk } from './guide.ts';

const run = promisify(execFile);
const PEOPLE = 'Kubernetes: people with kubectl';
const WORKLOADS = 'Kubernetes: a service account that comes here';

/** `--name=value`, each as often as it stands there. */
function flagsIn(text: string): Map<string, string[]> {
  const flags = new Map<string, string[]>();
  for (const [, name = '', value = ''] of text.matchAll(/--([a-z-]+)=(\S+)/g)) {
    flags.set(name, [...(flags.get(name) ?? []), value]);
  }
  return flags;
}

describe('the recipe for people with kubectl', () => {
  let house: OidcHouse;
  let ada: TestPerson;
  let id: string;
  let server: Map<string, string[]>;
  let plugin: Map<string, string[]>;
  before(async () => {
    house = await openOidcHouse();
    ada = await house.person('ada');
    await joinGroups(house, ada.id, ['staff', 'sre']);
    const [made] = await madeBy(PEOPLE);
    id = (await addAsMade(house, made)).id;
    const here = (text: string) =>
      text.replaceAll('https://id.example.com', house.origin).replaceAll('CLIENT-ID', id);
    server = flagsIn(here(block(PEOPLE, 'sh')));
    plugin = flagsIn(here(block(PEOPLE, 'yaml')));
  });
  after(() => house.close());

  const one = (flags: Map<string, string[]>, name: string): string =>
    flags.get(name)?.[0] ?? assert.fail(`the recipe has no --${name}`);

  /** As kubelogin does it with the flags of the recipe. */
  async function idToken(): Promise<string> {
    assert.equal(one(plugin, 'oidc-pkce-method'), 'S256');
    const config = await oidc.discovery(
      new URL(one(plugin, 'oidc-issuer-url')),
      one(plugin, 'oidc-client-id'),
      { [oidc.clockSkew]: skewOf(house) },
      oidc.None(),
      { execute: [oidc.allowInsecureRequests] },
    );
    const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
    const [expectedState, expectedNonce] = [oidc.randomState(), oidc.randomNonce()];
    const url = oidc.buildAuthorizationUrl(config, {
      redirect_uri: one(plugin, 'oidc-redirect-url'),
      scope: ['openid', ...(plugin.get('oidc-extra-scope') ?? [])].join(' '),
      state: expectedState,
      nonce: expectedNonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
    });
    const left = await authorize(house, house.browser(), url, ada);
    assert.equal(left.origin + left.pathname, one(plugin, 'oidc-redirect-url'));
    const checks = { pkceCodeVerifier, expectedState, expectedNonce };
    const tokens = await oidc.authorizationCodeGrant(config, left, checks);
    return tokens.id_token ?? assert.fail('no ID token');
  }

  it('has flags that our discovery, keys and ID tokens bear out, as an API server checks them', async () => {
    const issuer = one(server, 'oidc-issuer-url');
    const found = await house.send({ path: '/oidc/.well-known/openid-configuration' });
    assert.equal(found.json.issuer, issuer);
    const algorithms = server.get('oidc-signing-algs') ?? [];
    for (const alg of algorithms) {
      assert.ok(found.json.id_token_signing_alg_values_supported.includes(alg), alg);
    }
    const names = ['oidc-username-claim', 'oidc-groups-claim'].map((flag) => one(server, flag));
    for (const name of names) assert.ok(found.json.claims_supported.includes(name), name);

    const token = await idToken();
    const keys = createRemoteJWKSet(new URL(found.json.jwks_uri));
    const options = {
      issuer,
      audience: one(server, 'oidc-client-id'),
      algorithms,
      currentDate: new Date(house.clock.now()),
    };
    const { payload } = await jwtVerify(token, keys, options);
    const [username = '', groups = ''] = names;
    assert.equal(payload[username], 'ada');
    assert.deepEqual(payload[groups], ['staff', 'sre']);
    assert.equal((payload.exp ?? 0) - (payload.iat ?? 0), 600, 'ten minutes, as the recipe says');
    await assert.rejects(
      jwtVerify(token, keys, { ...options, audience: 'another cluster' }),
      /unexpected "aud"/,
    );
    // Why it has --oidc-signing-algs: an API server believes RS256 alone unless it is told.
    await assert.rejects(jwtVerify(token, keys, { ...options, algorithms: ['RS256'] }), /alg/);
  });
});

const noCurl = !['/usr/bin/curl', '/bin/curl'].some((place) => existsSync(place));
const SUBJECT = 'system:serviceaccount:shop:worker';

describe('the recipe for a service account of a cluster', {
  skip: noCurl && 'no curl on this machine',
}, () => {
  const cluster = makeKey('RS256', 'cluster');
  const stranger = makeKey('RS256', 'cluster');
  const asked: string[] = [];
  let house: OidcHouse;
  let folder: string;
  let issuer: string;

  before(async () => {
    const fetch: SafeFetch = async (url) => {
      asked.push(url);
      if (url === `${issuer}/.well-known/openid-configuration`) {
        return ok(JSON.stringify({ issuer, jwks_uri: `${issuer}/openid/v1/jwks` }));
      }
      return url === `${issuer}/openid/v1/jwks`
        ? ok(JSON.stringify({ keys: [cluster.jwk] }))
        : failed({ why: 'there is nothing', retryAt: 0 });
    };
    house = await openOidcHouse({ parts: { fetch } });
    await house.house.signing.ready();
    folder = await mkdtemp(join(tmpdir(), 'sallyport-pod-'));
    const desk = await openDesk();
    const made = [];
    for (const line of commandsOf(WORKLOADS)) made.push(await desk.run(line));
    const worker = await desk.run('./sallyport process show shop-worker');
    desk.close();
    const api = await addAsMade(house, made[0]);
    const entries = [{ resource: api.id, scopes: worker.entries[0].scopes }];
    const process = await addProcess(house, worker.name, entries);
    const { shown } = worker.proofs[0];
    issuer = shown.issuer;
    assert.equal(shown.claims.sub.is, SUBJECT);
    await addProof(house, process, 'workload', { issuer, claims: shown.claims });
  });
  after(async () => {
    await house?.close();
    await rm(folder, { recursive: true });
  });

  const here = (text: string) => text.replaceAll('https://id.example.com', house.origin);

  /** What a kubelet puts into the pod, for the audience and the time that stand in its spec. */
  function projected(change: Record<string, unknown> = {}, key = cluster): string {
    const spec = here(block(WORKLOADS, 'yaml'));
    const now = Math.floor(house.clock.now() / 1000);
    const life = Number(/expirationSeconds: (\d+)/.exec(spec)?.[1]);
    const claims = {
      iss: issuer,
      sub: SUBJECT,
      aud: [/audience: (\S+)/.exec(spec)?.[1]],
      iat: now,
      nbf: now,
      exp: now + life,
      jti: randomUUID(),
      'kubernetes.io': { namespace: 'shop', serviceaccount: { name: 'worker' } },
      ...change,
    };
    return signJws(key, { alg: 'RS256', kid: 'cluster' }, claims);
  }

  /** The call of the recipe, by a shell and curl; gives what it writes. */
  async function call(token: string): Promise<string> {
    const file = join(folder, 'token');
    await writeFile(file, token);
    const line = here(block(WORKLOADS, 'sh'))
      .replace('/var/run/secrets/sallyport/token', file)
      .replace('curl -fsS', 'curl -sS');
    return (await run('/bin/sh', ['-c', line])).stdout;
  }

  it('changes a token of the cluster for one of an API, and no secret exists at all', async () => {
    const given = JSON.parse(await call(projected()));
    assert.equal(given.scope, 'read', JSON.stringify(given));
    const keys = createRemoteJWKSet(new URL(`${house.issuer}/jwks`));
    const { payload, protectedHeader } = await jwtVerify(given.access_token, keys, {
      issuer: house.issuer,
      audience: 'https://orders.example.com/',
      currentDate: new Date(house.clock.now()),
    });
    assert.equal(protectedHeader.typ, 'at+jwt');
    assert.equal(payload.scope, 'read');
    assert.deepEqual(asked, [
      `${issuer}/.well-known/openid-configuration`,
      `${issuer}/openid/v1/jwks`,
    ]);
  });

  it('is refused to another account, for another audience, of another key, and when it is over', async () => {
    const now = Math.floor(house.clock.now() / 1000);
    for (const token of [
      projected({ sub: 'system:serviceaccount:shop:worker2' }),
      projected({ sub: 'system:serviceaccount:other:worker' }),
      projected({ aud: ['https://kubernetes.default.svc'] }),
      projected({ iss: 'https://oidc.other.example.com' }),
      projected({}, stranger),
      projected({ iat: now - 1200, nbf: now - 1200, exp: now - 600 }),
    ]) {
      assert.deepEqual(JSON.parse(await call(token)), { error: 'invalid_client' });
    }
    assert.match(await call(projected()), /access_token/);
  });
});
