/** What applications want of a sign-in (OpenID Connect Core §3.1.2.1, RFC 9470), and what the proofs shown are worth to them. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assured, wouldDo } from '../../server/gate/demand.ts';
import type { ShownAt } from '../../server/gate/shown.ts';
import type { ProofClass, ProofId } from '../../server/proofs/proof.ts';

const NOW = 1_800_000_000_000;
const MINUTE = 60_000;

const password: ProofClass = {
  kind: 'password',
  factors: ['know'],
  phishingResistant: false,
  replayResistant: false,
  hardwareBound: false,
  enrolmentOnly: false,
  effort: 2,
};
const passkey: ProofClass = {
  kind: 'webauthn',
  factors: ['have', 'are'],
  phishingResistant: true,
  replayResistant: true,
  hardwareBound: false,
  enrolmentOnly: false,
  effort: 1,
};
const shown = (worth: ProofClass, minutesAgo: number): ShownAt => ({
  proof: `proof-of-${worth.kind}` as ProofId, // Not read here.
  class: worth,
  at: NOW - minutesAgo * MINUTE,
});

describe('what an application wants of a sign-in', () => {
  test('is met by a level that is as high, told in the words it was asked for', () => {
    const all = [shown(passkey, 9)];
    assert.equal(assured(all, NOW, {})?.acr, 'phr');
    assert.equal(assured(all, NOW, { acr: ['phr'] })?.acr, 'phr');
    const lower = 'urn:sallyport:acr:two-kinds';
    assert.equal(assured(all, NOW, { acr: [lower] })?.acr, lower);
    assert.equal(assured(all, NOW, { acr: ['phrh'] }), undefined);
    assert.equal(assured(all, NOW, { acr: ['of-somebody-else'] }), undefined);
  });

  test('to be new is met by any proof since then, and tells when it was', () => {
    const all = [shown(passkey, 9), shown(password, 1)];
    const since = NOW - 2 * MINUTE;
    assert.equal(assured(all, NOW, { since })?.authTime, (NOW - MINUTE) / 1000);
    assert.equal(assured([shown(passkey, 9)], NOW, { since }), undefined);
  });

  test('to be new and not to be phished is not met by a new password beside an old passkey', () => {
    const demand = { since: NOW - 2 * MINUTE, acr: ['phr'] };
    const phished = [shown(passkey, 9), shown(password, 1)];
    assert.equal(assured(phished, NOW, demand), undefined);
    assert.equal(assured([...phished, shown(passkey, 0)], NOW, demand)?.acr, 'phr');
    assert.equal(assured([shown(password, 9), shown(passkey, 1)], NOW, demand)?.acr, 'phr');
  });

  test('then only what meets it is asked for', () => {
    const before = [shown(passkey, 9), shown(password, 9)];
    const could = [passkey, password];
    const since = NOW - 2 * MINUTE;
    assert.deepEqual(wouldDo(before, could, NOW, { since }), could);
    assert.deepEqual(wouldDo(before, could, NOW, { since, acr: ['phr'] }), [passkey]);
  });
});
