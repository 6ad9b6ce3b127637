/** Attempts: what has been proven so far on the way to a decision. Short-lived, used once, bound to door and channel. */
import type { ProofKind } from '@sallyport/contract/proofs.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Ids, PersonId } from '../../kernel/id.ts';
import type { Random } from '../../kernel/random.ts';
import type { Action } from '../../policy/actions.ts';
import type { PolicyResource } from '../../policy/request.ts';
import type { Queries, Tx } from '../../store/store.ts';
import type { Arrival } from '../arrival.ts';
import type { KnownDeviceId } from '../sessions/known-device-table.ts';
import type { SessionId } from '../sessions/session-table.ts';
import { mintToken, parseToken, tokenMatches } from '../sessions/token.ts';
import { createWriteShown, readShown, type ShownAt } from '../shown.ts';
import type { Wish } from '../wish.ts';
import {
  type AttemptId,
  type AttemptRow,
  advanceAttempt,
  attemptById,
  closeAttempt,
  insertAttempt,
} from './attempt-table.ts';

/** Wrong proofs after which an attempt is over, whatever the throttles say. */
const MOST_FAILURES = 5;

export interface Attempt {
  readonly id: AttemptId;
  readonly subject: PersonId | undefined;
  /** The blind index of the name that was typed. */
  readonly lookup: Uint8Array | undefined;
  readonly session: SessionId | undefined;
  readonly device: KnownDeviceId | undefined;
  readonly wish: Wish;
  readonly shown: readonly ShownAt[];
  readonly asked: readonly ProofKind[];
  readonly nonce: Uint8Array;
  readonly step: number;
  readonly failures: number;
  readonly expiresAt: number;
}

export interface NewAttempt {
  readonly subject: PersonId | undefined;
  readonly lookup: Uint8Array | undefined;
  readonly session: SessionId | undefined;
  readonly device: KnownDeviceId | undefined;
  readonly wish: Wish;
  readonly asked: readonly ProofKind[];
}

export interface Advance {
  readonly subject: PersonId | undefined;
  readonly shown: readonly ShownAt[];
  readonly asked: readonly ProofKind[];
  readonly failed: boolean;
  readonly over: boolean;
}

export interface Advanced {
  readonly attempt: Attempt;
  /** False once it is over. */
  readonly open: boolean;
}

export interface Attempts {
  open(tx: Tx, attempt: NewAttempt, arrival: Arrival): Promise<{ token: string; attempt: Attempt }>;
  /** The open attempt whose token this is, when it came by the way on which it began. */
  find(q: Queries, token: string, arrival: Arrival): Promise<Attempt | undefined>;
  /** Undefined when another request moved it on first. */
  advance(tx: Tx, attempt: Attempt, advance: Advance): Promise<Advanced | undefined>;
  /** The same; when another request moved it on first, the transaction is undone with `overtaken`. */
  expectToAdvance(tx: Tx, attempt: Attempt, advance: Advance, overtaken: Error): Advanced;
}

export function createAttempts(deps: {
  clock: Clock;
  random: Random;
  ids: Ids;
  lifetime: number;
}): Attempts {
  const { clock, random, ids, lifetime } = deps;
  const writeShown = createWriteShown();

  function read(row: AttemptRow): Attempt {
    return {
      id: row.id,
      subject: row.subject_id ?? undefined,
      lookup: row.lookup ?? undefined,
      session: row.session_id ?? undefined,
      device: row.device_id ?? undefined,
      // Closed words come from rows that only this room writes.
      wish: { action: row.action as Action, ...readAbout(row.resource) },
      shown: readShown(row.shown),
      asked: JSON.parse(row.asked) as ProofKind[],
      nonce: row.nonce,
      step: row.step,
      failures: row.failures,
      expiresAt: row.expires_at,
    };
  }

  function step(attempt: Attempt, { subject, shown, asked, failed, over }: Advance) {
    const failures = attempt.failures + (failed ? 1 : 0);
    const open = !over && failures < MOST_FAILURES;
    const nonce = random.bytes(32);
    const change = {
      id: attempt.id,
      seen: attempt.step,
      subject: subject ?? null,
      shown: writeShown(shown),
      asked: JSON.stringify(asked),
      nonce,
      failures,
      closed: open ? null : clock.now(),
    };
    const next = { ...attempt, subject, shown, asked, nonce, failures, step: attempt.step + 1 };
    return { change, advanced: { attempt: next, open } };
  }

  return {
    async open(tx, attempt, arrival) {
      const { id, text, hash } = mintToken('attempt', ids, random);
      const row: AttemptRow = {
        id,
        secret_hash: hash,
        door: arrival.door,
        channel: arrival.channel,
        subject_id: attempt.subject ?? null,
        lookup: attempt.lookup ?? null,
        session_id: attempt.session ?? null,
        device_id: attempt.device ?? null,
        action: attempt.wish.action,
        resource: JSON.stringify({
          ...attempt.wish.resource,
          entry: attempt.wish.entry,
          login: attempt.wish.login,
        }),
        shown: writeShown([]),
        asked: JSON.stringify(attempt.asked),
        nonce: random.bytes(32),
        step: 0,
        failures: 0,
        expires_at: clock.now() + lifetime,
        closed_at: null,
      };
      tx.put(insertAttempt, row);
      return { token: text, attempt: read(row) };
    },

    async find(q, text, arrival) {
      const token = parseToken('attempt', text);
      if (token === undefined) return undefined;
      const row = await q.one(attemptById, { id: token.id });
      if (row === undefined || !tokenMatches(token, row.secret_hash)) return undefined;
      if (row.closed_at !== null || row.expires_at <= clock.now()) return undefined;
      if (row.door !== arrival.door || row.channel !== arrival.channel) return undefined;
      return read(row);
    },

    async advance(tx, attempt, advance) {
      const { change, advanced } = step(attempt, advance);
      return (await tx.run(advanceAttempt, change)) === 1 ? advanced : undefined;
    },

    expectToAdvance(tx, attempt, advance, overtaken) {
      if (advance.over) {
        const { id, step: seen } = attempt;
        tx.expect(closeAttempt, { id, seen, now: clock.now() }, overtaken);
        const { subject, shown, asked } = advance;
        return { attempt: { ...attempt, subject, shown, asked, step: seen + 1 }, open: false };
      }
      const { change, advanced } = step(attempt, advance);
      tx.expect(advanceAttempt, change, overtaken);
      return advanced;
    },
  };
}

/** What is wished for, from the one column that holds it. */
function readAbout(text: string): Omit<Wish, 'action'> {
  const { entry, login, ...resource } = JSON.parse(text) as PolicyResource &
    Pick<Wish, 'entry' | 'login'>;
  return {
    resource,
    ...(entry === undefined ? {} : { entry }),
    ...(login === undefined ? {} : { login }),
  };
}
