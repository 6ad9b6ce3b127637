import type { PersonId } from '../kernel/id.ts';

/**
 * Whom the database is asked about where nobody is known. An answer to a stranger must cost the same whether or not the name
 * that was typed is someone's, and a question less is a time that can be measured.
 */
export const NOBODY = '00000000-0000-0000-0000-000000000000' as PersonId; // Of the form of an id, and no id that is ever made.
