import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { amr, assess } from '../../server/policy/assurance.ts';
import {
  ago,
  arbShown,
  FRESH_FOR,
  now,
  pass,
  passkey,
  password,
  recovery,
  securityKey,
  totp,
} from './policy-support.ts';

describe('assurance', () => {
  it('counts kinds, not proofs: two of what one has are one kind', () => {
    assert.equal(assess(now(totp, recovery), FRESH_FOR).kindCount, 1);
    assert.equal(assess(now(password, totp), FRESH_FOR).kindCount, 2);
    assert.deepEqual(assess(now(passkey), FRESH_FOR).kinds, ['have', 'are']);
  });

  it('takes nothing from a pass but that it was shown', () => {
    const { enrolmentOnly, ...rest } = assess(now(pass), FRESH_FOR);
    const { enrolmentOnly: none, ...nothing } = assess([], FRESH_FOR);
    assert.equal(enrolmentOnly, true);
    assert.equal(none, false);
    assert.deepEqual(rest, nothing);
    assert.deepEqual(amr(now(pass)), []);
  });

  it('is fresh up to the configured second, by the newest proof', () => {
    assert.equal(assess(ago(300, password), FRESH_FOR).fresh, true);
    assert.equal(assess(ago(301, password), FRESH_FOR).fresh, false);
    const mixed = assess([...ago(1000, passkey), ...now(password)], FRESH_FOR);
    assert.equal(mixed.fresh, true);
    assert.equal(mixed.phishingResistantFresh, false);
    assert.equal(mixed.phishingResistantAge, 1000);
  });

  it('takes a proof from the future, or of an age that is none, for a stale one', () => {
    assert.equal(assess(ago(-5, passkey), FRESH_FOR).fresh, false);
    assert.equal(assess(ago(Number.NaN, passkey), FRESH_FOR).phishingResistantFresh, false);
  });

  it('says "phrh" only when one proof is both phishing-resistant and hardware-bound', () => {
    const hardwareCode = { ...totp, hardwareBound: true };
    assert.equal(assess([], FRESH_FOR).acr, '0');
    assert.equal(assess(now(password), FRESH_FOR).acr, 'urn:sallyport:acr:one-kind');
    assert.equal(assess(now(password, totp), FRESH_FOR).acr, 'urn:sallyport:acr:two-kinds');
    assert.equal(assess(now(passkey, hardwareCode), FRESH_FOR).acr, 'phr');
    assert.equal(assess(now(securityKey), FRESH_FOR).acr, 'phrh');
  });

  it('reports methods as RFC 8176 names them', () => {
    assert.deepEqual(amr(now(password)), ['pwd']);
    assert.deepEqual(amr(now(password, totp)), ['mfa', 'otp', 'pwd']);
    assert.deepEqual(amr(now(passkey)), ['mfa', 'swk', 'user']);
    assert.deepEqual(amr(now(securityKey)), ['hwk', 'mfa', 'user']);
  });

  it('loses no quality when one more proof is shown', () => {
    fc.assert(
      fc.property(arbShown, arbShown, (some, more) => {
        const before = assess(some, FRESH_FOR);
        const after = assess([...some, ...more], FRESH_FOR);
        for (const flag of [
          'phishingResistant',
          'replayResistant',
          'hardwareBound',
          'enrolmentOnly',
          'fresh',
          'phishingResistantFresh',
        ] as const) {
          assert.ok(after[flag] || !before[flag], flag);
        }
        assert.ok(after.count >= before.count && after.kindCount >= before.kindCount);
        assert.ok((after.age ?? Infinity) <= (before.age ?? Infinity));
      }),
    );
  });
});
