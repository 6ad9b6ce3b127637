/** People who come by the API alone, as a native client would bring them. */
import assert from 'node:assert/strict';
import type { Role } from '@sallyport/contract/people.ts';
import type { PersonId } from '../../server/kernel/id.ts';
import { addPerson, issuePass } from '../support/people.ts';
import {
  type SoftwareAuthenticator,
  softwareAuthenticator,
} from '../support/software-authenticator.ts';
import { createTotpApp, type TotpApp } from '../support/totp-app.ts';
import type { Answered, ApiHouse } from './api-house.ts';

export const PASSWORD = 'correct horse battery staple';
/** Where the browser of these people says that it is. */
const ORIGIN = 'http://localhost:8080';

export interface ApiPerson {
  readonly id: PersonId;
  readonly identifier: string;
  readonly totp: TotpApp;
  readonly passkey: SoftwareAuthenticator;
  readonly recovery: readonly string[];
}

/** Comes in with a pass and gives the enrolment session’s token. */
export async function comeWithPass(api: ApiHouse, identifier: string, code: string) {
  const granted = await api.done('beginAttempt', {
    body: { to: 'enrol', identifier, proof: { kind: 'pass', data: { code } } },
  });
  assert.equal(granted.state, 'granted');
  assert.equal(granted.kind, 'enrolment');
  return granted.session.token as string;
}

export async function enrol(
  api: ApiHouse,
  token: string,
  kind: string,
  // biome-ignore lint/suspicious/noExplicitAny: each kind’s offer has a form of its own.
  answer: (offer: any) => unknown,
  options?: Record<string, unknown>,
): Promise<readonly string[]> {
  const begun = await api.done('beginMyEnrolment', {
    token,
    body: { kind, ...(options === undefined ? {} : { options }) },
  });
  const finished = await api.done('finishMyEnrolment', {
    token,
    params: { id: begun.id },
    body: { data: answer(begun.offer) },
  });
  return finished.shownOnce;
}

/** Someone with a password, an app, a passkey and recovery codes. */
export async function enrolled(
  api: ApiHouse,
  identifier: string,
  roles: readonly Role[] = [],
): Promise<ApiPerson> {
  const id = await addPerson(api, identifier, roles);
  return setUp(api, id, identifier, await issuePass(api, id));
}

/** From a pass to a person who can sign in. */
export async function setUp(
  api: ApiHouse,
  id: PersonId,
  identifier: string,
  pass: string,
): Promise<ApiPerson> {
  const token = await comeWithPass(api, identifier, pass);
  const passkey = softwareAuthenticator();
  let totp: TotpApp | undefined;
  await enrol(api, token, 'password', () => ({ password: PASSWORD }));
  await enrol(api, token, 'totp', (offer) => {
    totp = createTotpApp(offer.uri, api.clock);
    return { code: totp.code() };
  });
  await enrol(api, token, 'webauthn', (offer) => passkey.create(offer, ORIGIN));
  const recovery = await enrol(api, token, 'recovery', () => ({}));
  await api.done('completeMyEnrolment', { token });
  assert.ok(totp);
  // The code that confirmed the enrolment is used up.
  api.clock.advance(30_000);
  return { id, identifier, totp, passkey, recovery };
}

/** Signs in with the passkey alone, without a name: two kinds, and phishing-resistant. */
export async function signIn(api: ApiHouse, { passkey, id }: ApiPerson): Promise<string> {
  const { attempt } = await api.done('beginAttempt', { body: { to: 'signIn' } });
  const granted = await offerPasskey(api, attempt, passkey);
  assert.equal(granted.person, id);
  return granted.session.token;
}

/** Shows the passkey again in a session; gives the session that takes its place. */
export async function stepUp(
  api: ApiHouse,
  { passkey }: ApiPerson,
  token: string,
  action: string,
  person?: string,
): Promise<string> {
  const { attempt } = await api.done('beginAttempt', {
    token,
    body: { to: 'stepUp', action, ...(person === undefined ? {} : { person }) },
  });
  const granted = await offerPasskey(api, attempt, passkey, token);
  return granted.session.token;
}

async function offerPasskey(
  api: ApiHouse,
  attempt: Answered['body'],
  passkey: SoftwareAuthenticator,
  token?: string,
) {
  const challenge = attempt.challenges.find(({ kind }: { kind: string }) => kind === 'webauthn');
  assert.ok(challenge, JSON.stringify(attempt));
  return api.done('offerProof', {
    token,
    params: { id: attempt.id },
    body: {
      attempt: attempt.token,
      proof: { kind: 'webauthn', data: passkey.get(challenge.data, ORIGIN) },
    },
  });
}
