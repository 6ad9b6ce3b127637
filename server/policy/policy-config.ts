import { z } from 'zod';
import { duration, path } from '../kernel/setting.ts';

export const policyConfig = z.strictObject({
  folder: path()
    .optional()
    .describe(
      'The folder of your own policies (*.cedar), to be kept under version control. `./sallyport policy check` and `./sallyport policy activate` take it when they are given none. Until yours are activated, the policies that come with Sallyport are in force.',
    ),
  freshFor: duration({ least: '10s', most: '12h' })
    .prefault('5m')
    .describe(
      'How long a proof counts as fresh for what needs a fresh one: changing proofs, people or policies.',
    ),
});

export type PolicyConfig = z.infer<typeof policyConfig>;
