/** What people do for themselves, each a deed that says what it doubts and what holds once the gate has answered. */
import assert from 'node:assert/strict';
import type { Offer } from '../../server/gate/offer.ts';
import type { Grant } from '../../server/gate/outcome.ts';
import { PORTAL } from '../../server/gate/wish.ts';
import type { FolderHouse } from '../support/folder-house.ts';
import { challenged, enrol, granted } from '../support/people.ts';
import { createTotpApp } from '../support/totp-app.ts';
import type { Claim, Code, Deeds } from './journal.ts';
import { codeName, goodCode, type KnownPerson } from './world.ts';

export interface Holding {
  readonly person: KnownPerson;
  sessions: string[];
  recovery: string[];
}

export const sessionName = (token: string) => `session ${token}`;
const session = (is: 'live' | 'ended') => (of: string, token: string) =>
  ({ about: sessionName(token), is, session: token, of }) satisfies Claim;
export const live = session('live');
export const ended = session('ended');
export const onRecord = (type: string, key: string): Claim => ({
  about: `${type} ${key}`,
  is: 'on record',
  type,
  key,
});
export const used = (code: Code): Claim => ({ about: codeName(code), is: 'used', code });
export const over = (attempt: string, offer: Offer): Claim => ({
  about: `attempt ${attempt}`,
  is: 'over',
  attempt,
  offer,
});

export function createPeopleDeeds(folder: FolderHouse, deeds: Deeds) {
  const { gate, portal } = folder.house;

  /** Signs in with the password and a code that is good once. */
  async function signIn(holding: Holding, kind: 'totp' | 'recovery'): Promise<void> {
    const { identifier, password, uri } = holding.person;
    const code =
      kind === 'totp' ? createTotpApp(uri, folder.clock).code() : (holding.recovery.pop() ?? '');
    const spent: Code = { kind, identifier, code };
    const offer: Offer = { kind, data: { code } };
    const session = await deeds.do([codeName(spent)], async () => {
      const arrival = folder.arrival();
      const { token } = challenged(await gate.ask({ to: 'signIn', identifier }, arrival));
      challenged(await gate.prove(token, { kind: 'password', data: { password } }, arrival));
      const grant: Grant = granted(await gate.prove(token, offer, arrival));
      const claims = [
        used(spent),
        over(token, offer),
        live(identifier, grant.session.token),
        onRecord('signin.granted', grant.session.id),
      ];
      return { claims, value: grant.session.token };
    });
    holding.sessions.push(session);
  }

  /** Renews a session with a code: the one before it is over. */
  async function stepUp(holding: Holding): Promise<void> {
    const before = holding.sessions[0];
    if (before === undefined) return signIn(holding, 'totp');
    const { identifier, uri } = holding.person;
    const code = createTotpApp(uri, folder.clock).code();
    const spent: Code = { kind: 'totp', identifier, code };
    const session = await deeds.do([sessionName(before), codeName(spent)], async () => {
      const arrival = folder.arrival();
      const wish = { action: 'enrolProof', resource: PORTAL } as const;
      const asked = await gate.ask({ to: 'stepUp', session: before, wish }, arrival);
      if (asked.state === 'granted') return { claims: [live(identifier, before)], value: before };
      const { token } = challenged(asked);
      const offer: Offer = { kind: 'totp', data: { code } };
      const grant = granted(await gate.prove(token, offer, arrival));
      const claims = [
        used(spent),
        over(token, offer),
        ended(identifier, before),
        live(identifier, grant.session.token),
        onRecord('stepup.granted', grant.session.id),
      ];
      return { claims, value: grant.session.token };
    });
    holding.sessions[0] = session;
  }

  async function signOut(holding: Holding): Promise<void> {
    const session = holding.sessions.pop();
    if (session === undefined) return;
    await deeds.do([sessionName(session)], async () => {
      const out = await portal.signOut(session, folder.arrival());
      assert.equal(out.state, 'done', JSON.stringify(out));
      return { claims: [ended(holding.person.identifier, session)], value: undefined };
    });
  }

  async function endOthers(holding: Holding): Promise<void> {
    const [mine, ...others] = holding.sessions;
    if (mine === undefined) return;
    await deeds.do(others.map(sessionName), async () => {
      const out = await portal.endOtherSessions(mine, folder.arrival());
      assert.equal(out.state, 'done', JSON.stringify(out));
      const claims = others.map((other) => ended(holding.person.identifier, other));
      return { claims, value: undefined };
    });
    holding.sessions = [mine];
  }

  /** New codes, which void those that are left. */
  async function newCodes(holding: Holding): Promise<void> {
    await stepUp(holding);
    const [session] = holding.sessions;
    if (session === undefined) return;
    const { identifier } = holding.person;
    const before = holding.recovery.map((code): Code => ({ kind: 'recovery', identifier, code }));
    holding.recovery = await deeds.do(before.map(codeName), async () => {
      const codes = await enrol(folder, session, 'recovery', () => ({}));
      const claims = [
        ...before.map((code): Claim => ({ about: codeName(code), is: 'void', code })),
        ...codes.map((code) => goodCode({ kind: 'recovery', identifier, code })),
      ];
      return { claims, value: [...codes] };
    });
  }

  return { signIn, stepUp, signOut, endOthers, newCodes };
}
