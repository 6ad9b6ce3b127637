/** The recipe for AWS: its policies against real ID tokens, by as much of IAM's conditions as they use. No AWS is called. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import * as oidc from 'openid-client';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import { skewOf } from '../support/clock.ts';
import {
  authorize,
  begin,
  type OidcHouse,
  openOidcHouse,
  tokensFor,
} from '../support/oidc-house.ts';
import type { TestPerson } from '../support/people.ts';
import { addAsMade, block, joinGroups, madeBy } from './guide.ts';

const TITLE = 'AWS: an IAM OIDC provider, and keys only with a fresh proof';
const REDIRECT = { redirect_uri: 'http://127.0.0.1:8000/', scope: 'openid' };

type Conditions = Record<string, Record<string, string | string[]>>;

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
function met(conditions: Conditions, said: Record<string, unknown>): boolean {
  return Object.entries(conditions).every(([operator, keys]) =>
    Object.entries(keys).every(([key, wanted]) => {
      const listed = [wanted].flat();
      const has = [said[key] ?? []].flat().some((value) => listed.includes(String(value)));
      if (operator === 'StringNotEquals') return !has;
      assert.ok(['StringEquals', 'ForAnyValue:StringEquals'].includes(operator), operator);
      return has;
    }),
  );
}

describe('the recipe for AWS', () => {
  let house: OidcHouse;
  let ada: TestPerson;
  const ids: string[] = [];
  before(async () => {
    const page = block(TITLE, 'cedar');
    house = await openOidcHouse({
      parts: { shippedPolicies: { ...shippedPolicies(), 'page.cedar': page } },
    });
    ada = await house.person('ada');
    await joinGroups(house, ada.id, ['engineers']);
    for (const made of await madeBy(TITLE)) ids.push((await addAsMade(house, made)).id);
  });
  after(() => house.close());

  const policy = (nth: number) =>
    JSON.parse(
      block(TITLE, 'json', nth)
        .replaceAll('AWS-FRESH-CLIENT-ID', ids[1] ?? '')
        .replaceAll('AWS-CLIENT-ID', ids[0] ?? '')
        .replaceAll('PERSON-ID', ada.id),
    ).Statement;
  const provider = 'id.example.com/oidc';
  const saidBy = (claims: Record<string, unknown>) =>
    Object.fromEntries(['aud', 'sub', 'amr'].map((name) => [`${provider}:${name}`, claims[name]]));
  const config = (id = '') =>
    oidc.discovery(new URL(house.issuer), id, { [oidc.clockSkew]: skewOf(house) }, oidc.None(), {
      execute: [oidc.allowInsecureRequests],
    });

  it('names our issuer and claims that our ID tokens carry, and imports keys for the fresh audience alone', async () => {
    const [trust] = policy(0);
    assert.equal(trust.Principal.Federated.split(':oidc-provider/')[1], provider);
    const statements = policy(1);
    const deny = statements.find(({ Effect }: { Effect: string }) => Effect === 'Deny');
    assert.equal(deny.Action, 'ec2:ImportKeyPair');
    for (const [at, id] of ids.entries()) {
      const tokens = await tokensFor(house, await config(id), ada, { parameters: REDIRECT });
      const token = tokens.id_token ?? '';
      assert.equal(decodeProtectedHeader(token).alg, 'ES256');
      const claims = decodeJwt(token);
      assert.equal(claims.iss, house.issuer);
      for (const statement of [trust, deny]) {
        for (const key of Object.values(statement.Condition as Conditions).flatMap(Object.keys)) {
          assert.ok(key.startsWith(`${provider}:`), key);
          assert.ok(claims[key.slice(provider.length + 1)] !== undefined, key);
        }
      }
      assert.ok(met(trust.Condition, saidBy(claims)));
      assert.ok(!met(trust.Condition, saidBy({ ...claims, sub: 'another' })));
      assert.ok(!met(trust.Condition, saidBy({ ...claims, aud: 'another' })));
      assert.ok(!met(trust.Condition, saidBy({ ...claims, amr: ['pwd'] })));
      assert.equal(met(deny.Condition, saidBy(claims)), at === 0);
      assert.ok(met(deny.Condition, {}));
    }
  });

  it('asks for another proof before the fresh application once two minutes are over', async () => {
    const browser = house.browser();
    await tokensFor(house, await config(ids[1]), ada, { browser, parameters: REDIRECT });
    const soon = await begin(await config(ids[1]), REDIRECT);
    const entered = await authorize(house, browser, soon.url, ada);
    assert.ok(entered.searchParams.get('code'), entered.href);
    house.clock.advance(150_000);
    const plain = await begin(await config(ids[0]), REDIRECT);
    const left = await authorize(house, browser, plain.url, ada);
    assert.ok(left.searchParams.get('code'), left.href);
    const fresh = await begin(await config(ids[1]), { ...REDIRECT, prompt: 'none' });
    const asked = await authorize(house, browser, fresh.url, ada);
    assert.equal(asked.searchParams.get('error'), 'login_required');
  });
});
