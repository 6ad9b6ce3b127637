import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { parseOptions } from '@node-rs/argon2';
import type { PersonId } from '../../server/kernel/id.ts';
import { sealedPlace } from '../../server/proofs/held-proofs.ts';
import { type BreachFilter, openBreachFilter } from '../../server/proofs/password/breach-filter.ts';
import { createGuessJudge, type GuessJudge } from '../../server/proofs/password/guess-judge.ts';
import { createHashingPool } from '../../server/proofs/password/hashing-pool.ts';
import { passwordConfig } from '../../server/proofs/password/password-config.ts';
import { passwordText } from '../../server/proofs/password/password-text.ts';
import { commonPasswordsFile } from '../../tools/generate-common-passwords.ts';
import { GUESSES_OF_PASSWORD, PASSWORD } from '../support/guesses.ts';
import { CHEAP, passwordModule } from './password-parts.ts';
import { openProofHouse, type ProofHouse } from './proof-house.ts';

let house: ProofHouse;
let common: BreachFilter;
let judge: GuessJudge;
before(async () => {
  house = await openProofHouse('password');
  common = await openBreachFilter(commonPasswordsFile);
  judge = createGuessJudge();
});
after(async () => {
  await judge.close();
  await common.close();
  await house.close();
});

const enrol = (subject: PersonId, password: unknown, module = passwordModule(house.deps)) =>
  house.enrol(module, subject, () => ({ password }));

async function owner(password: string, module = passwordModule(house.deps)): Promise<PersonId> {
  const subject = await house.person();
  const enrolled = await enrol(subject, password, module);
  assert.ok(enrolled.ok, JSON.stringify(enrolled));
  return subject;
}

async function hashOf(subject: PersonId): Promise<string> {
  const [proof] = await house.held(subject);
  const box = await house.store.read((q) => house.vault.subject(q, subject));
  assert.ok(proof?.sealed && box);
  return new TextDecoder().decode(box.open(sealedPlace(proof.id), proof.sealed));
}

test('the defaults are those that OWASP and the specification name', () => {
  const { memory, passes, lanes, minLength } = passwordConfig.parse({});
  assert.deepEqual(
    { memory, passes, lanes, minLength },
    { memory: 19456, passes: 2, lanes: 1, minLength: 8 },
  );
});

test('the right password proves, another does not, and nothing of either is stored in the open', async () => {
  const subject = await owner('a rather long passphrase');
  const module = passwordModule(house.deps);
  const right = await house.verify(module, subject, { password: 'a rather long passphrase' });
  assert.ok(right.sound);
  assert.equal(await house.spend(right), true);
  assert.equal((await house.held(subject))[0]?.lastUsedAt, house.clock.now());
  const wrong = await house.verify(module, subject, { password: 'a rather long passphrasf' });
  assert.equal(!wrong.sound && wrong.reason, 'wrong');
  const [held] = await house.held(subject);
  assert.ok(!JSON.stringify(held).includes('passphrase'));
  assert.ok(!Buffer.from(held?.sealed ?? []).includes('argon2'));
});

test('the same password typed composed or decomposed, with any kind of space, is the same', async () => {
  const subject = await owner('\u00c5ngstr\u00f6m \u00e9tude');
  const module = passwordModule(house.deps);
  const decomposed = 'A\u030angstro\u0308m\u00a0e\u0301tude';
  assert.equal((await house.verify(module, subject, { password: decomposed })).sound, true);
  // NFC, not NFKC (RFC 8265 §4.2.2): compatibility forms stay apart, since folding them loses what people chose.
  assert.equal(
    (await house.verify(module, subject, { password: '\u212bngström étude' })).sound,
    true,
  );
  assert.equal((await house.verify(module, subject, { password: 'Ａngström étude' })).sound, false);
});

test('characters are counted after normalisation, as people count them: 8 to 256', async () => {
  const subject = await house.person();
  const errorOf = async (password: string) => {
    const enrolled = await enrol(subject, password);
    return enrolled.ok ? 'enrolled' : enrolled.error.code;
  };
  assert.equal(await errorOf('1234567'), 'too-short');
  assert.equal(await errorOf('12345678'), 'enrolled');
  assert.equal(await errorOf('😀'.repeat(7)), 'too-short', 'seven, though fourteen units');
  assert.equal(await errorOf('😀'.repeat(8)), 'enrolled');
  assert.equal(await errorOf('x'.repeat(256)), 'enrolled');
  assert.equal(await errorOf('x'.repeat(257)), 'too-long');
  assert.equal(await errorOf('😀'.repeat(256)), 'enrolled');
  assert.equal(await errorOf('😀'.repeat(257)), 'too-long');
  assert.equal(await errorOf('e\u0301'.repeat(256)), 'enrolled', '256 once composed');
  assert.equal(await errorOf('e\u0301'.repeat(257)), 'too-long');
});

test('controls, lone surrogates and unassigned characters are no password', () => {
  for (const bad of [
    'tab\there',
    'null\0null',
    'line\nline',
    'half \ud83d here',
    'unassigned \u0378',
    '',
  ]) {
    assert.equal(passwordText(bad).ok, false, JSON.stringify(bad));
  }
});

test('a password of 100 kB costs nothing: it is refused before it is looked at', async () => {
  const pool = createHashingPool(house.clock, {
    inFlight: 1,
    queueLength: 1,
    queueMilliseconds: 1,
  });
  const refusing = { ...pool, run: () => assert.fail('nothing is hashed') };
  const subject = await owner('a rather long passphrase');
  const module = passwordModule(house.deps, {}, { pool: refusing });
  for (const password of ['x'.repeat(100_000), '\u1100\u1161\u11a8'.repeat(40_000)]) {
    const verdict = await house.verify(module, subject, { password });
    assert.equal(!verdict.sound && verdict.reason, 'malformed');
    const enrolled = await enrol(subject, password, module);
    assert.deepEqual(enrolled, { ok: false, error: { code: 'too-long' } });
  }
});

test('an account without a password, and none at all, take a hash of the present parameters each', async () => {
  const counted: string[] = [];
  const pool = createHashingPool(house.clock, {
    inFlight: 1,
    queueLength: 8,
    queueMilliseconds: 1000,
  });
  const counting = {
    ...pool,
    run: <T>(door: string, work: () => Promise<T>) => {
      counted.push(door);
      return pool.run(door, work);
    },
  };
  const module = passwordModule(house.deps, {}, { pool: counting });
  for (const subject of [await house.person(), undefined]) {
    const verdict = await house.verify(module, subject, { password: 'whatever it is' });
    assert.deepEqual(verdict, { sound: false, reason: 'not-held' });
  }
  assert.deepEqual(counted, ['web', 'web']);
});

test('a hash carries its parameters, and is made anew at a sign-in once more is asked', async () => {
  const subject = await owner('a rather long passphrase');
  const before = await hashOf(subject);
  assert.deepEqual(
    (({ memoryCost, timeCost, parallelism }) => ({ memoryCost, timeCost, parallelism }))(
      parseOptions(before),
    ),
    { memoryCost: 64, timeCost: 1, parallelism: 1 },
  );
  assert.equal(parseOptions(before).outputLen, 32);
  assert.equal(parseOptions(before).saltLen, 16);

  const raised = passwordModule(house.deps, { memory: 128, passes: 3 });
  const wrong = await house.verify(raised, subject, { password: 'not this one' });
  assert.equal(wrong.sound, false);
  const right = await house.verify(raised, subject, { password: 'a rather long passphrase' });
  assert.ok(right.sound);
  assert.deepEqual(right.notes, ['rehashed']);
  assert.equal(await hashOf(subject), before, 'nothing is written before it is spent');
  assert.equal(await house.spend(right), true);

  const { memoryCost, timeCost } = parseOptions(await hashOf(subject));
  assert.deepEqual({ memoryCost, timeCost }, { memoryCost: 128, timeCost: 3 });
  const again = await house.verify(raised, subject, { password: 'a rather long passphrase' });
  assert.ok(again.sound);
  assert.deepEqual(again.notes, []);
  const lowered = await house.verify(passwordModule(house.deps), subject, {
    password: 'a rather long passphrase',
  });
  assert.ok(lowered.sound);
  assert.deepEqual(lowered.notes, [], 'a stronger hash is left as it is');
});

test('a password changed between its check and its use is not accepted any more', async () => {
  const subject = await owner('a rather long passphrase');
  const verdict = await house.verify(passwordModule(house.deps), subject, {
    password: 'a rather long passphrase',
  });
  assert.ok((await enrol(subject, 'quite another passphrase')).ok);
  assert.equal(await house.spend(verdict), false);
  assert.equal((await house.held(subject)).length, 1);
});

test('two changes at once, each at a node of its own, leave one password', async () => {
  const subject = await owner('a rather long passphrase');
  const results = await Promise.all(
    ['first new passphrase', 'second new passphrase'].map((password) =>
      enrol(subject, password, passwordModule(house.deps)),
    ),
  );
  assert.ok(results.every(({ ok }) => ok));
  const held = await house.held(subject);
  assert.equal(held.length, 1);
});

test('a common password is refused as breached, and noted when it was set before it was', async () => {
  const subject = await owner('baseball1');
  const strict = passwordModule(house.deps, {}, { filters: [common] });
  assert.deepEqual(await enrol(await house.person(), 'baseball1', strict), {
    ok: false,
    error: { code: 'breached' },
  });
  const verdict = await house.verify(strict, subject, { password: 'baseball1' });
  assert.ok(verdict.sound);
  assert.deepEqual(verdict.notes, ['breached']);
});

test('a guessable password is refused: words, patterns, and names of one’s own', async () => {
  const strict = passwordModule(house.deps, {}, { judge });
  const codeOf = async (password: string) => {
    const enrolled = await enrol(await house.person(), password, strict);
    return enrolled.ok ? 'enrolled' : enrolled.error.code;
  };
  for (const weak of [
    'P@ssw0rd',
    'qwertyuiop',
    'abcabcabcabc',
    '19840501',
    'ada.lovelace',
    'Lovelace1815',
    'lovelace ada',
    'Ada Lovelace ada 12!',
    'sallyport ada',
  ]) {
    assert.equal(await codeOf(weak), 'guessable', weak);
  }
  for (const fair of [
    'correct horse battery',
    'ada rides a purple llama',
    'tz8-qu4-mm1-pp0',
    'Schrankwand im Flur',
  ]) {
    assert.equal(await codeOf(fair), 'enrolled', fair);
  }
});

test('the password of the other tests is judged as they take it to be', async () => {
  const guesses = (await judge.guessesLog10(PASSWORD, ['ada', 'ada@example.com'])) ?? 0;
  assert.equal(Math.floor(guesses), GUESSES_OF_PASSWORD);
});

test('a password that takes too long to judge is refused, and the next is judged as ever', async () => {
  const slow = '4@8({[</369&#!1|70$5+7%24@8({[<'.repeat(8);
  const hurried = createGuessJudge({ milliseconds: 0, idleMilliseconds: 1000, waiting: 4 });
  assert.equal(await hurried.guessesLog10(slow, []), 0);
  await hurried.close();
  const guesses = (await judge.guessesLog10(slow, [])) ?? 0;
  assert.ok(guesses > 8);
});

test('no more passwords wait to be judged than may', async () => {
  const small = createGuessJudge({ milliseconds: 5000, idleMilliseconds: 1000, waiting: 1 });
  const both = await Promise.all([
    small.guessesLog10('tz8-qu4-mm1-pp0', []),
    small.guessesLog10('tz8-qu4-mm1-pp1', []),
  ]);
  await small.close();
  assert.equal(both[1], undefined);
  const module = passwordModule(
    house.deps,
    {},
    { judge: { guessesLog10: async () => undefined, close: async () => {} } },
  );
  const enrolled = await enrol(await house.person(), 'tz8-qu4-mm1-pp0', module);
  assert.equal(!enrolled.ok && enrolled.error.code, 'busy');
});

test('a full pool is told as busy, which is no judgement of the password', async () => {
  const subject = await owner('a rather long passphrase');
  const full = { run: async () => ({ busy: true as const, retryAt: 5 }), waiting: 9, inFlight: 2 };
  const module = passwordModule(house.deps, {}, { pool: full });
  for (const who of [subject, undefined]) {
    const verdict = await house.verify(module, who, { password: 'a rather long passphrase' });
    assert.deepEqual(verdict, { sound: false, reason: 'busy', retryAt: 5 });
  }
});

test('cheap hashes are for tests: no configuration may ask for less than the floor', () => {
  assert.equal(passwordConfig.safeParse({ memory: CHEAP.memory }).success, false);
  assert.equal(passwordConfig.safeParse({ minLength: 7 }).success, false);
});
