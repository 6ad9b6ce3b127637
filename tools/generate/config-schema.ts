import { configJsonSchema } from '../../server/config/json-schema.ts';

/** docs/sallyport.schema.json, for editors. */
export function configSchemaFile(): string {
  return `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
}
