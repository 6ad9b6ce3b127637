/** What an administrator does, and those whom they let in: people come, lose a proof, are disabled and erased; policies and keys change. */
import assert from 'node:assert/strict';
import type { PersonId } from '../../server/kernel/id.ts';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import type { FolderHouse } from '../support/folder-house.ts';
import { challenged, comeWithPass, enrol, granted } from '../support/people.ts';
import { SITE } from '../support/settings.ts';
import {
  type SoftwareAuthenticator,
  softwareAuthenticator,
} from '../support/software-authenticator.ts';
import { createTotpApp } from '../support/totp-app.ts';
import { ended, live, onRecord, over, sessionName, used } from './deeds-of-people.ts';
import type { Claim, Code, Deeds } from './journal.ts';
import { codeName, goodCode, type World } from './world.ts';

interface Newcomer {
  readonly id: PersonId;
  readonly identifier: string;
  readonly passkey: SoftwareAuthenticator;
  /** The newest is the last. */
  sessions: string[];
  step: 'in' | 'removed' | 'erased';
}

function done<T>(performed: { state: string; value?: T }): T {
  assert.equal(performed.state, 'done', JSON.stringify(performed));
  return performed.value as T; // `done` comes with its value.
}

function endAll(of: string, sessions: readonly string[]): Claim[] {
  return sessions.map((each) => ended(of, each));
}

export function createOfficeDeeds(folder: FolderHouse, deeds: Deeds, world: World, round: string) {
  const { gate, administration, governance, portal, enrolments, vault } = folder.house;
  const { administrator } = world;
  const passkey = softwareAuthenticator({ saved: administrator.passkey });
  const newcomers: Newcomer[] = [];
  let session = '';
  let freshUntil = 0;
  let count = 0;
  let rotating = false;

  async function withPasskey(of: SoftwareAuthenticator) {
    const arrival = folder.arrival();
    const attempt = challenged(await gate.ask({ to: 'signIn' }, arrival));
    const [challenge] = attempt.challenges;
    assert.ok(challenge);
    const offer = { kind: 'webauthn', data: of.get(challenge.data, SITE) } as const;
    const grant = granted(await gate.prove(attempt.token, offer, arrival));
    return { grant, attempt: attempt.token, offer };
  }

  async function signInWithPasskey(who: string, of: SoftwareAuthenticator): Promise<string> {
    return deeds.do([], async () => {
      const { grant, attempt, offer } = await withPasskey(of);
      const { id, token } = grant.session;
      const claims = [over(attempt, offer), live(who, token), onRecord('signin.granted', id)];
      return { claims, value: token };
    });
  }

  return {
    /** To be done before the rest, one at a time: the office's session is fresh after it. */
    async open(): Promise<void> {
      if (folder.clock.now() < freshUntil) return;
      session = await signInWithPasskey(administrator.identifier, passkey);
      freshUntil = folder.clock.now() + 60_000;
    },

    /** Someone is added, gets a pass, comes with it, and leaves with a passkey, an app and codes. */
    async letIn(): Promise<void> {
      count += 1;
      const identifier = `newcomer-${round}-${count}`;
      const wanted = { identifier, displayName: identifier, email: null, roles: [], groups: [] };
      const id = await deeds.do([], async () => {
        const added = done(await administration.addPerson(session, wanted, folder.arrival()));
        const { id } = added.person;
        const claims: Claim[] = [
          { about: `person ${id}`, is: 'enrolling', person: id },
          onRecord('person.created', id),
        ];
        return { claims, value: id };
      });
      const pass = await deeds.do([], async () => {
        const terms = { lifetimeMinutes: 60 * 24 };
        const issued = done(await administration.issuePass(session, id, terms, folder.arrival()));
        const code: Code = { kind: 'pass', identifier, code: issued.code };
        return { claims: [goodCode(code), onRecord('pass.issued', id)], value: code };
      });
      // Every other pass waits for its day.
      if (count % 2 === 0) return;
      const token = await deeds.do([codeName(pass)], async () => {
        const token = await comeWithPass(folder, identifier, pass.code);
        return { claims: [used(pass), live(identifier, token)], value: token };
      });
      const own = softwareAuthenticator();
      await enrol(folder, token, 'webauthn', (offer) => own.create(offer, SITE));
      await enrol(folder, token, 'totp', (offer) => ({
        code: createTotpApp(String(offer.uri), folder.clock).code(),
      }));
      await enrol(folder, token, 'recovery', () => ({}));
      await deeds.do([`person ${id}`, sessionName(token)], async () => {
        done(await enrolments.complete(token, folder.arrival()));
        const claims: Claim[] = [
          { about: `person ${id}`, is: 'active', person: id },
          ended(identifier, token),
        ];
        return { claims, value: undefined };
      });
      const mine = await signInWithPasskey(identifier, own);
      newcomers.push({ id, identifier, passkey: own, sessions: [mine], step: 'in' });
    },

    /** The app is removed. */
    async removeProof(): Promise<void> {
      const one = newcomers.find(({ step }) => step === 'in');
      if (one === undefined) return;
      one.step = 'removed';
      const others = one.sessions;
      const mine = await signInWithPasskey(one.identifier, one.passkey);
      one.sessions = [mine];
      const held = done(await portal.proofs(mine, folder.arrival()));
      const app = held.find(({ kind }) => kind === 'totp');
      assert.ok(app);
      await deeds.do([`proof ${app.id}`, ...others.map(sessionName)], async () => {
        done(await portal.removeProof(mine, app.id, folder.arrival()));
        const claims: Claim[] = [
          { about: `proof ${app.id}`, is: 'removed', person: one.id, proof: app.id },
          ...endAll(one.identifier, others),
          onRecord('proof.removed', app.id),
        ];
        return { claims, value: undefined };
      });
    },

    /** All that was granted to someone is over. */
    async revoke(): Promise<void> {
      const one = newcomers.find(({ step }) => step !== 'erased');
      if (one === undefined) return;
      const { id, identifier, sessions } = one;
      one.sessions = [];
      await deeds.do(sessions.map(sessionName), async () => {
        done(await administration.revokeSessionsOf(session, id, folder.arrival()));
        return { claims: endAll(identifier, sessions), value: undefined };
      });
    },

    async erase(): Promise<void> {
      const one = newcomers.find(({ step }) => step === 'removed');
      if (one === undefined) return;
      one.step = 'erased';
      const { id, identifier, sessions } = one;
      await deeds.do([`person ${id}`, ...sessions.map(sessionName)], async () => {
        done(await administration.erasePerson(session, id, folder.arrival()));
        const claims: Claim[] = [
          { about: `person ${id}`, is: 'erased', person: id },
          ...endAll(identifier, sessions),
          onRecord('person.erased', id),
        ];
        return { claims, value: undefined };
      });
    },

    async activate(): Promise<void> {
      const files = { ...shippedPolicies(), [`round-${round}.cedar`]: `// ${count}\n` };
      await deeds.do([], async () => {
        const activated = done(
          await governance.activate(
            session,
            { files, expected: undefined, circumstances: [] },
            folder.arrival(),
          ),
        );
        if (activated.state !== 'activated') {
          // Refused is right when the machine is too busy to check them in time.
          assert.match(JSON.stringify(activated), /took longer than/);
          return { claims: [], value: undefined };
        }
        const { version } = activated;
        const claims: Claim[] = [
          { about: 'policy', is: 'at least', what: 'policy', version },
          onRecord('policy.activated', String(version)),
        ];
        return { claims, value: undefined };
      });
    },

    /** Begins in the background: people come and go meanwhile. */
    rotate(): void {
      if (rotating) return;
      rotating = true;
      void deeds
        .do([], async () => {
          const outcome = await vault.rotation.rotate({ batch: 3 });
          if (outcome.state !== 'finished') return { claims: [], value: undefined };
          const { primary: version } = outcome;
          const claims: Claim[] = [
            { about: 'ring', is: 'at least', what: 'ring', version },
            onRecord('key.rotated', String(version)),
          ];
          return { claims, value: undefined };
        })
        .finally(() => {
          rotating = false;
        });
    },
  };
}
