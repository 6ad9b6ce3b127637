/**
 * Log-ins at network devices that are finished in a browser: what a network device can carry is a password and a code, and whoever has
 * to show a passkey, or would rather, shows it on our pages while the log-in waits (use-cases/network/own-log-ins.ts is that side).
 *
 *   hold      the password was right, and a proof is wanted that the door can't carry: the person finds the log-in on their page
 *   collect   how it stands; once approved, the gate judges password and passkey together as it judges any attempt, once
 *
 * Nothing is shown on anybody's page before a right password, so strangers can't pester. Whoever knows the password can, within the
 * bounds of all that waits (approvals/approvals.ts); and whoever says that it was not them hears no more of it for an hour, or until
 * they have changed the password.
 */
import { MINUTE } from '../../kernel/clock.ts';
import type { Random } from '../../kernel/random.ts';
import { listHeld } from '../../proofs/held-proofs.ts';
import type { Tx } from '../../store/store.ts';
import type { ApprovalConfig } from '../approvals/approval-config.ts';
import {
  type ApprovalRow,
  useApproval,
  waitingOfAsker,
  withdrawApproval,
} from '../approvals/approval-table.ts';
import {
  type ApprovalDeps,
  type Approvals,
  createApprovals,
  isFull,
  isUnwanted,
} from '../approvals/approvals.ts';
import { type Arrival, byArrival } from '../arrival.ts';
import type { Attempt, Attempts } from '../attempts/attempts.ts';
import type { GateDeps } from '../gate-deps.ts';
import { holdAlone } from '../holding-table.ts';
import type { Settled } from '../settle.ts';
import type { ShownAt } from '../shown.ts';
import { numberToType } from '../three-numbers.ts';
import type { Held, Holding, LogIn } from './network-words.ts';

/** Who approves in the last moment still has to press a key at the network device. */
export const APPROVAL_GRACE = MINUTE / 2;

/** What is kept of a log-in, sealed. */
export interface SaidOfLogIn {
  readonly service: LogIn['service'];
  readonly address: string;
  readonly station?: string | undefined;
  /** Undefined where the network device can show none. */
  readonly number?: number | undefined;
}

/** The passkey or card that it was approved with. */
export interface LogInShown {
  readonly shown: ShownAt;
}

export type HeldLogIns = Approvals<SaidOfLogIn, LogInShown>;

export const createHeldLogIns = (deps: ApprovalDeps): HeldLogIns =>
  createApprovals<SaidOfLogIn, LogInShown>('login', deps);

export interface LogInApprovals {
  hold(token: string, holding: Holding, arrival: Arrival): Promise<Held>;
  collect(token: string, arrival: Arrival): Promise<Settled | { readonly state: 'waiting' }>;
  /** Nobody waits for it any more. */
  withdraw(token: string, arrival: Arrival): Promise<void>;
}

export function createLogInApprovals(
  deps: Pick<GateDeps, 'store' | 'vault' | 'record' | 'clock' | 'ids'> & {
    readonly random: Random;
  },
  parts: {
    readonly attempts: Attempts;
    proveElsewhere(
      token: string,
      shown: ShownAt,
      spend: (tx: Pick<Tx, 'run'>) => Promise<boolean>,
      arrival: Arrival,
    ): Promise<Settled>;
  },
  bounds: ApprovalConfig['logins'],
): LogInApprovals {
  const { store, record, clock, random } = deps;
  const { attempts, proveElsewhere } = parts;
  const approvals = createHeldLogIns(deps);

  /** Whether the person is to be left alone, or too much waits for them or at the network device. */
  async function noRoom(
    tx: Tx,
    subject: NonNullable<Attempt['subject']>,
    client: ApprovalRow['asker'],
  ): Promise<boolean> {
    const now = clock.now();
    const lately = await approvals.lately(tx, subject);
    const held = await listHeld(tx, subject);
    const password = held.find(({ kind }) => kind === 'password')?.createdAt ?? 0;
    const sincePassword = lately.filter((one) => one.created_at >= password);
    if (isUnwanted(sincePassword, bounds.mismatches) || isFull(lately, bounds, now)) return true;
    // Of two people who come there at once, the second is counted with the first.
    tx.put(holdAlone, { id: client });
    return (await tx.all(waitingOfAsker, { asker: client, now })).length >= bounds.ofDevice;
  }

  async function lapse(row: ApprovalRow, arrival: Arrival): Promise<void> {
    const attempt = row.key as Attempt['id']; // As `hold` writes it.
    await store.write(async (tx) => {
      if ((await tx.run(withdrawApproval, { attempt })) !== 1) return;
      const { service } = approvals.said(row);
      await record.append(tx, {
        type: 'login.lapsed',
        outcome: 'refused',
        ...byArrival(arrival),
        ...(row.subject_id === null ? {} : { subject: row.subject_id }),
        attempt,
        reason: 'expired',
        data: { client: row.asker, service, approval: row.id },
      });
    });
  }

  async function found(token: string, arrival: Arrival) {
    return store.read(async (q) => {
      const attempt = await attempts.find(q, token, arrival);
      const row = attempt && (await approvals.byKey(q, attempt.id));
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
    async hold(token, { numbered, station, lifetime = bounds.time }, arrival) {
      const now = clock.now();
      const id = approvals.newId();
      const number = numbered ? numberToType(random) : undefined;
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
        const { client, service } = login;
        const full = await noRoom(tx, subject, client);
        if ((await approvals.byKey(tx, attempt.id)) !== undefined) {
          return { state: 'refused', reason: 'not-asked' };
        }
        const until = Math.min(now + Math.min(lifetime, bounds.time), expiresAt);
        if (!full) {
          await approvals.ask(tx, {
            ...{ id, key: attempt.id, asker: client, subject, until },
            said: { service, address: arrival.address, station: station?.slice(0, 64), number },
          });
        }
        await record.append(tx, {
          type: 'login.held',
          outcome: full ? 'refused' : 'challenged',
          ...byArrival(arrival),
          subject,
          attempt: attempt.id,
          ...(full ? { reason: 'too-many' as const } : {}),
          data: { client, service, approval: id, numbered },
        });
        return full ? { state: 'refused', reason: 'too-many' } : { state: 'held', number, until };
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
      const shown = approvals.outcome(row)?.shown;
      if (shown === undefined) return refuse(attempt);
      const spend = async (tx: Pick<Tx, 'run'>) =>
        (await tx.run(useApproval, { id: row.id, now })) === 1;
      return proveElsewhere(token, shown, spend, arrival);
    },

    async withdraw(token, arrival) {
      const held = await found(token, arrival);
      if (held !== undefined) await lapse(held.row, arrival);
    },
  };
}
