/**
 * A person's own log-ins that wait at network devices (gate/network/approvals.ts): who named themselves there with the right password
 * finds them on their page, and answers with a passkey that was shown after the log-in came, and with the number that stands there.
 * What the passkey is good for together with the password, the gate judges at the network device's door.
 */
import type { Clock } from '../../../kernel/clock.ts';
import type { DeviceId } from '../../../kernel/id.ts';
import { failed, ok } from '../../../kernel/result.ts';
import type { Recorder } from '../../../record/record.ts';
import type { Queries } from '../../../store/store.ts';
import type { Devices } from '../../../subjects/devices.ts';
import type { Vault } from '../../../vault/vault.ts';
import type { Arrival } from '../../arrival.ts';
import { assured, type Demand } from '../../demand.ts';
import type { Gate, Performed } from '../../gate.ts';
import {
  type ApprovalId,
  type ApprovalRow,
  answerApproval,
  waitingApproval,
  waitingApprovals,
} from '../../network/approval-table.ts';
import { approvedUntil, openSaid } from '../../network/approvals.ts';
import type { LiveSession } from '../../sessions/sessions.ts';
import { type ShownAt, writeShown } from '../../shown.ts';
import { PORTAL, type Wish } from '../../wish.ts';
import type { NotFound } from '../answered.ts';

export interface OwnLogIn {
  readonly id: ApprovalId;
  /** The network device, as administrators named it. */
  readonly client: string;
  readonly service: string;
  readonly createdAt: number;
  readonly expiresAt: number;
}

export interface AskedLogIn extends OwnLogIn {
  readonly address: string;
  readonly station: string | undefined;
  /** Whether a number stands at the network device. */
  readonly numbered: boolean;
  /** Whether the proof that it takes was shown since. */
  readonly ready: boolean;
  readonly demand: Demand;
}

export type LogInAnswered = 'approved' | 'mismatched';

export interface OwnLogIns {
  list(session: string, arrival: Arrival): Promise<Performed<readonly OwnLogIn[], never>>;
  look(session: string, id: string, arrival: Arrival): Promise<Performed<AskedLogIn, NotFound>>;
  /** With the number that stands at the network device, where one does. A wrong one refuses the log-in for good. */
  answer(
    session: string,
    id: string,
    number: number | undefined,
    arrival: Arrival,
  ): Promise<Performed<LogInAnswered, NotFound | { readonly code: 'no-proof' }>>;
  /** "This wasn't me." */
  disown(session: string, id: string, arrival: Arrival): Promise<Performed<void, NotFound>>;
}

const READ_SELF: Wish = { action: 'readSelf', resource: PORTAL };
const NOT_FOUND: NotFound = { code: 'not-found' };

export function createOwnLogIns({
  gate,
  vault,
  devices,
  record,
  clock,
}: {
  readonly gate: Pick<Gate, 'read' | 'perform'>;
  readonly vault: Pick<Vault, 'system'>;
  readonly devices: Pick<Devices, 'get'>;
  readonly record: Recorder;
  readonly clock: Clock;
}): OwnLogIns {
  const waiting = (q: Queries, id: string, { subject }: LiveSession) =>
    // Compared with ids of ours.
    q.one(waitingApproval, { id: id as ApprovalId, subject, now: clock.now() });

  async function own(q: Queries, row: ApprovalRow): Promise<OwnLogIn> {
    const { id, client_id, service, created_at: createdAt, expires_at: expiresAt } = row;
    const device = await devices.get(q, client_id as DeviceId);
    return { id, client: device?.name ?? '', service, createdAt, expiresAt };
  }

  /** The passkey or card that was shown since; of one shown before, nobody knows whether it was for this. */
  function proofFor({ kind, shown }: LiveSession, demand: Demand): ShownAt | undefined {
    if (kind !== 'full') return undefined;
    const now = clock.now();
    return shown.findLast((one) => assured([one], now, demand) !== undefined);
  }

  return {
    list: (session, arrival) =>
      gate.read(session, READ_SELF, arrival, async (q, { subject }) => {
        const rows = await q.all(waitingApprovals, { subject, now: clock.now() });
        return Promise.all(rows.map((row) => own(q, row)));
      }),

    async look(session, id, arrival) {
      const read = await gate.read(session, READ_SELF, arrival, async (q, live) => {
        const row = await waiting(q, id, live);
        if (row === undefined) return undefined;
        const { address, station, number } = openSaid(vault, row);
        const demand = demandOf(row);
        const ready = proofFor(live, demand) !== undefined;
        const numbered = number !== undefined;
        return { ...(await own(q, row)), address, station, numbered, ready, demand };
      });
      if (read.state !== 'done') return read;
      return read.value === undefined
        ? { state: 'failed', error: NOT_FOUND }
        : { state: 'done', value: read.value };
    },

    answer: (session, id, number, arrival) =>
      gate.perform<LogInAnswered, NotFound | { readonly code: 'no-proof' }>(
        session,
        READ_SELF,
        arrival,
        async (tx, { session: live, by }) => {
          const row = await waiting(tx, id, live);
          if (row === undefined) return failed(NOT_FOUND);
          const proof = proofFor(live, demandOf(row));
          if (proof === undefined) return failed({ code: 'no-proof' });
          const now = clock.now();
          const { subject } = live;
          const { client_id: client, service, attempt_id: attempt } = row;
          const expected = openSaid(vault, row).number;
          const right = number === expected;
          const answered = await tx.run(answerApproval, {
            id: row.id,
            subject,
            now,
            ...(right
              ? { status: 'approved', shown: writeShown([proof]), until: approvedUntil(row, now) }
              : { status: 'mismatched', shown: null, until: row.expires_at }),
          });
          if (answered !== 1) return failed(NOT_FOUND);
          const common = { subject, attempt, ...by };
          const about = { client, service, approval: row.id };
          await record.append(
            tx,
            right
              ? {
                  type: 'login.approved',
                  outcome: 'granted',
                  ...common,
                  data: { ...about, numbered: expected !== undefined },
                }
              : {
                  type: 'login.mismatched',
                  outcome: 'refused',
                  ...common,
                  reason: 'wrong',
                  data: about,
                },
          );
          return ok(right ? 'approved' : 'mismatched');
        },
      ),

    disown: (session, id, arrival) =>
      gate.perform(session, READ_SELF, arrival, async (tx, { session: live, by }) => {
        const row = await waiting(tx, id, live);
        if (row === undefined) return failed(NOT_FOUND);
        const { subject } = live;
        const now = clock.now();
        const answer = { id: row.id, subject, status: 'disowned', shown: null, now } as const;
        if ((await tx.run(answerApproval, { ...answer, until: row.expires_at })) !== 1) {
          return failed(NOT_FOUND);
        }
        await record.append(tx, {
          type: 'login.disowned',
          outcome: 'refused',
          subject,
          attempt: row.attempt_id,
          ...by,
          reason: 'trouble',
          data: { client: row.client_id, service: row.service, approval: row.id },
        });
        return ok(undefined);
      }),
  };
}

/** What the person has to show: something that can't be phished, after the log-in came. */
function demandOf({ created_at }: ApprovalRow): Demand {
  return { since: created_at, acr: ['phr'] };
}
