import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createVerifier, type VerifierOptions } from '../../verify/src/verifier.ts';
import { AUDIENCE, GRANT, type Issuer, makeKey, startIssuer } from './issuer.ts';

describe('the list of ended grants', () => {
  let issuer: Issuer;
  const faults: Error[] = [];
  beforeEach(async () => {
    faults.length = 0;
    issuer = await startIssuer();
  });
  afterEach(() => issuer.stop());

  const asker = (status: VerifierOptions['status'] = {}) => {
    const verifier = createVerifier({
      issuer: issuer.issuer,
      audience: AUDIENCE,
      now: issuer.clock.now,
      status,
      // Only errors are thrown on the way to a list.
      onFault: (fault) => faults.push(fault as Error),
    });
    return async (claims = {}) => {
      const headers = { authorization: `Bearer ${await issuer.token(claims)}` };
      const verdict = await verifier.verify({ method: 'GET', url: '/', headers });
      return verdict.state === 'granted' ? 'granted' : verdict.reason;
    };
  };
  const fetches = () => issuer.served.asked.filter((url) => url === '/oidc/status').length;

  it('ends a token at most ten seconds after its grant, and no other', async () => {
    const ask = asker();
    assert.equal(await ask(), 'granted');
    issuer.served.ended.push(GRANT);
    assert.equal(await ask(), 'granted', 'Known only when the list is read again.');
    issuer.clock.advance(10_000);
    assert.equal(await ask(), 'grant-ended');
    assert.equal(await ask({ gid: 'another' }), 'granted');
  });

  it('is fetched once for many requests at once, and ahead of its time without a wait', async () => {
    const ask = asker();
    await Promise.all(Array.from({ length: 20 }, () => ask()));
    assert.equal(fetches(), 1);
    issuer.clock.advance(6_000);
    issuer.served.ended.push(GRANT);
    assert.equal(await ask(), 'granted');
    // The fetch ahead is under way; what asks now shares it or finds it done.
    issuer.clock.advance(4_500);
    assert.equal(await ask(), 'grant-ended');
    assert.equal(fetches(), 2);
  });

  it('is believed for a bounded while when it is gone, then nothing is granted', async () => {
    const ask = asker({ pollEvery: 10, staleFor: 20 });
    assert.equal(await ask(), 'granted');
    issuer.served.down.add('/oidc/status');
    issuer.clock.advance(29_000);
    assert.equal(await ask(), 'granted');
    assert.equal(faults.length, 1);
    issuer.clock.advance(1_000);
    assert.equal(await ask(), 'status-unavailable');
    issuer.served.down.clear();
    issuer.clock.advance(1_000);
    assert.equal(await ask(), 'granted');
  });

  it('is never done without: no token is granted before there was a list', async () => {
    issuer.served.down.add('/oidc/status');
    assert.equal(await asker()(), 'status-unavailable');
    assert.equal(await asker({ staleFor: 86_400 })(), 'status-unavailable');
  });

  it('is as old as it says, not as old as its fetch: one kept by a proxy goes stale', async () => {
    issuer.served.list = await issuer.listOf();
    const ask = asker({ pollEvery: 10, staleFor: 20 });
    assert.equal(await ask(), 'granted');
    issuer.clock.advance(31_000);
    assert.equal(await ask(), 'status-unavailable');
  });

  it('does not go back to an earlier one, which would forget an end', async () => {
    const earlier = await issuer.listOf();
    issuer.clock.advance(2_000);
    issuer.served.ended.push(GRANT);
    const ask = asker();
    assert.equal(await ask(), 'grant-ended');
    issuer.served.list = earlier;
    issuer.clock.advance(10_000);
    assert.equal(await ask(), 'grant-ended');
    assert.match(String(faults[0]?.message), /went back/);
  });

  it('does not tell of tokens that are older than what it tells of', async () => {
    issuer.served.since = issuer.seconds() - 100;
    const ask = asker();
    assert.equal(await ask({ iat: issuer.seconds() - 200 }), 'grant-unknown');
    assert.equal(await ask({ iat: issuer.seconds() - 50 }), 'granted');
  });

  it('is believed only if the issuer signed it as a list, lately', async () => {
    const strange = await makeKey('strange');
    const twin = await makeKey('now');
    for (const [says, list] of Object.entries({
      'by a key not of the issuer': await issuer.listOf({}, {}, strange),
      'by a key under the kid of ours': await issuer.listOf({}, {}, twin),
      'an access token': await issuer.token({ ended: [] }),
      'of another type': await issuer.listOf({ typ: 'JWT' }),
      'of another issuer': await issuer.listOf({}, { iss: 'https://evil.example' }),
      'without a time': await issuer.listOf({}, { iat: undefined }),
      'of a time to come': await issuer.listOf({}, { iat: issuer.seconds() + 3600 }),
      expired: await issuer.listOf({}, { exp: issuer.seconds() - 60 }),
      'without a list': await issuer.listOf({}, { ended: undefined }),
      'with numbers': await issuer.listOf({}, { ended: [1] }),
      'with a time that is text': await issuer.listOf({}, { since: 'ever' }),
      empty: '',
    })) {
      issuer.served.list = list;
      assert.equal(await asker()(), 'status-unavailable', says);
    }
    issuer.served.list = await issuer.listOf();
    assert.equal(await asker()(), 'granted');
  });

  it('can be done without where one says so', async () => {
    issuer.served.down.add('/oidc/status');
    assert.equal(await asker(false)({ gid: undefined }), 'granted');
    assert.equal(fetches(), 0);
  });
});
