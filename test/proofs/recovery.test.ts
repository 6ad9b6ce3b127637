import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { PersonId } from '../../server/kernel/id.ts';
import { codesLeft, createRecovery } from '../../server/proofs/recovery/recovery.ts';
import { recoveryConfig } from '../../server/proofs/recovery/recovery-config.ts';
import { openProofHouse, type ProofHouse } from './proof-house.ts';

let house: ProofHouse;
before(async () => {
  house = await openProofHouse('recovery');
});
after(() => house.close());

const make = () => createRecovery(house.deps, recoveryConfig.parse({}));

async function owner(subject?: PersonId) {
  const who = subject ?? (await house.person());
  const enrolled = await house.enrol(make(), who, () => ({}));
  assert.ok(enrolled.ok && enrolled.value.shownOnce);
  return { subject: who, codes: enrolled.value.shownOnce };
}

test('ten different codes of fifty bits are shown once, and kept as hashes', async () => {
  const { subject, codes } = await owner();
  assert.equal(new Set(codes).size, 10);
  for (const code of codes) assert.match(code, /^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$/);
  const row = Buffer.from(JSON.stringify(await house.held(subject)));
  for (const code of codes) assert.ok(!row.includes(code.replace('-', '')));
});

test('each code is good once, in any order; the last but none is noted; the counter tells how many are left', async () => {
  const { subject, codes } = await owner();
  for (const [used, code] of codes.toReversed().entries()) {
    const verdict = await house.verify(make(), subject, { code: code.toLowerCase() });
    assert.ok(verdict.sound, code);
    assert.deepEqual(verdict.notes, used === 9 ? ['last-recovery-code'] : []);
    assert.equal(await house.spend(verdict), true);
    const [held] = await house.held(subject);
    assert.ok(held);
    assert.equal(codesLeft(held), 9 - used);
    const again = await house.verify(make(), subject, { code });
    assert.equal(!again.sound && again.reason, 'used');
  }
});

test('of a hundred uses of one code at once, one is first', async () => {
  const { subject, codes } = await owner();
  const module = make();
  const verdicts = await Promise.all(
    Array.from({ length: 100 }, () => house.verify(module, subject, { code: codes[3] })),
  );
  const spent = await Promise.all(verdicts.map((verdict) => house.spend(verdict)));
  assert.equal(spent.filter(Boolean).length, 1);
});

test('two different codes used at once are both good', async () => {
  const { subject, codes } = await owner();
  const module = make();
  const verdicts = await Promise.all(
    codes.slice(0, 2).map((code) => house.verify(module, subject, { code })),
  );
  const spent = await Promise.all(verdicts.map((verdict) => house.spend(verdict)));
  assert.deepEqual(spent, [true, true]);
  const [held] = await house.held(subject);
  assert.ok(held);
  assert.equal(codesLeft(held), 8);
});

test('a new set voids the old one, also a code of it that was checked but not yet spent', async () => {
  const { subject, codes } = await owner();
  const early = await house.verify(make(), subject, { code: codes[0] });
  const renewed = await owner(subject);
  assert.equal(await house.spend(early), false);
  const old = await house.verify(make(), subject, { code: codes[1] });
  assert.equal(!old.sound && old.reason, 'wrong');
  assert.equal((await house.verify(make(), subject, { code: renewed.codes[1] })).sound, true);
  assert.equal((await house.held(subject)).length, 1);
});

test('the codes of one person are nothing to another', async () => {
  const [a, b] = [await owner(), await owner()];
  const verdict = await house.verify(make(), a.subject, { code: b.codes[0] });
  assert.equal(!verdict.sound && verdict.reason, 'wrong');
});

test('thirty codes fit into the counter', async () => {
  const module = createRecovery(house.deps, recoveryConfig.parse({ codes: 30 }));
  const subject = await house.person();
  const enrolled = await house.enrol(module, subject, () => undefined);
  assert.ok(enrolled.ok);
  for (const code of enrolled.value.shownOnce ?? []) {
    assert.equal(await house.spend(await house.verify(module, subject, { code })), true);
  }
  const [held] = await house.held(subject);
  assert.ok(held);
  assert.equal(codesLeft(held), 0);
  assert.equal(held.counter, 2 ** 30 - 1);
});
