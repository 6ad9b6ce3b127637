/** The JSON Schema of sallyport.yaml, for editors that complete and check as one types. */
import { z } from 'zod';
import { configSchema } from './sections.ts';

const OUR_NOTES = ['wanted', 'path', 'secret'] as const;

export function configJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(configSchema, {
    io: 'input',
    target: 'draft-7',
    override: ({ jsonSchema }) => {
      for (const note of OUR_NOTES) delete jsonSchema[note];
    },
  });
  return {
    ...schema,
    title: 'sallyport.yaml',
    description: 'The configuration of Sallyport. Everything in it is optional.',
  };
}
