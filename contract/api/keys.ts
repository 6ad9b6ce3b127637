/** The keys that seal what is kept, and those that tokens are signed with: what there is to know of them, and never a key. */
import { z } from 'zod';
import { operation } from './operation.ts';
import { Time } from './parts.ts';

const Signing = z
  .array(
    z.strictObject({
      algorithm: z.enum(['ES256', 'EdDSA', 'RS256']),
      version: z.int(),
      id: z.string().describe('The `kid` in tokens and in the published set.'),
      state: z.enum(['next', 'active', 'retiring', 'gone']),
      createdAt: Time,
      signsFrom: Time,
      signsUntil: Time.nullable(),
      goneAt: Time.nullable(),
    }),
  )
  .describe('The keys that tokens are signed with, the newest of each algorithm first.');

const Keys = {
  root: z
    .strictObject({ id: z.string(), version: z.int() })
    .nullable()
    .describe('The root key that the ring is under, by its check value.'),
  rotating: z.boolean().describe('Whether a rotation has begun and is not finished.'),
  ring: z
    .array(
      z.strictObject({
        version: z.int(),
        state: z.enum(['primary', 'decrypt-only', 'destroyed']),
        dataKeys: z.int().describe('How many data keys it wraps.'),
        createdAt: Time,
        retiredAt: Time.nullable(),
        destroyedAt: Time.nullable(),
      }),
    )
    .describe('The newest first.'),
  signing: Signing,
};

export const keyOperations = {
  listKeys: operation({
    method: 'GET',
    path: '/keys',
    tag: 'Keys',
    summary: 'List the keys',
    for: 'session',
    answer: {
      status: 200,
      says: 'What there is to know of them; never a key itself.',
      body: z.strictObject(Keys),
    },
    problems: [],
  }),
  rotateKeys: operation({
    method: 'POST',
    path: '/keys/rotate',
    tag: 'Keys',
    summary: 'Rotate the keys',
    description:
      'Makes a new key of the ring, and wraps every data key again under it. Answered once that has begun; `GET /keys` tells how far it is. A rotation that was begun and stopped is gone on with.',
    for: 'session',
    answer: {
      status: 202,
      says: 'A rotation is under way, or over already.',
      body: z.strictObject({
        begun: z
          .boolean()
          .describe('False when another process is at it; then nothing was begun now.'),
        ...Keys,
      }),
    },
    problems: [],
  }),
  rotateSigningKeys: operation({
    method: 'POST',
    path: '/keys/signing/rotate',
    tag: 'Keys',
    summary: 'Rotate the keys for tokens',
    description:
      'Publishes the next key of each algorithm. It signs an hour later, when everyone who verifies tokens has it; the one before it stays published until the last token that it signed has expired.',
    for: 'session',
    query: z.strictObject({
      at: z
        .enum(['overlap', 'once'])
        .optional()
        .describe(
          '`once` is for a key in wrong hands: new keys sign at once, the old ones are void, and so is every token under them.',
        ),
    }),
    answer: {
      status: 200,
      says: 'The keys as they are now.',
      body: z.strictObject({
        rotated: z
          .boolean()
          .describe('False when the next keys were published already; then nothing was changed.'),
        signing: Signing,
      }),
    },
    problems: [],
  }),
};
