/** People for tests, brought in the way that everyone comes in: by a pass, through the gate. */
import assert from 'node:assert/strict';
import type { Role } from '@sallyport/contract/people.ts';
import type { Grant, OpenAttempt, Outcome } from '../../server/gate/outcome.ts';
import type { PersonId } from '../../server/kernel/id.ts';
import { PASSWORD } from './guesses.ts';
import type { TestHouse } from './house.ts';
import { createTotpApp, type TotpApp } from './totp-app.ts';

export { PASSWORD };

export interface TestPerson {
  readonly id: PersonId;
  readonly identifier: string;
  readonly password: string;
  readonly totp: TotpApp;
  readonly recovery: readonly string[];
}

/** What it takes to bring someone in: a whole test house, or the house of another process in a test of crashes. */
export type Visited = Pick<TestHouse, 'house' | 'clock' | 'arrival'>;

export function granted(outcome: Outcome): Grant {
  assert.equal(outcome.state, 'granted', JSON.stringify(outcome));
  return (outcome as Outcome & { state: 'granted' }).grant; // Asserted on the line before.
}

export function challenged(outcome: Outcome): OpenAttempt {
  assert.equal(outcome.state, 'challenged', JSON.stringify(outcome));
  return (outcome as Outcome & { state: 'challenged' }).attempt; // Asserted on the line before.
}

export async function addPerson(
  { house }: Pick<Visited, 'house'>,
  identifier: string,
  roles: readonly Role[] = [],
): Promise<PersonId> {
  const added = await house.store.write((tx) =>
    house.people.add(
      tx,
      {
        identifier,
        displayName: identifier,
        email: `${identifier}@example.com`,
        roles,
        groups: [],
      },
      { door: 'cli' },
    ),
  );
  assert.ok(added.ok);
  return added.value.id;
}

export async function issuePass(
  { house }: Pick<Visited, 'house'>,
  id: PersonId,
  terms = {},
): Promise<string> {
  const issued = await house.store.write((tx) =>
    house.passes.issue(tx, id, terms, { door: 'cli' }),
  );
  assert.ok(issued.ok);
  return issued.value.code;
}

/** Comes in with a pass and gives the enrolment session's token. */
export async function comeWithPass(
  test: Visited,
  identifier: string,
  code: string,
): Promise<string> {
  const arrival = test.arrival();
  const { token } = challenged(
    await test.house.gate.ask({ to: 'enrol', who: { identifier } }, arrival),
  );
  const outcome = await test.house.gate.prove(token, { kind: 'pass', data: { code } }, arrival);
  return granted(outcome).session.token;
}

export async function enrol(
  { house, arrival }: Visited,
  token: string,
  kind: 'password' | 'totp' | 'recovery' | 'webauthn' | 'upstream',
  answer: (offer: Readonly<Record<string, unknown>>) => unknown,
  options: unknown = undefined,
): Promise<readonly string[]> {
  const came = arrival();
  const begun = await house.enrolments.begin(token, kind, options, came);
  assert.equal(begun.state, 'done', JSON.stringify(begun));
  if (begun.state !== 'done') return [];
  const offer = answer(begun.value.offer);
  const finished = await house.enrolments.finish(token, begun.value.id, offer, came);
  assert.equal(finished.state, 'done', JSON.stringify(finished));
  return finished.state === 'done' ? (finished.value.shownOnce ?? []) : [];
}

/** Someone with a password, an authenticator app and recovery codes, ready to sign in. */
export async function enrolledPerson(
  test: Visited,
  identifier: string,
  roles: readonly Role[] = [],
): Promise<TestPerson> {
  const id = await addPerson(test, identifier, roles);
  const token = await comeWithPass(test, identifier, await issuePass(test, id));
  await enrol(test, token, 'password', () => ({ password: PASSWORD }));
  let totp: TotpApp | undefined;
  await enrol(test, token, 'totp', (offer) => {
    totp = createTotpApp(String(offer.uri), test.clock);
    return { code: totp.code() };
  });
  const recovery = await enrol(test, token, 'recovery', () => ({}));
  const completed = await test.house.enrolments.complete(token, test.arrival());
  assert.equal(completed.state, 'done', JSON.stringify(completed));
  assert.ok(totp);
  // The code that confirmed the enrolment is used up.
  test.clock.advance(30_000);
  return { id, identifier, password: PASSWORD, totp, recovery };
}

/** Signs in with password and code. */
export async function signIn(
  test: Visited,
  person: TestPerson,
  arrival = test.arrival(),
): Promise<Grant> {
  const { gate } = test.house;
  const { token } = challenged(
    await gate.ask({ to: 'signIn', identifier: person.identifier }, arrival),
  );
  challenged(
    await gate.prove(token, { kind: 'password', data: { password: person.password } }, arrival),
  );
  const code = person.totp.code();
  const grant = granted(await gate.prove(token, { kind: 'totp', data: { code } }, arrival));
  test.clock.advance(30_000);
  return grant;
}
