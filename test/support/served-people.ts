/** People of a served house who hold a passkey besides password, app and recovery codes: anyone may, administrators must. */
import assert from 'node:assert/strict';
import type { Role } from '@sallyport/contract/people.ts';
import type { Grant } from '../../server/gate/outcome.ts';
import {
  addPerson,
  challenged,
  comeWithPass,
  enrol,
  granted,
  issuePass,
  PASSWORD,
  type TestPerson,
} from './people.ts';
import type { ServedHouse } from './served-house.ts';
import { type SoftwareAuthenticator, softwareAuthenticator } from './software-authenticator.ts';
import { createTotpApp, type TotpApp } from './totp-app.ts';

export interface PasskeyPerson extends TestPerson {
  readonly passkey: SoftwareAuthenticator;
}

/** A house, and the origin of its pages. */
type Served = Pick<ServedHouse, 'house' | 'clock' | 'arrival' | 'origin'>;

export async function passkeyPerson(
  served: Served,
  identifier: string,
  roles: readonly Role[] = [],
  passkey = softwareAuthenticator(),
): Promise<PasskeyPerson> {
  const id = await addPerson(served, identifier, roles);
  const token = await comeWithPass(served, identifier, await issuePass(served, id));
  await enrol(served, token, 'password', () => ({ password: PASSWORD }));
  let totp: TotpApp | undefined;
  await enrol(served, token, 'totp', (offer) => {
    totp = createTotpApp(String(offer.uri), served.clock);
    return { code: totp.code() };
  });
  await enrol(served, token, 'webauthn', (offer) => passkey.create(offer, served.origin));
  const recovery = await enrol(served, token, 'recovery', () => ({}));
  const completed = await served.house.enrolments.complete(token, served.arrival());
  assert.equal(completed.state, 'done', JSON.stringify(completed));
  assert.ok(totp);
  // The code that confirmed the enrolment is used up.
  served.clock.advance(30_000);
  return { id, identifier, password: PASSWORD, totp, recovery, passkey };
}

/** Signs in with the passkey alone. */
export async function passkeySignIn(
  served: Served,
  { passkey }: Pick<PasskeyPerson, 'passkey'>,
  arrival = served.arrival(),
): Promise<Grant> {
  const { gate } = served.house;
  const { token, challenges } = challenged(await gate.ask({ to: 'signIn' }, arrival));
  const data = passkey.get(challenges[0]?.data ?? {}, served.origin);
  return granted(await gate.prove(token, { kind: 'webauthn', data }, arrival));
}
