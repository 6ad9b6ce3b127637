/**
 * A person's own log-ins that wait at network devices (gate/network/log-in-approvals.ts): who named themselves there with the right password
 * finds them on their page, and answers with a passkey that was shown after the log-in came, and with the number that stands there.
 * What the passkey is good for together with the password, the gate judges at the network device's door.
 */
import type { Clock } from '../../../kernel/clock.ts';
import type { DeviceId, Ids } from '../../../kernel/id.ts';
import { failed, ok } from '../../../kernel/result.ts';
import type { Recorder } from '../../../record/record.ts';
import type { Queries, Tx } from '../../../store/store.ts';
import type { Devices } from '../../../subjects/devices.ts';
import type { Vault } from '../../../vault/vault.ts';
import type { ApprovalId, ApprovalRow } from '../../approvals/approval-table.ts';
import type { Arrival } from '../../arrival.ts';
import type { AttemptId } from '../../attempts/attempt-table.ts';
import { assured, type Demand } from '../../demand.ts';
import type { Gate, Performed } from '../../gate.ts';
import { APPROVAL_GRACE, createHeldLogIns } from '../../network/log-in-approvals.ts';
import type { LiveSession } from '../../sessions/sessions.ts';
import type { ShownAt } from '../../shown.ts';
import { NOT_FOUND, type NotFound } from '../answered.ts';
import { type Answering, createOwnApprovals, type Refusal } from '../own-approvals.ts';

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

export function createOwnLogIns({
  gate,
  devices,
  record,
  ...deps
}: {
  readonly gate: Pick<Gate, 'read' | 'perform'>;
  readonly vault: Pick<Vault, 'system'>;
  readonly devices: Pick<Devices, 'get'>;
  readonly record: Recorder;
  readonly clock: Clock;
  readonly ids: Ids;
}): OwnLogIns {
  const { clock } = deps;
  const approvals = createHeldLogIns(deps);
  const mine = createOwnApprovals(gate, approvals);

  async function own(q: Queries, row: ApprovalRow): Promise<OwnLogIn> {
    const { id, asker, created_at: createdAt, expires_at: expiresAt } = row;
    const device = await devices.get(q, asker as DeviceId); // Of log-ins.
    const { service } = approvals.said(row);
    return { id, client: device?.name ?? '', service, createdAt, expiresAt };
  }

  /** The passkey or card that was shown since; of one shown before, nobody knows whether it was for this. */
  function proofFor({ kind, shown }: LiveSession, demand: Demand): ShownAt | undefined {
    if (kind !== 'full') return undefined;
    const now = clock.now();
    return shown.findLast((one) => assured([one], now, demand) !== undefined);
  }

  /** What every event of an answer says. */
  function about({ row, session, by }: Answering) {
    const attempt = row.key as AttemptId; // Of log-ins.
    const data = { client: row.asker, service: approvals.said(row).service, approval: row.id };
    return { subject: session.subject, attempt, ...by, data };
  }

  const refused =
    (status: Refusal) =>
    async (tx: Tx, answering: Answering): Promise<void> => {
      const wrong = status === 'mismatched';
      await record.append(tx, {
        type: wrong ? 'login.mismatched' : 'login.disowned',
        outcome: 'refused',
        ...about(answering),
        reason: wrong ? 'wrong' : 'trouble',
      });
    };

  return {
    list: (session, arrival) => mine.list(session, arrival, own),

    look: (session, id, arrival) =>
      mine.look(session, id, arrival, async (q, row, live) => {
        const { address, station, number } = approvals.said(row);
        const demand = demandOf(row);
        const ready = proofFor(live, demand) !== undefined;
        const numbered = number !== undefined;
        return { ...(await own(q, row)), address, station, numbered, ready, demand };
      }),

    answer: (session, id, number, arrival) =>
      mine.answer<LogInAnswered, NotFound | { readonly code: 'no-proof' }>(
        session,
        id,
        arrival,
        async (tx, answering) => {
          const { row } = answering;
          const shown = proofFor(answering.session, demandOf(row));
          if (shown === undefined) return failed({ code: 'no-proof' });
          const expected = approvals.said(row).number;
          if (number !== expected) {
            if (!(await approvals.answer(tx, row, { status: 'mismatched' }))) {
              return failed(NOT_FOUND);
            }
            await refused('mismatched')(tx, answering);
            return ok('mismatched');
          }
          // Good for its own time, and a moment longer for whoever approved at its end.
          const until = Math.max(row.expires_at, clock.now() + APPROVAL_GRACE);
          const answer = { status: 'approved', outcome: { shown }, until } as const;
          if (!(await approvals.answer(tx, row, answer))) return failed(NOT_FOUND);
          const { data, ...said } = about(answering);
          await record.append(tx, {
            type: 'login.approved',
            outcome: 'granted',
            ...said,
            data: { ...data, numbered: expected !== undefined },
          });
          return ok('approved');
        },
      ),

    disown: (session, id, arrival) =>
      mine.refuse(session, id, 'disowned', arrival, refused('disowned')),
  };
}

/** What the person has to show: something that can't be phished, after the log-in came. */
function demandOf({ created_at }: ApprovalRow): Demand {
  return { since: created_at, acr: ['phr'] };
}
