/**
 * Every file that is generated, committed, and proven fresh by `npm run check`.
 *
 * To add one: a function that gives the text, in a file of its own here, and a line below. It must give the same text on every
 * machine and at any time: no dates, no absolute paths, no order that chance decides.
 */
import { browserScripts } from './browser-scripts.ts';
import { configReference } from './config-reference.ts';
import { configSchemaFile } from './config-schema.ts';
import { errorPage } from './error-page.ts';
import { eventPage } from './event-page.ts';
import type { Generator } from './generator.ts';
import { openApiFile } from './openapi.ts';

export const GENERATORS: readonly Generator[] = [
  {
    file: 'docs/configuration.md',
    from: 'the *-config.ts files of server/',
    make: configReference,
  },
  {
    file: 'docs/sallyport.schema.json',
    from: 'the *-config.ts files of server/',
    make: configSchemaFile,
  },
  {
    file: 'docs/events.md',
    from: 'contract/event-catalogue.ts and contract/event-parts.ts',
    make: eventPage,
  },
  {
    file: 'docs/openapi.json',
    from: 'contract/api/',
    make: openApiFile,
  },
  {
    file: 'docs/errors.md',
    from: 'contract/problems.ts and contract/api/',
    make: errorPage,
  },
  ...browserScripts,
];
