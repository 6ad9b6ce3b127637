import { z } from 'zod';

export const webConfig = z.strictObject({
  boundSessions: z
    .enum(['when-possible', 'required'])
    .default('when-possible')
    .describe(
      'Whether a browser has to hold a key of its own for its session. When it can hold none, the session ' +
        'ends sooner (`gate.unbound`), or with `required` is of no use.',
    ),
  organisation: z
    .string()
    .trim()
    .min(1)
    .max(60)
    .optional()
    .describe('Whose sign-in this is, as its pages say it.'),
});
