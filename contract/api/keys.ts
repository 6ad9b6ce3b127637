/** The keys that seal what is kept: what there is to know of them, and never a key. */
import { z } from 'zod';
import { operation } from './operation.ts';
import { Time } from './parts.ts';

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
};

export const keyOperations = {
  listKeys: operation({
    method: 'GET',
    path: '/keys',
    tag: 'Keys',
    summary: 'List the keys of the ring',
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
};
