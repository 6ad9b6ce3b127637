/** Two `sallyport serve` on one PostgreSQL give out tokens as one: what ends at one has ended at the other, and keys turn unseen. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ApiDetail } from '@sallyport/contract/resources.ts';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { makeKey, signJws } from '../support/processes.ts';
import type { ServedProcess } from '../support/served.ts';
import { isPostgres } from '../support/store.ts';
import { ORIGIN, openTwoNodes, type TwoNodes } from './two-nodes.ts';

const AUDIENCE = 'https://pay.example.com/';
const ISSUER = `${ORIGIN}/oidc`;

describe('tokens of two nodes', { skip: !isPostgres() && 'runs with STORE=postgres' }, () => {
  let two: TwoNodes;
  let one: ServedProcess;
  let other: ServedProcess;
  const key = makeKey();
  const by = { door: 'cli' };
  let assertions = 0;

  before(async () => {
    two = await openTwoNodes('gate: { throttles: { source: { free: 100000 } } }');
    [one, other] = two.nodes;
    const { house } = two.own;
    await house.store.write(async (tx) => {
      const detail = ApiDetail.parse({
        audience: AUDIENCE,
        scopes: [
          { name: 'read', says: 'Read.' },
          { name: 'introspect', says: 'Be this API.' },
        ],
      });
      const common = { groups: [], open: 'listed', members: [] } as const;
      const api = { name: 'pay', kind: 'api', detail, ...common } as const;
      const added = await house.resources.add(tx, api, by);
      assert.ok(added.ok);
      const entries = [{ resource: added.value.id, scopes: ['read', 'introspect'] }];
      const about = { owner: undefined, purpose: 'A test.', groups: [], entries };
      const process = await house.processes.add(tx, { name: 'job', ...about }, by);
      assert.ok(process.ok);
      const settings = { jwk: key.jwk };
      const terms = { kind: 'key', name: 'key', settings } as const;
      const proof = await house.processActs.addProof(tx, process.value.id, terms, by);
      assert.ok(proof.ok);
    });
  });
  after(() => two?.close());

  async function post(node: ServedProcess, path: string, form: Record<string, string>) {
    const now = Math.floor(two.own.house.clock.now() / 1000);
    assertions += 1;
    const claims = { iss: 'job', sub: 'job', aud: ISSUER, iat: now, exp: now + 60 };
    const assertion = signJws(key, { alg: 'ES256' }, { ...claims, jti: `${assertions}` });
    const response = await fetch(`${node.address}/oidc${path}`, {
      method: 'POST',
      body: new URLSearchParams({
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: assertion,
        ...form,
      }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  async function tokenAt(node: ServedProcess): Promise<string> {
    const { body } = await post(node, '/token', {
      grant_type: 'client_credentials',
      scope: 'read',
    });
    assert.equal(typeof body.access_token, 'string', JSON.stringify(body));
    return String(body.access_token);
  }
  const isActive = async (node: ServedProcess, token: string) =>
    (await post(node, '/introspect', { token })).body.active;
  const keysOf = async (node: ServedProcess) =>
    (await (await fetch(`${node.address}/oidc/jwks`)).json()) as { keys: { kid: string }[] };

  it('are good at both, and have ended at both at once', async () => {
    for (const [here, there] of [
      [one, other],
      [other, one],
    ] as const) {
      const token = await tokenAt(here);
      assert.equal(await isActive(there, token), true);
      assert.equal((await post(here, '/revoke', { token })).status, 200);
      assert.equal(await isActive(there, token), false);
    }
  });

  it('an assertion that one of them took is used at the other', async () => {
    const now = Math.floor(two.own.house.clock.now() / 1000);
    const claims = { iss: 'job', sub: 'job', aud: ISSUER, iat: now, exp: now + 60, jti: 'once' };
    const form = {
      grant_type: 'client_credentials',
      scope: 'read',
      client_assertion: signJws(key, { alg: 'ES256' }, claims),
    };
    const answers = await Promise.all([one, other, one, other].map((n) => post(n, '/token', form)));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
  });

  it('keys turn under load, and no verification fails meanwhile', async () => {
    const { signing, store } = two.own.house;
    const kept = createLocalJWKSet((await keysOf(other)) as never);
    const check = async (node: ServedProcess) => {
      const token = await tokenAt(node);
      const { payload } = await jwtVerify(token, kept, { issuer: ISSUER, audience: AUDIENCE });
      assert.equal(payload.scope, 'read');
    };
    const load = Promise.all(Array.from({ length: 40 }, (_, i) => check(i % 2 ? one : other)));
    const prepared = await signing.prepare('overlap');
    const rotated = await store.write((tx) => signing.rotate(tx, prepared, by));
    assert.equal(rotated.state, 'rotated');
    await load;
    // What is published next signs nothing yet: whoever keeps the old set misses nothing.
    await Promise.all([check(one), check(other)]);
    const next = rotated.keys.find(({ alg, state }) => alg === 'ES256' && state === 'next');
    const token = await tokenAt(one);
    const head = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());
    assert.ok(next !== undefined && head.kid !== next.kid);
  });

  it('a node that dies at its work loses no grant that it acknowledged', async () => {
    const doomed = await two.start();
    const held: string[] = [];
    const load = Promise.allSettled(
      Array.from({ length: 60 }, async () => held.push(await tokenAt(doomed))),
    );
    while (held.length < 5) await new Promise((resolve) => setImmediate(resolve));
    await doomed.kill('SIGKILL');
    await load;
    assert.ok(held.length >= 5);
    for (const token of held) assert.equal(await isActive(one, token), true);
  });
});
