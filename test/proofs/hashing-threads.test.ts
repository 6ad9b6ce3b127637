import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../server/kernel/fault.ts';
import { systemRandom } from '../../server/kernel/random.ts';
import { hashPassword, verifyPassword } from '../../server/proofs/password/argon2id.ts';
import { createHashingThreads } from '../../server/proofs/password/hashing-threads.ts';

const COST = { memory: 64, passes: 1, lanes: 1 };
const random = systemRandom();

test('threads compute what the runtime’s own do', async () => {
  const threads = createHashingThreads(2);
  const theirs = await hashPassword(random, COST, 'one of mine', threads);
  assert.match(theirs, /^\$argon2id\$v=19\$m=64,t=1,p=1\$/);
  assert.equal(await verifyPassword(theirs, 'one of mine'), true);
  const ours = await hashPassword(random, COST, 'one of yours');
  assert.equal(await verifyPassword(ours, 'one of yours', threads), true);
  assert.equal(await verifyPassword(ours, 'one of mine', threads), false);
});

test('of many at once each gets its own answer', async () => {
  const threads = createHashingThreads(2);
  const passwords = Array.from({ length: 40 }, (_, i) => `password ${i}`);
  const hashes = await Promise.all(
    passwords.map((password) => hashPassword(random, COST, password, threads)),
  );
  const right = await Promise.all(
    hashes.map((phc, i) => verifyPassword(phc, passwords[i % 3 === 0 ? i : i - 1]!, threads)),
  );
  assert.deepEqual(
    right,
    passwords.map((_, i) => i % 3 === 0),
  );
});

test('what is no hash is told to whoever asked, and the next one is computed', async () => {
  const threads = createHashingThreads(1);
  const [bad, good] = await Promise.allSettled([
    verifyPassword('$argon2id$nonsense', 'password', threads),
    hashPassword(random, COST, 'password', threads),
  ]);
  assert.equal(bad.status, 'rejected');
  assert.equal(good.status, 'fulfilled');
});

test('what can not be sent to a thread is told to whoever asked, and nobody gets the answer of another', async () => {
  const threads = createHashingThreads(1);
  const unsent = threads.hash('password', { salt: (() => {}) as never });
  const hash = hashPassword(random, COST, 'password', threads);
  await assert.rejects(unsent, { name: 'DataCloneError' });
  assert.match(await hash, /^\$argon2id/);
});

test('a thread that ends is a fault for all that it was asked', async () => {
  const ends = new URL('data:text/javascript,setTimeout(() => process.exit(1), 1)');
  const threads = createHashingThreads(1, ends);
  const asked = ['a', 'b'].map((password) => threads.verify('$argon2id$', password));
  for (const outcome of await Promise.allSettled(asked)) {
    assert.ok(outcome.status === 'rejected' && outcome.reason instanceof Fault);
    assert.equal(outcome.reason.code, 'proof.engine');
  }
});
