/** What people and strangers do at a door, what is decided each time, and what stands on record afterwards. */
import assert from 'node:assert/strict';
import { withoutPolicies, withoutRecord } from '../support/broken.ts';
import { addPerson, issuePass, PASSWORD, type TestPerson } from '../support/people.ts';
import type { ServedHouse } from '../support/served-house.ts';
import { createTotpApp, type TotpApp } from '../support/totp-app.ts';
import type { Told, Visitor } from './way.ts';

export interface World {
  readonly served: ServedHouse;
  readonly visitor: Visitor;
  /** Somebody else at the same door. */
  another(): Visitor;
  /** With password, app and recovery codes; nobody else has come in this scenario. */
  readonly person: TestPerson;
  readonly proofs: Readonly<Record<string, string>>;
}

export interface Scenario {
  readonly does: (world: World) => Promise<readonly Told[]>;
  /** What is decided, in order; and what stands on record, as type, outcome and reason. */
  readonly decisions: readonly string[];
  readonly record: readonly string[];
}

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'two right proofs let in': {
    does: async ({ visitor, person }) => [
      await visitor.begin(person.identifier),
      await visitor.offer('password', person.password),
      await visitor.offer('totp', person.totp.code()),
      await visitor.look(),
    ],
    decisions: ['challenged', 'challenged', 'granted', 'done'],
    record: ['proof.verified challenged', 'signin.granted granted'],
  },
  'a recovery code stands in for the app, once': {
    does: async ({ visitor, another, person }) => {
      const other = another();
      const code = person.recovery[0] ?? '';
      return [
        await visitor.begin(person.identifier),
        await visitor.offer('password', person.password),
        await visitor.offer('recovery', code),
        await other.begin(person.identifier),
        await other.offer('password', person.password),
        await other.offer('recovery', code),
      ];
    },
    decisions: ['challenged', 'challenged', 'granted', 'challenged', 'challenged', 'used'],
    record: [
      'proof.verified challenged',
      'signin.granted granted',
      'proof.verified challenged',
      'proof.refused refused used',
    ],
  },
  'a wrong password is refused, and may be tried again': {
    does: async ({ visitor, person }) => [
      await visitor.begin(person.identifier),
      await visitor.offer('password', 'not the password'),
      await visitor.offer('password', person.password),
    ],
    decisions: ['challenged', 'wrong', 'challenged'],
    record: ['proof.refused refused wrong', 'proof.verified challenged'],
  },
  'a wrong code is refused, and may be tried again': {
    does: async ({ visitor, person }) => [
      await visitor.begin(person.identifier),
      await visitor.offer('password', person.password),
      await visitor.offer('totp', '000000'),
      await visitor.offer('totp', person.totp.code()),
    ],
    decisions: ['challenged', 'challenged', 'wrong', 'granted'],
    record: ['proof.verified challenged', 'proof.refused refused wrong', 'signin.granted granted'],
  },
  'a code is good once': {
    does: async ({ visitor, another, person }) => {
      const other = another();
      const code = person.totp.code();
      return [
        await visitor.begin(person.identifier),
        await visitor.offer('password', person.password),
        await visitor.offer('totp', code),
        await other.begin(person.identifier),
        await other.offer('password', person.password),
        await other.offer('totp', code),
      ];
    },
    decisions: ['challenged', 'challenged', 'granted', 'challenged', 'challenged', 'used'],
    record: [
      'proof.verified challenged',
      'signin.granted granted',
      'proof.verified challenged',
      'proof.refused refused used',
    ],
  },
  'the second proof is not taken first': {
    does: async ({ visitor, person }) => [
      await visitor.begin(person.identifier),
      await visitor.offer('totp', person.totp.code()),
    ],
    decisions: ['challenged', 'not-asked'],
    record: ['proof.refused refused not-asked'],
  },
  'five wrong tries end the attempt, and the next have to wait': {
    async does({ visitor, another, person }) {
      const told = [await visitor.begin(person.identifier)];
      for (let i = 0; i < 5; i++) told.push(await visitor.offer('password', `wrong ${i}`));
      const other = another();
      told.push(await other.begin(person.identifier));
      told.push(await other.offer('password', person.password));
      return told;
    },
    decisions: [
      'challenged',
      'wrong',
      'wrong',
      'wrong',
      'wrong',
      'over',
      'challenged',
      'throttled',
    ],
    record: [
      ...new Array<string>(5).fill('proof.refused refused wrong'),
      'throttle.engaged refused',
      'proof.refused refused throttled',
    ],
  },
  'nobody is told apart from somebody': {
    does: async ({ visitor }) => [
      await visitor.begin('nobody-of-that-name'),
      await visitor.offer('password', 'not the password'),
    ],
    decisions: ['challenged', 'wrong'],
    record: ['proof.refused refused unknown-subject'],
  },
  'who is disabled is refused as if nobody were there': {
    async does({ served, visitor, person }) {
      const by = { door: 'cli' };
      await served.house.store.write((tx) => served.house.acts.disable(tx, person.id, by));
      return [
        await visitor.begin(person.identifier),
        await visitor.offer('password', person.password),
      ];
    },
    decisions: ['challenged', 'wrong'],
    record: ['person.disabled done', 'proof.refused refused disabled'],
  },
  'policies that can’t be read let nobody in, until they can': {
    async does({ served, visitor, another, person }) {
      const told: Told[] = [];
      await withoutPolicies(served, async () => {
        told.push(await visitor.begin(person.identifier));
        told.push(await visitor.offer('password', person.password));
      });
      const other = another();
      told.push(await other.begin(person.identifier));
      told.push(await other.offer('password', person.password));
      told.push(await other.offer('totp', person.totp.code()));
      return told;
    },
    decisions: ['challenged', 'not-permitted', 'challenged', 'challenged', 'granted'],
    record: [
      'signin.refused refused no-rung',
      'proof.verified challenged',
      'signin.granted granted',
    ],
  },
  'a record that can’t be written lets nobody in, until it can': {
    async does({ served, visitor, another, person }) {
      const told = [await visitor.begin(person.identifier)];
      await withoutRecord(served, async () => {
        told.push(await visitor.offer('password', person.password));
      });
      const other = another();
      told.push(await other.begin(person.identifier));
      told.push(await other.offer('password', person.password));
      told.push(await other.offer('totp', person.totp.code()));
      return told;
    },
    decisions: ['challenged', 'failed', 'challenged', 'challenged', 'granted'],
    record: ['proof.verified challenged', 'signin.granted granted'],
  },
  'an attempt that took too long is over': {
    async does({ served, visitor, person }) {
      const begun = await visitor.begin(person.identifier);
      served.clock.advance(10 * 60_000);
      return [begun, await visitor.offer('password', person.password)];
    },
    decisions: ['challenged', 'over'],
    record: [],
  },
  'what is sensitive asks for a fresh proof, in a session that is renewed by it': {
    async does({ served, visitor, another, person, proofs }) {
      const told = [
        await visitor.begin(person.identifier),
        await visitor.offer('password', person.password),
        await visitor.offer('totp', person.totp.code()),
      ];
      served.clock.advance(6 * 60_000);
      const old = visitor.session();
      const { recovery = '' } = proofs;
      told.push(await visitor.wantToRemove(recovery));
      told.push(await visitor.offer('totp', '000000'));
      told.push(await visitor.offer('totp', person.totp.code()));
      told.push(await visitor.wantToRemove(recovery));
      told.push(await visitor.remove(recovery));
      const thief = another();
      thief.use(old);
      told.push(await thief.look());
      return told;
    },
    decisions: [
      'challenged',
      'challenged',
      'granted',
      'challenged',
      'wrong',
      'granted',
      'granted',
      'done',
      'no-session',
    ],
    record: [
      'proof.verified challenged',
      'signin.granted granted',
      'proof.refused refused wrong',
      'stepup.granted granted',
      'proof.removed done',
    ],
  },
  'a session that was ended is none': {
    async does({ visitor, another, person }) {
      await visitor.begin(person.identifier);
      await visitor.offer('password', person.password);
      await visitor.offer('totp', person.totp.code());
      const thief = another();
      thief.use(visitor.session());
      return [
        await thief.look(),
        await visitor.signOut(),
        await thief.look(),
        await visitor.look(),
      ];
    },
    decisions: ['done', 'done', 'no-session', 'no-session'],
    record: ['proof.verified challenged', 'signin.granted granted', 'session.ended done asked'],
  },
  'a session that idled is none': {
    async does({ served, visitor, person }) {
      await visitor.begin(person.identifier);
      await visitor.offer('password', person.password);
      await visitor.offer('totp', person.totp.code());
      served.clock.advance(3_600_000);
      return [await visitor.look()];
    },
    decisions: ['no-session'],
    record: ['proof.verified challenged', 'signin.granted granted'],
  },
  'a pass sets up proofs and nothing else, and the proofs then let in': {
    async does({ served, visitor, another }) {
      const name = `newcomer-${served.clock.now()}`;
      const code = await issuePass(served, await addPerson(served, name));
      let app: TotpApp | undefined;
      const told = [
        await visitor.comeWithPass(name, 'AAAA-BBBB-CCCC-DDDD'),
        await visitor.comeWithPass(name, code),
        await visitor.look(),
        await visitor.finish(),
        await visitor.setUp('password', () => 'password'),
        await visitor.setUp('password', () => PASSWORD),
        await visitor.setUp('totp', (uri) => {
          app = createTotpApp(uri, served.clock);
          return app.code();
        }),
      ];
      const { codes = [], ...made } = await visitor.setUp('recovery', () => '');
      assert.equal(codes.length, 10);
      told.push(made, await visitor.finish());
      served.clock.advance(30_000);
      const other = another();
      told.push(await other.begin(name));
      told.push(await other.offer('password', PASSWORD));
      told.push(await other.offer('totp', app?.code() ?? ''));
      told.push(await other.comeWithPass(name, code));
      return told.map(({ decision, wait, asks }) => ({
        // What may not be looked at is told in words of each door’s own; that it is not shown is the same.
        decision: decision === 'not-permitted' ? 'no-session' : decision,
        ...(wait === undefined ? {} : { wait }),
        ...(asks === undefined ? {} : { asks }),
      }));
    },
    decisions: [
      'wrong',
      'granted',
      'no-session',
      'failed',
      'failed',
      'done',
      'done',
      'done',
      'done',
      'challenged',
      'challenged',
      'granted',
      'wrong',
    ],
    record: [
      'person.created done',
      'pass.issued done',
      'proof.refused refused wrong',
      'session.started granted',
      'access.refused refused not-permitted',
      'proof.enrolment-refused refused breached',
      'proof.enrolled done',
      'proof.enrolled done',
      'recovery.regenerated done',
      'person.enabled done',
      'proof.verified challenged',
      'signin.granted granted',
      'proof.refused refused not-held',
    ],
  },
  'one proof is not enough, and there is no other': {
    async does({ served, visitor, another }) {
      const name = `half-${served.clock.now()}`;
      const code = await issuePass(served, await addPerson(served, name));
      await visitor.comeWithPass(name, code);
      await visitor.setUp('password', () => PASSWORD);
      const other = another();
      return [await other.begin(name), await other.offer('password', PASSWORD)];
    },
    decisions: ['challenged', 'not-permitted'],
    record: [
      'person.created done',
      'pass.issued done',
      'session.started granted',
      'proof.enrolled done',
      'signin.refused refused no-rung',
    ],
  },
};
