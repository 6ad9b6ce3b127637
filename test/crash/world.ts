/** Who lives in a database that is killed again and again: some with password, app and codes, and an administrator. */

import type { FolderHouse } from '../support/folder-house.ts';
import { addPerson, comeWithPass, enrol, enrolledPerson, issuePass } from '../support/people.ts';
import { SITE } from '../support/settings.ts';
import { type SavedPasskey, softwareAuthenticator } from '../support/software-authenticator.ts';
import type { Claim } from './journal.ts';

export interface KnownPerson {
  readonly id: string;
  readonly identifier: string;
  readonly password: string;
  readonly uri: string;
}

export interface World {
  readonly people: readonly KnownPerson[];
  readonly administrator: { readonly identifier: string; readonly passkey: SavedPasskey };
}

/** What a process that is to die is given to do. */
export interface Task {
  readonly database: string;
  readonly folder: string;
  readonly seed: string;
  readonly now: number;
  readonly world: World;
  /** What is known of sessions and codes. */
  readonly claims: readonly Claim[];
  readonly kill: { readonly point: string; readonly nth: number } | undefined;
}

const PEOPLE = 5;

export async function makeWorld(
  folder: FolderHouse,
  size = PEOPLE,
): Promise<{ world: World; claims: readonly Claim[] }> {
  const people: KnownPerson[] = [];
  const claims: Claim[] = [];
  for (let number = 0; number < size; number++) {
    const identifier = `person-${number}`;
    const { id, password, totp, recovery } = await enrolledPerson(folder, identifier);
    people.push({ id, identifier, password, uri: totp.uri });
    for (const code of recovery) claims.push(goodCode({ kind: 'recovery', identifier, code }));
  }
  const identifier = 'administrator';
  const id = await addPerson(folder, identifier, ['administrator']);
  const token = await comeWithPass(folder, identifier, await issuePass(folder, id));
  const passkey = softwareAuthenticator();
  await enrol(folder, token, 'webauthn', (offer) => passkey.create(offer, SITE));
  await enrol(folder, token, 'webauthn', (offer) => softwareAuthenticator().create(offer, SITE));
  await enrol(folder, token, 'recovery', () => ({}));
  const completed = await folder.house.enrolments.complete(token, folder.arrival());
  if (completed.state !== 'done') throw new Error(JSON.stringify(completed));
  return { world: { people, administrator: { identifier, passkey: passkey.save() } }, claims };
}

export function goodCode(code: Extract<Claim, { code: unknown }>['code']): Claim {
  return { about: codeName(code), is: 'good', code };
}

export function codeName({
  kind,
  identifier,
  code,
}: {
  kind: string;
  identifier: string;
  code: string;
}) {
  return `${kind} ${identifier} ${code}`;
}
