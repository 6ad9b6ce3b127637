import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { openBreachFilter } from '../../server/proofs/password/breach-filter.ts';
import {
  importRangeFiles,
  makeFilterOfPasswords,
} from '../../server/proofs/password/make-breach-filter.ts';
import { packedHas, packSorted } from '../../server/proofs/password/rice.ts';
import {
  commonPasswordsFile,
  generateCommonPasswords,
} from '../../tools/generate-common-passwords.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-filter-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const sha1 = (password: string) => createHash('sha1').update(password).digest();

test('packed numbers hold all that were put in, and nothing else', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.nat(2 ** 24 - 1), { maxLength: 300 }),
      fc.array(fc.nat(2 ** 24 - 1), { maxLength: 50 }),
      (values, others) => {
        const sorted = Uint32Array.from(values).sort();
        const packed = packSorted(sorted, 24);
        for (const value of values) assert.ok(packedHas(packed, value));
        for (const other of others) assert.equal(packedHas(packed, other), values.includes(other));
      },
    ),
  );
});

test('every password of a list is found in its filter', async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ maxLength: 30 }), { maxLength: 400 }),
      async (passwords) => {
        const file = join(folder, `list-${run++}`);
        const made = await makeFilterOfPasswords(passwords, file);
        assert.equal(made.keys, new Set(passwords).size);
        const filter = await openBreachFilter(file);
        for (const password of passwords) assert.ok(await filter.has(password), password);
        await filter.close();
      },
    ),
    { numRuns: 40 },
  );
});

test('passwords that are in no list are found about as rarely as the filter says', async () => {
  const file = join(folder, 'rate');
  await makeFilterOfPasswords(
    Array.from({ length: 20_000 }, (_, i) => `listed ${i}`),
    file,
  );
  const filter = await openBreachFilter(file);
  assert.ok(filter.falsePositives < 5e-6);
  let found = 0;
  for (let i = 0; i < 50_000; i++) if (await filter.has(`other ${i}`)) found++;
  assert.ok(found <= 3, `${found} of 50,000`);
  await filter.close();
});

/** Range files as the public service gives them: some thousand passwords in a few of the million files. */
function rangeFiles(lineOf = (suffix: string, i: number) => `${suffix}:${i + 1}`) {
  const ranges = mkdtempSync(join(folder, 'ranges-'));
  const passwords = Array.from({ length: 3000 }, (_, i) => `breached ${i}`);
  const files = new Map<string, string[]>();
  for (const [i, password] of passwords.entries()) {
    const hash = sha1(password).toString('hex').toUpperCase();
    const name = `${hash.slice(0, 5)}${i % 2 === 0 ? '.txt' : ''}`;
    files.set(name, [...(files.get(name) ?? []), lineOf(hash.slice(5), i)]);
  }
  for (const [name, lines] of files) writeFileSync(join(ranges, name), lines.join('\r\n'));
  return {
    ranges,
    passwords,
    count: new Set([...files.keys()].map((name) => name.slice(0, 5))).size,
  };
}

test('range files become a filter that finds each of their passwords, with progress', async () => {
  const { ranges, passwords, count } = rangeFiles();
  const target = join(folder, 'imported');
  const seen: number[] = [];
  const made = await importRangeFiles({
    folder: ranges,
    target,
    progress: (done, total) => seen.push(done / total),
  });
  assert.ok(made.ok);
  assert.equal(made.value.missing, 2 ** 20 - count);
  assert.equal(seen.at(-1), 1);
  const filter = await openBreachFilter(target);
  for (const password of passwords) assert.ok(await filter.has(password), password);
  for (let i = 0; i < 3000; i++) assert.equal(await filter.has(`fine ${i}`), false);
  await filter.close();
});

test('what was seen too seldom, and padding, is left out', async () => {
  const { ranges, passwords } = rangeFiles((suffix, i) => `${suffix}:${i % 3}`);
  const target = join(folder, 'seldom');
  for (const minCount of [1, 2]) {
    assert.ok((await importRangeFiles({ folder: ranges, target, minCount })).ok);
    const filter = await openBreachFilter(target);
    for (const [i, password] of passwords.entries()) {
      assert.equal(await filter.has(password), i % 3 >= minCount, password);
    }
    await filter.close();
  }
});

test('a folder without range files, or with one that is not, leaves the filter as it was', async () => {
  const target = join(folder, 'kept');
  await makeFilterOfPasswords(['kept password'], target);
  const before = readFileSync(target);
  const empty = mkdtempSync(join(folder, 'empty-'));
  assert.deepEqual(await importRangeFiles({ folder: empty, target }), {
    ok: false,
    error: { code: 'no-range-files', folder: empty },
  });
  const good = `${'0'.repeat(35)}:1`;
  for (const bad of [
    '<html>',
    `${good}\n${'0'.repeat(34)}:1`,
    `${good}\n${'G'.repeat(35)}:1`,
    `${good}\n${'0'.repeat(35)}:`,
    `${good}\n${'0'.repeat(35)}`,
  ]) {
    writeFileSync(join(empty, '00000'), bad);
    const made = await importRangeFiles({ folder: empty, target });
    assert.deepEqual(made, {
      ok: false,
      error: { code: 'malformed', file: '00000', line: bad.startsWith('<') ? 1 : 2 },
    });
  }
  assert.deepEqual(readFileSync(target), before);
});

test('a file that is no filter, or was cut short, is not opened', async () => {
  const file = join(folder, 'cut');
  await makeFilterOfPasswords(['some password'], file);
  truncateSync(file, statSync(file).size - 1);
  await assert.rejects(openBreachFilter(file), /not a whole filter/);
  writeFileSync(file, 'not a filter at all, but long enough to be taken for a header');
  await assert.rejects(openBreachFilter(file), /not a whole filter/);
  writeFileSync(file, '');
  await assert.rejects(openBreachFilter(file), /not a whole filter/);
});

test('the shipped filter is what its generator makes, and is small', async () => {
  const fresh = join(folder, 'common');
  await generateCommonPasswords(fresh);
  assert.deepEqual(readFileSync(commonPasswordsFile), readFileSync(fresh));
  assert.ok(statSync(commonPasswordsFile).size < 64 * 1024);
});
