/**
 * What waits for a person's answer on our pages, whoever asked: an application (use-cases/apps/app-requests.ts), or a log-in at a
 * network device (network/log-in-approvals.ts). Whoever can ask can also pester, so of both holds:
 *
 *   - it is answered once, within minutes, by a session whose proof was shown after it came, and with a number that stands where it
 *     was begun (three-numbers.ts): a wrong one refuses it for good;
 *   - few wait at a time, and not many come in an hour; whoever says that it was not them has an hour's peace (`isFull`, `isUnwanted`).
 *
 * Who may ask whom for what, what an answer is worth and what of it is on record is theirs; here is what waits, and its states.
 */
import { fromUtf8, utf8 } from '../../kernel/bytes.ts';
import { type Clock, HOUR, MINUTE } from '../../kernel/clock.ts';
import type { Ids, PersonId } from '../../kernel/id.ts';
import type { Queries, Tx } from '../../store/store.ts';
import type { Vault } from '../../vault/vault.ts';
import { holdAlone } from '../holding-table.ts';
import {
  type ApprovalId,
  type ApprovalKind,
  type ApprovalRow,
  type ApprovalStatus,
  type Asker,
  answerApproval,
  approvalByKey,
  askedOfPerson,
  insertApproval,
  waitingApproval,
  waitingApprovals,
} from './approval-table.ts';

/** Nothing waits longer, whatever is configured or asked for. */
export const LONGEST_WAIT = 5 * MINUTE;
/** For how long what was asked counts, and a refusal holds. */
export const REMEMBERED = HOUR;

export interface Asking<Said> {
  readonly id: ApprovalId;
  readonly key: string;
  readonly asker: Asker;
  readonly asked?: Uint8Array;
  /** Undefined where it is to be shown to nobody. */
  readonly subject: PersonId | undefined;
  readonly said: Said;
  readonly until: number;
  readonly wait?: number;
}

export interface Approvals<Said, Outcome> {
  newId(): ApprovalId;
  ask(tx: Tx, asking: Asking<Said>): Promise<void>;
  byKey(q: Queries, key: string): Promise<ApprovalRow | undefined>;
  /** One that waits for its person. */
  waiting(q: Queries, id: string, subject: PersonId): Promise<ApprovalRow | undefined>;
  allWaiting(q: Queries, subject: PersonId): Promise<readonly ApprovalRow[]>;
  /** What a person was asked in the last hour. Nobody else asks them until the transaction is over. */
  lately(tx: Tx, subject: PersonId): Promise<readonly Lately[]>;
  said(row: ApprovalRow): Said;
  /** Undefined where nobody said yes. */
  outcome(row: ApprovalRow): Outcome | undefined;
  /** Whether it was the first answer. */
  answer(tx: Tx, row: ApprovalRow, answer: Answer<Outcome>): Promise<boolean>;
}

export type Answer<Outcome> =
  | {
      readonly status: 'approved';
      readonly outcome: Outcome /** When it is not good any more. */;
      readonly until?: number;
    }
  | { readonly status: 'mismatched' | 'disowned' };

export interface Lately {
  readonly asker: Asker;
  readonly status: ApprovalStatus;
  readonly created_at: number;
  readonly expires_at: number;
}

export interface ApprovalDeps {
  readonly vault: Pick<Vault, 'system'>;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** `Said` and `Outcome` are what the one kind seals, and nobody else. */
export function createApprovals<Said extends object, Outcome extends object>(
  kind: ApprovalKind,
  { vault, clock, ids }: ApprovalDeps,
): Approvals<Said, Outcome> {
  const place = (column: string, row: string) => ({ table: 'approval', column, row });
  const seal = (column: string, row: string, value: object) =>
    vault.system('settings').seal(place(column, row), utf8(JSON.stringify(value)));
  const open = (column: string, row: string, sealed: Uint8Array): unknown =>
    JSON.parse(fromUtf8(vault.system('settings').open(place(column, row), sealed)));

  return {
    newId: () => ids.next<'approval'>(),

    async ask(tx, { id, key, asker, asked, subject, said, until, wait }) {
      const now = clock.now();
      await tx.run(insertApproval, {
        ...{ id, kind, key, asker, said: seal('said', id, said), created_at: now },
        asked: asked ?? null,
        subject_id: subject ?? null,
        expires_at: Math.min(until, now + LONGEST_WAIT),
        wait: wait ?? null,
      });
    },

    byKey: (q, key) => q.one(approvalByKey, { kind, key }),

    waiting: (q, id, subject) =>
      // Compared with ids of ours.
      q.one(waitingApproval, { kind, id: id as ApprovalId, subject, now: clock.now() }),

    allWaiting: (q, subject) => q.all(waitingApprovals, { kind, subject, now: clock.now() }),

    lately(tx, subject) {
      tx.put(holdAlone, { id: subject });
      return tx.all(askedOfPerson, { kind, subject, since: clock.now() - REMEMBERED });
    },

    said: ({ id, said }) => open('said', id, said) as Said, // Sealed by `ask` alone.

    outcome: ({ id, status, outcome }) =>
      status === 'approved' && outcome !== null
        ? (open('outcome', id, outcome) as Outcome) // Sealed by `answer` alone.
        : undefined,

    async answer(tx, row, answer) {
      if (row.subject_id === null) return false;
      const approved = answer.status === 'approved' ? answer : undefined;
      const answered = await tx.run(answerApproval, {
        id: row.id,
        subject: row.subject_id,
        status: answer.status,
        outcome: approved === undefined ? null : seal('outcome', row.id, approved.outcome),
        now: clock.now(),
        until: approved?.until ?? row.expires_at,
      });
      return answered === 1;
    },
  };
}

/** How many may wait at a time, and come in an hour. */
export interface Room {
  readonly waiting: number;
  readonly inAnHour: number;
}

export function isFull(lately: readonly Lately[], { waiting, inAnHour }: Room, now: number) {
  return lately.length >= inAnHour || lately.filter((one) => waits(one, now)).length >= waiting;
}

export const waits = ({ status, expires_at }: Lately, now: number): boolean =>
  status === 'waiting' && expires_at > now;

/** Whether the person is to be left alone: they said that it was not them, or gave wrong numbers. */
export const isUnwanted = (lately: readonly Lately[], mismatches: number): boolean =>
  lately.some(({ status }) => status === 'disowned') ||
  lately.filter(({ status }) => status === 'mismatched').length >= mismatches;
