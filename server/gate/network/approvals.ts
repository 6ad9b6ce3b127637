/**
 * Log-ins at network devices that are finished in a browser: what a network device can carry is a password and a code, and whoever has
 * to show a passkey, or would rather, shows it on our pages while the log-in waits (use-cases/network/own-log-ins.ts is that side).
 *
 *   hold      the password was right, and a proof is wanted that the door can't carry: the person finds the log-in on their page
 *   collect   how it stands; once approved, the gate judges password and passkey together as it judges any attempt, once
 *
 * Nothing is shown on anybody's page before a right password, so strangers can't pester. Whoever knows the password can: a number
 * stands at the network device, which has to be typed on the page; few log-ins wait at a time; and whoever says that it was not them
 * hears no more of it for an hour, or until they have changed the password.
 */
import { fromUtf8, utf8 } from '../../kernel/bytes.ts';
import { HOUR, MINUTE } from '../../kernel/clock.ts';
import { listHeld } from '../../proofs/held-proofs.ts';
import type { Tx } from '../../store/store.ts';
import { type Arrival, byArrival } from '../arrival.ts';
import type { Attempt, Attempts } from '../attempts/attempts.ts';
import type { GateDeps } from '../gate-deps.ts';
import { holdAlone } from '../holding-table.ts';
import type { Settled } from '../settle.ts';
import { readShown, type ShownAt } from '../shown.ts';
import { numberToType } from '../three-numbers.ts';
import {
  type ApprovalId,
  type ApprovalRow,
  approvalOfAttempt,
  approvalsAskedOf,
  insertApproval,
  useApproval,
  withdrawApproval,
} from './approval-table.ts';
import type { Held, Holding } from './network-words.ts';

export const APPROVALS_REMEMBERED = HOUR;
/** Who approves in the last moment still has to press a key at the network device. */
export const APPROVAL_GRACE = MINUTE / 2;

const bounds = Object.freeze({ waiting: 3, inAnHour: 30, mismatches: 3 });
const LONGEST = 5 * MINUTE;

/** What is kept of a log-in, sealed. */
export interface SaidOfLogIn {
  readonly address: string;
  readonly station?: string | undefined;
  /** Undefined where the network device can show none. */
  readonly number?: number | undefined;
}

export interface Approvals {
  hold(token: string, holding: Holding, arrival: Arrival): Promise<Held>;
  collect(token: string, arrival: Arrival): Promise<Settled | { readonly state: 'waiting' }>;
  /** Nobody waits for it any more. */
  withdraw(token: string, arrival: Arrival): Promise<void>;
}

const place = (row: string) => ({ table: 'log_in_approval', column: 'said', row });

export function openSaid(vault: Pick<GateDeps['vault'], 'system'>, { id, said }: ApprovalRow) {
  return JSON.parse(fromUtf8(vault.system('settings').open(place(id), said))) as SaidOfLogIn; // Sealed below alone.
}

export function createApprovals(
  deps: Pick<GateDeps, 'store' | 'vault' | 'record' | 'clock' | 'random' | 'ids'>,
  parts: {
    readonly attempts: Attempts;
    proveElsewhere(
      token: string,
      shown: ShownAt,
      spend: (tx: Pick<Tx, 'run'>) => Promise<boolean>,
      arrival: Arrival,
    ): Promise<Settled>;
  },
): Approvals {
  const { store, vault, record, clock, random, ids } = deps;
  const { attempts, proveElsewhere } = parts;

  /** Whether the person is to be left alone: too much waits, or they said that it was not them. */
  async function full(tx: Tx, subject: ApprovalRow['subject_id'], now: number): Promise<boolean> {
    const since = now - APPROVALS_REMEMBERED;
    const lately = await tx.all(approvalsAskedOf, { subject, since });
    const held = await listHeld(tx, subject);
    const password = held.find(({ kind }) => kind === 'password')?.createdAt ?? 0;
    const counted = (status: ApprovalRow['status']) =>
      lately.filter((one) => one.status === status && one.created_at >= password).length;
    const waiting = lately.filter((one) => one.status === 'waiting' && one.expires_at > now);
    return (
      counted('disowned') > 0 ||
      counted('mismatched') >= bounds.mismatches ||
      waiting.length >= bounds.waiting ||
      lately.length >= bounds.inAnHour
    );
  }

  async function lapse(row: ApprovalRow, arrival: Arrival): Promise<void> {
    await store.write(async (tx) => {
      if ((await tx.run(withdrawApproval, { attempt: row.attempt_id })) !== 1) return;
      const { id: approval, client_id: client, service, subject_id: subject } = row;
      await record.append(tx, {
        type: 'login.lapsed',
        outcome: 'refused',
        ...byArrival(arrival),
        subject,
        attempt: row.attempt_id,
        reason: 'expired',
        data: { client, service, approval },
      });
    });
  }

  async function found(token: string, arrival: Arrival) {
    return store.read(async (q) => {
      const attempt = await attempts.find(q, token, arrival);
      const row = attempt && (await q.one(approvalOfAttempt, { attempt: attempt.id }));
      return row && { attempt, row };
    });
  }

  /** What was refused in the browser is refused here, whatever could still be typed. */
  async function refuse(attempt: Attempt): Promise<Settled> {
    await store.write((tx) =>
      attempts.advance(tx, attempt, { ...attempt, failed: true, over: true }),
    );
    return { state: 'refused', reason: 'not-permitted' };
  }

  return {
    async hold(token, { numbered, station, lifetime }, arrival) {
      const now = clock.now();
      const id: ApprovalId = ids.next();
      const number = numbered ? numberToType(random) : undefined;
      const said: SaidOfLogIn = {
        address: arrival.address,
        station: station?.slice(0, 64),
        number,
      };
      const sealed = vault.system('settings').seal(place(id), utf8(JSON.stringify(said)));
      return store.write(async (tx): Promise<Held> => {
        const attempt = await attempts.find(tx, token, arrival);
        if (attempt === undefined) return { state: 'refused', reason: 'attempt-over' };
        const { subject, shown, asked, wish, expiresAt } = attempt;
        const { login } = wish;
        const elsewhere = arrival.elsewhere ?? [];
        // Password first: whoever doesn't know it puts nothing before anybody.
        const knows = shown.some(({ class: { kind } }) => kind === 'password');
        const wanted = asked.some((kind) => elsewhere.includes(kind));
        if (subject === undefined || login === undefined || !knows || !wanted) {
          return { state: 'refused', reason: 'not-asked' };
        }
        tx.put(holdAlone, { id: subject });
        if ((await tx.one(approvalOfAttempt, { attempt: attempt.id })) !== undefined) {
          return { state: 'refused', reason: 'not-asked' };
        }
        const isFull = await full(tx, subject, now);
        const until = Math.min(now + Math.min(lifetime, LONGEST), expiresAt);
        const { client, service } = login;
        if (!isFull) {
          await tx.run(insertApproval, {
            ...{ id, attempt_id: attempt.id, subject_id: subject, client_id: client, service },
            ...{ said: sealed, created_at: now, expires_at: until },
          });
        }
        await record.append(tx, {
          type: 'login.held',
          outcome: isFull ? 'refused' : 'challenged',
          ...byArrival(arrival),
          subject,
          attempt: attempt.id,
          ...(isFull ? { reason: 'too-many' as const } : {}),
          data: { client, service, approval: id, numbered },
        });
        return isFull ? { state: 'refused', reason: 'too-many' } : { state: 'held', number, until };
      });
    },

    async collect(token, arrival) {
      const held = await found(token, arrival);
      if (held === undefined) return { state: 'refused', reason: 'attempt-over' };
      const { attempt, row } = held;
      const now = clock.now();
      if (row.status === 'waiting' && row.expires_at > now) return { state: 'waiting' };
      if (row.status === 'waiting' || (row.status === 'approved' && row.expires_at <= now)) {
        await lapse(row, arrival);
        return refuse(attempt);
      }
      const shown = row.shown === null ? undefined : readShown(row.shown)[0];
      if (row.status !== 'approved' || shown === undefined) return refuse(attempt);
      const spend = async (tx: Pick<Tx, 'run'>) => (await tx.run(useApproval, { id: row.id, now })) === 1;
      return proveElsewhere(token, shown, spend, arrival);
    },

    async withdraw(token, arrival) {
      const held = await found(token, arrival);
      if (held !== undefined) await lapse(held.row, arrival);
    },
  };
}

/** How long an approval is good for: its own time, and a moment longer for whoever approved at its end. */
export const approvedUntil = (row: Pick<ApprovalRow, 'expires_at'>, now: number) =>
  Math.max(row.expires_at, now + APPROVAL_GRACE);
