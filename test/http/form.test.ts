import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { fitForm, fitQuery, parseForm, parseFormBytes } from '../../server/http/form.ts';
import { JsonBody, parseJson, parseJsonBytes } from '../../server/http/json-body.ts';

const schema = z.strictObject({ name: z.string().max(20), code: z.string().optional() });
const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,20}$/);
const value = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'));

test('what a browser would write is read back as it was', () => {
  fc.assert(
    fc.property(fc.dictionary(name, value, { maxKeys: 20 }), (fields) => {
      const parsed = parseForm(new URLSearchParams(fields).toString());
      assert.ok(parsed.ok);
      assert.deepEqual(Object.fromEntries(parsed.value.fields), { ...fields });
    }),
  );
});

test('no bytes make the parser throw', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void parseFormBytes(bytes)));
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parseForm(text)));
});

const refusals: [string, string][] = [
  ['a=1&a=2', 'doubled'],
  ['a=1&%61=2', 'doubled'],
  ['a=%', 'malformed'],
  ['a=%zz', 'malformed'],
  ['a=%c3', 'malformed'], // half of a character
  ['a=%c0%80', 'malformed'], // NUL in an overlong form
  ['a=%ed%a0%80', 'malformed'], // a lone surrogate
  ['a=x%00y', 'malformed'],
  ['a=ö', 'malformed'],
  ['a=1&', 'malformed'],
  ['a', 'malformed'],
  ['=1', 'malformed'],
  ['a=b=c', 'malformed'],
  ['a[]=1', 'malformed'],
  ['__proto__=1', 'malformed'],
  ['a=1\r\nb=2', 'malformed'],
  [Array.from({ length: 65 }, (_, i) => `f${i}=`).join('&'), 'too-many'],
];
for (const [text, fault] of refusals) {
  test(`the form ${JSON.stringify(text.slice(0, 24))} is refused as ${fault}`, () => {
    assert.deepEqual(parseForm(text), { ok: false, error: fault });
  });
}

test('a name that a standard lets come twice is read each time, in order, and no other is', () => {
  const some = new Set(['resource']);
  const parsed = parseForm('resource=a&x.y=1&resource=b', some);
  assert.deepEqual(parsed.ok && parsed.value.pairs, [
    ['resource', 'a'],
    ['x.y', '1'],
    ['resource', 'b'],
  ]);
  assert.deepEqual(parseForm('resource=a&x=1&x=2', some), { ok: false, error: 'doubled' });
  assert.deepEqual(parseForm('resource=a&resource=b'), { ok: false, error: 'doubled' });
});

test('a field that the page did not have is refused, so nothing can be assigned in passing', () => {
  const fit = (text: string) => {
    const parsed = parseForm(text);
    assert.ok(parsed.ok);
    return fitForm(parsed.value, schema);
  };
  assert.deepEqual(fit('name=Mara'), { ok: true, value: { name: 'Mara' } });
  assert.deepEqual(fit('name=Mara&userId=1'), { ok: false, error: 'unexpected' });
  assert.deepEqual(fit('code=1'), { ok: false, error: 'unexpected' });
  assert.deepEqual(fit(`name=${'x'.repeat(21)}`), { ok: false, error: 'unexpected' });
});

test('a form route does not read JSON of the same content', () => {
  assert.deepEqual(fitForm(new JsonBody({ name: 'Mara' }), schema), {
    ok: false,
    error: 'unexpected',
  });
  assert.deepEqual(fitForm({ name: 'Mara' }, schema), { ok: false, error: 'unexpected' });
});

test('a query is read as strictly as a form', () => {
  assert.deepEqual(fitQuery('/signin?name=a+b', schema), { ok: true, value: { name: 'a b' } });
  assert.deepEqual(fitQuery('/signin', z.strictObject({})), { ok: true, value: {} });
  assert.deepEqual(fitQuery('/signin?name=a&name=b', schema), { ok: false, error: 'doubled' });
});

test('JSON that any program writes is read, except names that mean something to JavaScript', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 5 }), (text) => {
      const parsed = parseJson(text);
      if (/"(__proto__|constructor|prototype)"\s*:/.test(text)) assert.equal(parsed.ok, false);
      else assert.deepEqual(parsed.ok && parsed.value.value, JSON.parse(text));
    }),
  );
  fc.assert(fc.property(fc.uint8Array(), (bytes) => void parseJsonBytes(bytes)));
});

const jsonRefusals: [string, string][] = [
  ['{"a":1,"a":2}', 'doubled'],
  ['{"a":1,"\\u0061":2}', 'doubled'],
  ['[{"b":{"a":1, "a" : 2}}]', 'doubled'],
  ['{"__proto__":{}}', 'malformed'],
  ['{"\\u005f_proto__":{}}', 'malformed'],
  [`${'['.repeat(17)}${']'.repeat(17)}`, 'too-deep'],
  ['['.repeat(60000), 'too-deep'],
  ['', 'malformed'],
  ['{"a":1}x', 'malformed'],
  ['{"a":"b', 'malformed'],
  ['{"a":NaN}', 'malformed'],
  ['{"a":"\\ud800"}', 'malformed'],
  ['{"a":"\\ude00\\ud83d"}', 'malformed'],
  ['{"\\udfff":1}', 'malformed'],
];
for (const [text, fault] of jsonRefusals) {
  test(`the JSON ${text.slice(0, 28)} is refused as ${fault}`, () => {
    assert.deepEqual(parseJson(text), { ok: false, error: fault });
  });
}

test('names that stand in different objects, or as values, are not doubled, and whole pairs are characters', () => {
  for (const text of [
    '[{"a":1},{"a":2}]',
    '{"a":{"a":"a"},"b":["a","a"]}',
    '{"a":"constructor"}',
    '{"a":"\\ud83d\\ude00"}',
  ]) {
    assert.ok(parseJson(text).ok, text);
  }
});
