import type { Migration } from '../migration.ts';

export const appRegistrationSaid0030: Migration = {
  id: '0030-app-registration-said',
  up: ({ schema, type }) => [
    // What an application said of itself last (RFC 7592 §2.2), as JSON; null of those that registered before it was kept.
    schema.alterTable('app_registration').addColumn('said', type.text),
  ],
};
