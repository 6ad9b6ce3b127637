import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import type { PersonId } from '../../server/kernel/id.ts';
import { parseNetworks } from '../../server/kernel/networks.ts';
import { createPassIssuing, type PassTerms } from '../../server/proofs/pass/issue-pass.ts';
import { createPass } from '../../server/proofs/pass/pass.ts';
import { passConfig } from '../../server/proofs/pass/pass-config.ts';
import { openProofHouse, type ProofHouse } from './proof-house.ts';

let house: ProofHouse;
before(async () => {
  house = await openProofHouse('pass');
});
after(() => house.close());

const issuing = () => createPassIssuing(house.deps, passConfig.parse({}));
const make = () => createPass(house.deps);

async function holder(terms: PassTerms = {}, subject?: PersonId) {
  const who = subject ?? (await house.person());
  const box = await house.store.read((q) => house.vault.subject(q, who));
  assert.ok(box);
  const issued = issuing().issue(who, box, terms);
  assert.ok(issued.ok, JSON.stringify(issued));
  await house.store.write((tx) => issued.value.commit(tx));
  return { subject: who, code: issued.value.shownOnce };
}

const reasonOf = async (subject: PersonId, code: string, source?: string) => {
  const verdict = await house.verify(
    make(),
    subject,
    { code },
    source === undefined ? {} : { source },
  );
  return verdict.sound ? 'sound' : verdict.reason;
};

test('a pass of eighty bits lets its holder enrol proofs, and nothing else', async () => {
  const { subject, code } = await holder();
  assert.match(code, /^(?:[0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$/);
  const verdict = await house.verify(make(), subject, { code });
  assert.ok(verdict.sound);
  assert.equal(verdict.class.enrolmentOnly, true);
  assert.equal(verdict.class.replayResistant, true);
});

test('a pass is good as often as was said, once unless it was', async () => {
  for (const uses of [1, 3]) {
    const { subject, code } = await holder({ uses });
    for (let i = 0; i < uses; i++) {
      assert.equal(await house.spend(await house.verify(make(), subject, { code })), true);
    }
    assert.equal(await reasonOf(subject, code), 'used');
  }
});

test('of a hundred uses at once, as many are first as the pass has', async () => {
  for (const uses of [1, 3]) {
    const { subject, code } = await holder({ uses });
    const module = make();
    const verdicts = await Promise.all(
      Array.from({ length: 100 }, () => house.verify(module, subject, { code })),
    );
    const spent = await Promise.all(verdicts.map((verdict) => house.spend(verdict)));
    assert.equal(spent.filter(Boolean).length, uses);
  }
});

test('a pass ends when its time is over', async () => {
  const { subject, code } = await holder({ lifetimeMinutes: 60 });
  house.clock.advance(60 * 60_000 - 1);
  assert.equal(await reasonOf(subject, code), 'sound');
  house.clock.advance(1);
  assert.equal(await reasonOf(subject, code), 'expired');
});

test('a pass bound to networks is good there only, and tells a guesser nothing of it', async () => {
  const { subject, code } = await holder({ networks: ['192.0.2.0/24', '2001:db8::/32'], uses: 9 });
  assert.equal(await reasonOf(subject, code, '192.0.2.200'), 'sound');
  assert.equal(await reasonOf(subject, code, '::ffff:192.0.2.200'), 'sound');
  assert.equal(await reasonOf(subject, code, '2001:db8:5::1'), 'sound');
  assert.equal(await reasonOf(subject, code, '198.51.100.1'), 'not-here');
  assert.equal(await reasonOf(subject, code, '2001:db9::1'), 'not-here');
  assert.equal(await reasonOf(subject, code, 'not an address'), 'not-here');
  assert.equal(await reasonOf(subject, '0000-0000-0000-0000', '198.51.100.1'), 'wrong');
});

test('a person has one pass: a new one voids the old; revoked, there is none', async () => {
  const first = await holder();
  const second = await holder({}, first.subject);
  assert.equal(await reasonOf(first.subject, first.code), 'wrong');
  const sound = await house.verify(make(), first.subject, { code: second.code });
  assert.equal(await house.store.write((tx) => issuing().revoke(tx, first.subject)), true);
  assert.equal(await house.spend(sound), false, 'checked before, spent after');
  assert.equal(await reasonOf(first.subject, second.code), 'not-held');
  assert.equal(await house.store.write((tx) => issuing().revoke(tx, first.subject)), false);
});

test('an issuer is held to the configured bounds', async () => {
  const who = await house.person();
  const box = await house.store.read((q) => house.vault.subject(q, who));
  assert.ok(box);
  const codeOf = (terms: object) => {
    const issued = issuing().issue(who, box, terms);
    return issued.ok ? 'issued' : issued.error.code;
  };
  assert.equal(codeOf({ lifetimeMinutes: 10_081 }), 'too-long-lived');
  assert.equal(codeOf({ uses: 21 }), 'too-many-uses');
  for (const bad of [
    { uses: 0 },
    { uses: 1.5 },
    { lifetimeMinutes: -1 },
    { networks: Array.from({ length: 33 }, () => '10.0.0.1') },
    { forever: true },
  ]) {
    assert.equal(codeOf(bad), 'malformed', JSON.stringify(bad));
  }
  for (const network of ['10.0.0.0/33', 'office']) {
    const issued = issuing().issue(who, box, { networks: ['10.0.0.1', network] });
    assert.deepEqual(!issued.ok && issued.error, { code: 'networks-malformed', entry: network });
  }
});

test('nobody enrols a pass for themselves', async () => {
  const enrolled = await house.enrol(make(), await house.person(), () => ({}));
  assert.equal(!enrolled.ok && enrolled.error.code, 'not-allowed');
});

test('networks hold exactly the addresses that share their prefix', () => {
  const address = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255));
  const number = (parts: readonly number[]) => parts.reduce((sum, part) => sum * 256 + part, 0);
  fc.assert(
    fc.property(address, fc.integer({ min: 0, max: 32 }), address, (base, bits, other) => {
      const networks = parseNetworks([`${base.join('.')}/${bits}`]);
      assert.ok(networks.ok);
      const size = 2 ** (32 - bits);
      const inside = Math.floor(number(base) / size) === Math.floor(number(other) / size);
      assert.equal(networks.value(other.join('.')), inside);
    }),
  );
  for (const bad of [
    '',
    '1.2.3',
    '1.2.3.4/',
    '1.2.3.4/-1',
    '1.2.3.4/08',
    '1.2.3.4/24/2',
    '::/129',
    '01.2.3.4',
    'fe80::1%eth0/64x',
  ]) {
    assert.equal(parseNetworks([bad]).ok, false, bad);
  }
});
