import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { needlesFor, searchBytes } from './byte-search.ts';

describe('the search for secrets', () => {
  const text = 'Ünder the old Oak tree, 1931';
  const bytes = randomBytes(32);
  const needles = [
    ...needlesFor({ name: 'text', value: text }),
    ...needlesFor({ name: 'bytes', value: bytes }),
  ];
  const around = (planted: Buffer) =>
    Buffer.concat([randomBytes(1001), planted, randomBytes(1003)]);
  const names = (haystack: Buffer) => [
    ...new Set(searchBytes('here', haystack, needles).map(({ name }) => name)),
  ];

  const planted: Record<string, [Buffer, string]> = {
    'as text': [Buffer.from(text), 'text'],
    'in small letters': [Buffer.from(text.toLowerCase()), 'text'],
    'in UTF-16': [Buffer.from(text, 'utf16le'), 'text'],
    'in UTF-16 the other way round': [Buffer.from(text, 'utf16le').swap16(), 'text'],
    'in hexadecimal': [Buffer.from(Buffer.from(text).toString('hex')), 'text'],
    'in an address': [Buffer.from(`/find?q=${encodeURIComponent(text)}`), 'text'],
    'as bytes': [bytes, 'bytes'],
    'as bytes in hexadecimal': [Buffer.from(bytes.toString('hex')), 'bytes'],
  };
  for (const before of [0, 1, 2, 3]) {
    for (const after of [0, 1, 2]) {
      const of = (secret: Buffer) =>
        Buffer.concat([Buffer.alloc(before, 7), secret, Buffer.alloc(after, 9)]);
      const place = `${before} before it and ${after} after it`;
      planted[`in base64 with ${place}`] = [
        Buffer.from(of(Buffer.from(text)).toString('base64')),
        'text',
      ];
      planted[`in base64url with ${place}`] = [
        Buffer.from(of(bytes).toString('base64url')),
        'bytes',
      ];
    }
  }
  for (const [how, [secret, name]] of Object.entries(planted)) {
    it(`finds one ${how}`, () => assert.deepEqual(names(around(secret)), [name]));
  }

  it('finds none where there is none', () => {
    assert.deepEqual(names(randomBytes(100_000)), []);
  });

  it('does not pretend to look for what is too short', () => {
    assert.throws(() => needlesFor({ name: 'code', value: '123456' }), /too short/);
  });
});
