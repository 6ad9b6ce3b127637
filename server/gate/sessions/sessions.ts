/**
 * Sessions: rows that say who is here, by which proofs, and until when. Whether one is good is read from its row each time it
 * is used, so ending one counts at once, on every node. Nothing rests on expired rows being cleaned up.
 */
import { hash } from 'node:crypto';
import type { PersonStatus, Role } from '@sallyport/contract/people.ts';
import { fromUtf8, utf8 } from '../../kernel/bytes.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Ids, PersonId } from '../../kernel/id.ts';
import type { Random } from '../../kernel/random.ts';
import type { Action, ActionGroup } from '../../policy/actions.ts';
import { createKept } from '../../store/kept.ts';
import type { Queries, Tx } from '../../store/store.ts';
import type { Box, Vault } from '../../vault/vault.ts';
import type { Arrival } from '../arrival.ts';
import type { SessionKind } from '../outcome.ts';
import { endOf, readShown, type ShownAt, writeShown } from '../shown.ts';
import type { KnownDeviceId } from './known-device-table.ts';
import { keyOfSession } from './session-key-table.ts';
import {
  type CheckedRow,
  endSession,
  insertSession,
  type SessionId,
  type SessionRow,
  sessionForCheck,
} from './session-table.ts';
import { mintToken, parseToken, tokenMatches } from './token.ts';

export interface SessionLimits {
  /** A session ends when nothing happened for so long. Milliseconds. */
  readonly idle: number;
  /** It ends after so long whatever happened. */
  readonly absolute: number;
  /** How long an enrolment may take. */
  readonly enrolment: number;
  /** How long a browser's session lasts at most that is bound to no key of it. */
  readonly unbound: number;
}

/** Whether a session can be, and is, bound to a key that its browser holds (bound-sessions.ts). */
export type SessionBinding = 'none' | 'unbound' | 'bound';

/** A session that is good now, with what its subject is now. */
export interface LiveSession {
  readonly id: SessionId;
  readonly subject: PersonId;
  readonly kind: SessionKind;
  readonly device: KnownDeviceId | undefined;
  /** Whether the device was known before: signing in makes it known only for the next time. */
  readonly knownDevice: boolean;
  readonly shown: readonly ShownAt[];
  readonly createdAt: number;
  readonly seenAt: number;
  readonly expiresAt: number;
  readonly binding: SessionBinding;
  readonly status: PersonStatus;
  readonly roles: readonly Role[];
  readonly groups: readonly string[];
  /** What a script's token was issued for; undefined for a person's own session. */
  readonly scopes: readonly (Action | ActionGroup)[] | undefined;
}

export interface NewSession {
  readonly subject: PersonId;
  readonly kind: SessionKind;
  readonly shown: readonly ShownAt[];
  readonly device: KnownDeviceId | undefined;
  readonly knownDevice: boolean;
  readonly arrival: Arrival;
  readonly box: Box;
  /** The session that this one renews. It ends when that one would have, or what was shown: stepping up makes no session longer. */
  readonly renews?: Pick<LiveSession, 'id' | 'expiresAt' | 'binding'> | undefined;
}

/** Where a session began, in its owner's own list. */
export interface SessionAbout {
  readonly address: string;
  readonly userAgent: string | null;
}

export interface Sessions {
  check(q: Queries, token: string): Promise<LiveSession | undefined>;
  /** The session of an attempt that was opened in it, if it is still good. */
  live(q: Queries, id: SessionId): Promise<LiveSession | undefined>;
  begin(tx: Tx, session: NewSession): Promise<{ id: SessionId; token: string; expiresAt: number }>;
  end(tx: Tx, id: SessionId): Promise<boolean>;
  about(box: Box | undefined, row: SessionRow): SessionAbout | undefined;
}

/** A session that nobody ended, and when it ends by itself. */
interface CheckedSession {
  readonly session: LiveSession;
  readonly until: number;
}

/** How many sessions are kept open between two commits. */
const MOST_KEPT = 4096;
/** Longer than every token; what is longer is not hashed. */
const LONGEST_TOKEN = 128;

export function bindingOf(row: Pick<SessionRow, 'bindable' | 'bound_at'>): SessionBinding {
  if (row.bindable === 0) return 'none';
  return row.bound_at === null ? 'unbound' : 'bound';
}

export function createSessions(deps: {
  vault: Vault;
  clock: Clock;
  random: Random;
  ids: Ids;
  limits: SessionLimits;
}): Sessions {
  const { clock, random, ids, limits } = deps;
  const place = (id: string) => ({ table: 'session', column: 'about', row: id });

  function judge(row: CheckedRow): CheckedSession | undefined {
    if (row.ended_at !== null || row.status === 'disabled' || row.status === 'erased') {
      return undefined;
    }
    const session: LiveSession = {
      id: row.id,
      subject: row.subject_id,
      // Closed words come from rows that only this room writes.
      kind: row.kind as SessionKind,
      device: row.device_id ?? undefined,
      knownDevice: row.device_known === 1,
      shown: readShown(row.shown),
      createdAt: row.created_at,
      seenAt: row.seen_at,
      expiresAt: row.expires_at,
      binding: bindingOf(row),
      status: row.status as PersonStatus,
      roles: JSON.parse(row.roles) as Role[],
      groups: JSON.parse(row.groups) as string[],
      scopes: row.scope === null ? undefined : (JSON.parse(row.scope) as Action[]),
    };
    return { session, until: Math.min(row.expires_at, row.seen_at + row.idle_limit) };
  }

  const kept = createKept<CheckedSession>(MOST_KEPT);

  /** The session of a token, whether it is over or not. */
  async function read(q: Queries, text: string): Promise<CheckedSession | undefined> {
    const token = parseToken('session', text) ?? parseToken('token', text);
    if (token === undefined) return undefined;
    const row = await q.one(sessionForCheck, { id: token.id });
    return row !== undefined && tokenMatches(token, row.secret_hash) ? judge(row) : undefined;
  }

  return {
    async check(q, text) {
      if (text.length > LONGEST_TOKEN) return undefined;
      // Kept under a hash of the whole token: of no use to whoever reads it out of memory.
      const key = hash('sha256', text, 'base64url');
      const checked = await kept.of(q, key, () => read(q, text));
      return checked !== undefined && clock.now() < checked.until ? checked.session : undefined;
    },

    async live(q, id) {
      const row = await q.one(sessionForCheck, { id });
      const checked = row && judge(row);
      return checked !== undefined && clock.now() < checked.until ? checked.session : undefined;
    },

    async begin(tx, { subject, kind, shown, device, knownDevice, arrival, box, renews }) {
      const { id, text, hash } = mintToken('session', ids, random);
      const now = clock.now();
      const about: SessionAbout = {
        address: arrival.address,
        userAgent: arrival.userAgent?.slice(0, 512) ?? null,
      };
      const bindable = renews === undefined ? arrival.bindable === true : renews.binding !== 'none';
      const held = renews?.binding === 'bound' && (await tx.one(keyOfSession, { id: renews.id }));
      const longest =
        renews?.expiresAt ?? now + (kind === 'full' ? limits.absolute : limits.enrolment);
      const boundEnd = Math.min(longest, endOf(shown));
      // What can be stolen whole is good for a shorter time, until a key is shown.
      const end = bindable && !held ? Math.min(boundEnd, now + limits.unbound) : boundEnd;
      tx.put(insertSession, {
        id,
        secret_hash: hash,
        subject_id: subject,
        kind,
        door: arrival.door,
        device_id: device ?? null,
        device_known: knownDevice ? 1 : 0,
        shown: writeShown(shown),
        scope: null,
        about: box.seal(place(id), utf8(JSON.stringify(about))),
        created_at: now,
        seen_at: now,
        idle_limit: limits.idle,
        expires_at: end,
        bindable: bindable ? 1 : 0,
        bound_key: held ? held.bound_key : null,
        bound_at: held ? held.bound_at : null,
        bound_end: boundEnd,
        ended_at: null,
      });
      return { id, token: text, expiresAt: end };
    },

    async end(tx, id) {
      return (await tx.run(endSession, { id, now: clock.now() })) === 1;
    },

    about(box, row) {
      if (box === undefined || row.about === null) return undefined;
      return JSON.parse(fromUtf8(box.open(place(row.id), row.about))) as SessionAbout;
    },
  };
}
