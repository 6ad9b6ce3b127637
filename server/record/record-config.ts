import { z } from 'zod';

export const recordConfig = z.strictObject({
  origin: z
    .string()
    .regex(
      /^[a-z0-9.-]+(?::\d+)?(?:\/[a-z0-9._-]+)*$/,
      'must look like an address without its scheme, such as signin.example.com/record',
    )
    .max(120)
    .optional()
    .describe(
      'The name that the record signs its checkpoints with, as an address without its scheme. Left out, it is made from the address that people type, with `/record` behind it. It is chosen once: the log keeps the name that it began with.',
    ),
});
