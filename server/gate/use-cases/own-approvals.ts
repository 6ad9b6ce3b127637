/**
 * What waits for a person's answer, as they find it on their own page: seen, refused, and answered at most once. What is shown of one
 * and what an answer does depends on who asked (apps/app-requests.ts, network/own-log-ins.ts).
 */
import { failed, ok, type Result } from '../../kernel/result.ts';
import type { By } from '../../record/record.ts';
import type { Queries, Tx } from '../../store/store.ts';
import type { ApprovalRow } from '../approvals/approval-table.ts';
import type { Approvals } from '../approvals/approvals.ts';
import type { Arrival } from '../arrival.ts';
import type { Gate, Performed } from '../gate.ts';
import type { LiveSession } from '../sessions/sessions.ts';
import { READ_SELF } from '../wish.ts';
import { found, NOT_FOUND, type NotFound } from './answered.ts';

export interface Answering {
  readonly row: ApprovalRow;
  readonly session: LiveSession;
  readonly by: By;
}

/** What refuses one for good. */
export type Refusal = 'mismatched' | 'disowned';

export interface OwnApprovals {
  /** What `view` finds to show of each that waits. */
  list<T>(
    session: string,
    arrival: Arrival,
    view: (q: Queries, row: ApprovalRow) => Promise<T | undefined>,
  ): Promise<Performed<readonly T[], never>>;
  look<T>(
    session: string,
    id: string,
    arrival: Arrival,
    view: (q: Queries, row: ApprovalRow, session: LiveSession) => Promise<T | undefined>,
  ): Promise<Performed<T, NotFound>>;
  /** Not found when it is answered, over or somebody else's. */
  answer<T, E>(
    session: string,
    id: string,
    arrival: Arrival,
    work: (tx: Tx, answering: Answering) => Promise<Result<T, E | NotFound>>,
  ): Promise<Performed<T, E | NotFound>>;
  /** `note` has it on record. */
  refuse(
    session: string,
    id: string,
    status: Refusal,
    arrival: Arrival,
    note: (tx: Tx, answering: Answering) => Promise<void>,
  ): Promise<Performed<void, NotFound>>;
}

export function createOwnApprovals<Said, Outcome>(
  gate: Pick<Gate, 'read' | 'perform'>,
  approvals: Approvals<Said, Outcome>,
): OwnApprovals {
  const answer: OwnApprovals['answer'] = (session, id, arrival, work) =>
    gate.perform(session, READ_SELF, arrival, async (tx, { session: live, by }) => {
      const row = await approvals.waiting(tx, id, live.subject);
      return row === undefined ? failed(NOT_FOUND) : work(tx, { row, session: live, by });
    });

  return {
    list: (session, arrival, view) =>
      gate.read(session, READ_SELF, arrival, async (q, { subject }) => {
        const rows = await approvals.allWaiting(q, subject);
        const seen = await Promise.all(rows.map((row) => view(q, row)));
        return seen.filter((one) => one !== undefined);
      }),

    look: (session, id, arrival, view) =>
      found(
        gate.read(session, READ_SELF, arrival, async (q, live) => {
          const row = await approvals.waiting(q, id, live.subject);
          return row && view(q, row, live);
        }),
      ),

    answer,

    refuse: (session, id, status, arrival, note) =>
      answer<void, never>(session, id, arrival, async (tx, answering) => {
        if (!(await approvals.answer(tx, answering.row, { status }))) return failed(NOT_FOUND);
        await note(tx, answering);
        return ok(undefined);
      }),
  };
}
