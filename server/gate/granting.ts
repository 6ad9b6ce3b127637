/** What a granted attempt becomes: a session, a remembered device, and the event that tells of it. */
import type { Tx } from '../store/store.ts';
import type { Person } from '../subjects/person.ts';
import type { Box } from '../vault/vault.ts';
import { type Arrival, byArrival } from './arrival.ts';
import type { Attempt } from './attempts/attempts.ts';
import { moveGrants } from './entry/grant-table.ts';
import type { GateDeps } from './gate-deps.ts';
import type { Grant, SessionKind } from './outcome.ts';
import type { BoundSessions } from './sessions/bound-sessions.ts';
import type { KnownDeviceId } from './sessions/known-device-table.ts';
import type { KnownDevices } from './sessions/known-devices.ts';
import type { LiveSession, Sessions } from './sessions/sessions.ts';
import { bounded, forRecord, type ShownAt } from './shown.ts';

export interface Granting {
  /** Undefined when the session that steps up ended meanwhile: then all of it is to be undone. */
  grant(
    tx: Tx,
    granted: {
      readonly person: Person;
      readonly attempt: Attempt;
      readonly shown: readonly ShownAt[];
      readonly session: LiveSession | undefined;
      readonly device: KnownDeviceId | undefined;
      readonly box: Box;
      readonly arrival: Arrival;
      readonly policies: readonly string[];
    },
  ): Promise<Grant | undefined>;
}

export function createGranting(
  { record, clock, carryOver }: Pick<GateDeps, 'record' | 'clock' | 'carryOver'>,
  parts: {
    sessions: Sessions;
    bound: Pick<BoundSessions, 'carryOver'>;
    devices: KnownDevices;
  },
): Granting {
  const { sessions, bound, devices } = parts;
  return {
    async grant(tx, { person, attempt, shown, session, device, box, arrival, policies }) {
      const subject = person.id;
      const kind: SessionKind = shown.every(({ class: c }) => c.enrolmentOnly)
        ? 'enrolment'
        : 'full';
      const remembered = kind === 'full' ? devices.remember(tx, device, subject) : undefined;
      // A new session at each sign-in and step-up, so that no token from before is worth what was proven after.
      if (session !== undefined && !(await sessions.end(tx, session.id))) return undefined;
      const begun = await sessions.begin(tx, {
        subject,
        kind,
        shown,
        device: remembered?.id,
        knownDevice: session === undefined ? device !== undefined : session.knownDevice,
        arrival,
        box,
        renews: session,
      });
      const keyProof = session && bound.carryOver(session, begun.id, arrival);
      if (session !== undefined) {
        await carryOver(tx, session.id, begun.id);
        await tx.run(moveGrants, { from: session.id, to: begun.id });
      }
      const common = {
        ...byArrival(arrival),
        outcome: 'granted',
        subject,
        attempt: attempt.id,
        session: begun.id,
      } as const;
      const proofs = forRecord(attempt.shown, clock.now());
      if (session !== undefined) {
        await record.append(tx, {
          type: 'stepup.granted',
          ...common,
          data: { proofs, action: attempt.wish.action, policies: bounded(policies) },
        });
      } else if (kind === 'enrolment') {
        await record.append(tx, {
          type: 'session.started',
          ...common,
          data: { by: 'pass', until: begun.expiresAt },
        });
      } else {
        await record.append(tx, {
          type: 'signin.granted',
          ...common,
          data: {
            proofs,
            phishingResistant: shown.some(({ class: c }) => c.phishingResistant),
            knownDevice: device !== undefined,
            policies: bounded(policies),
          },
        });
      }
      return {
        subject,
        kind,
        session: begun,
        ...(keyProof === undefined ? {} : { keyProof }),
        ...(remembered?.token === undefined
          ? {}
          : { device: { token: remembered.token, expiresAt: remembered.expiresAt } }),
      };
    },
  };
}
