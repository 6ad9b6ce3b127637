/**
 * Applications that register themselves (RFC 7591), each by an invitation (app-invitations.ts), and look after what they
 * registered (RFC 7592). What comes this way is not the organisation's own: people are asked for their consent, it may ask
 * nothing of any API, and who may enter it is what the invitation says, nobody if it says nothing. Its name in policies is made
 * here, and what people read of it can't pass for what an administrator added (app-names.ts).
 *
 *     registering.ts           an application is made, for whoever was invited
 *     own-registration.ts      it is read, changed and taken away, by the token that was told with it
 *     registration-notes.ts    what is refused of that is on record
 */
import { createOwnRegistration, type OwnRegistrationDeps } from './own-registration.ts';
import { createRegistering, type RegisteringDeps } from './registering.ts';
import { createRegistrationNotes, type RegistrationNotesDeps } from './registration-notes.ts';
import type { AppRegistration } from './registration-words.ts';

export type { AppRegistration, NoRegistration } from './registration-words.ts';

export type AppRegistrationDeps = RegisteringDeps & OwnRegistrationDeps & RegistrationNotesDeps;

export function createAppRegistration(deps: AppRegistrationDeps): AppRegistration {
  const notes = createRegistrationNotes(deps);
  return {
    ...createRegistering(deps, notes),
    ...createOwnRegistration(deps, notes),
    malformed: (about, field, arrival) => notes.note('not-valid', { ...about, field }, arrival),
  };
}
