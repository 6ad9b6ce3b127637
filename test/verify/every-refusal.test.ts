/**
 * A way to every reason for a refusal. Each has three legs: refused, for this reason; told to the outside as the standards have it;
 * and the same without the fault is granted.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { REFUSALS, type Reason, refusalOf } from '../../verify/src/refusals.ts';
import { holderCases } from './refusals/holder-cases.ts';
import { needCases } from './refusals/need-cases.ts';
import { attempt, type Case, type Scene, setScene } from './refusals/scene.ts';
import { tokenCases } from './refusals/token-cases.ts';

/** The compiler refuses a table that lacks a reason. */
const casesOf = (scene: Scene): Record<Reason, readonly Case[]> => ({
  ...tokenCases(scene),
  ...holderCases(scene),
  ...needCases(scene),
});

describe('every refusal of @sallyport/verify', () => {
  let scene: Scene;
  before(async () => {
    scene = await setScene();
  });
  after(() => scene.issuer.stop());

  // The keys of the table of reasons are the reasons.
  for (const reason of Object.keys(REFUSALS) as Reason[]) {
    it(`refuses: ${reason}`, async (t) => {
      const cases = casesOf(scene)[reason];
      assert.ok(cases.length > 0);
      for (const { says, wrong, right = {} } of cases) {
        await t.test(says, async () => {
          const refused = await attempt(scene, wrong);
          assert.ok(refused.state === 'refused', 'It was granted.');
          assert.equal(refused.reason, reason);

          const { status, error } = refusalOf(reason);
          const told = refused.challenge['WWW-Authenticate'];
          assert.equal(refused.status, status);
          assert.equal(told === undefined, status === 429 || status === 503);
          assert.equal(/error="(\w+)"/.exec(told ?? '')?.[1], error);

          const granted = await attempt(scene, right);
          assert.equal(granted.state === 'refused' ? granted.reason : 'granted', 'granted');
        });
      }
    });
  }
});
