import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogue } from '@sallyport/contract/event-catalogue.ts';
import fc from 'fast-check';
import { z } from 'zod';
import { canonicalJson, type Json } from '../../server/record/canonical.ts';
import { shapeOf } from '../../server/record/shape.ts';

const granted = {
  resource: { kind: 'api', id: 'a' },
  scopes: ['read'],
  proofs: [{ kind: 'key', proof: 'p', age: 0 }],
  grant: 'g',
  policies: ['some'],
};

/** Whatever is written is given by the schema as it was, and is the text that any writer would make of it. */
function agrees(schema: z.ZodType, value: unknown): void {
  const text = shapeOf(schema)(value);
  if (text === undefined) return;
  assert.deepEqual(schema.parse(value), value);
  assert.equal(text, canonicalJson(value as Json));
}

test('the shapes of most events are known without their schemas', () => {
  assert.ok(shapeOf(catalogue['entry.granted'].data)(granted));
  const { proofs, ...less } = granted;
  assert.ok(!shapeOf(catalogue['entry.granted'].data)(less));
  assert.equal(shapeOf(z.strictObject({}))({}), '{}');
});

test('what differs from an event in one place is known only where the schema knows it', () => {
  const schema = catalogue['entry.granted'].data;
  const paths = ['resource', 'scopes', 'proofs', 'grant', 'policies', 'function', 'more'];
  const path = fc.constantFrom(...paths);
  fc.assert(
    fc.property(path, fc.anything(), (name, value) =>
      agrees(schema, { ...granted, [name]: value }),
    ),
  );
  const proof = fc.constantFrom('kind', 'proof', 'age', 'more');
  const value = fc.oneof(fc.anything(), fc.integer(), fc.double(), fc.string({ maxLength: 200 }));
  fc.assert(
    fc.property(proof, value, (name, changed) =>
      agrees(schema, { ...granted, proofs: [{ ...granted.proofs[0], [name]: changed }] }),
    ),
  );
});

test('no event of the catalogue is taken for what its schema would refuse or change', () => {
  const word = fc.oneof(
    fc.string({ maxLength: 140 }),
    fc.integer(),
    fc.constant(undefined),
    fc.anything(),
  );
  for (const { data } of Object.values(catalogue)) {
    const schema: z.ZodType = data;
    const shape = (data as z.ZodType & { readonly shape?: object }).shape; // Objects have one.
    const names = Object.keys(shape ?? {});
    const value = fc.record(Object.fromEntries(names.map((name) => [name, word])), {
      requiredKeys: [],
      noNullPrototype: true,
    });
    fc.assert(
      fc.property(value, (given) => agrees(schema, given)),
      { numRuns: 40 },
    );
  }
});

test('a schema that asks for more than is known here is left to itself', () => {
  const others: [z.ZodType, unknown][] = [
    [z.string().min(1), 'a'],
    [z.url(), 'https://a.example'],
    [z.string().regex(/a/), 'a'],
    [z.string().trim(), 'a'],
    [z.number(), 1],
    [z.int().max(3), 1],
    [z.int().gt(3), 4],
    [z.array(z.string()).min(1), ['a']],
    [z.object({ a: z.string() }), { a: 'a' }],
    [z.strictObject({ a: z.string().default('b') }), { a: 'a' }],
    [z.strictObject({ a: z.string() }).refine(() => true), { a: 'a' }],
    [z.coerce.string(), 'a'],
    [
      z
        .string()
        .max(3)
        .transform((text) => text),
      'a',
    ],
    [z.string().nullable(), 'a'],
  ];
  for (const [schema, value] of others) assert.equal(shapeOf(schema)(value), undefined);
});
