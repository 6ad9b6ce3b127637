/**
 * Invitations for applications that register themselves: the initial access token of RFC 7591 §3. Each is made by an
 * administrator in the name of somebody who answers for what comes by it, is good for so many registrations and so long, and can
 * be withdrawn. It is good no longer than its owner is there.
 */
import { Openness } from '@sallyport/contract/resources.ts';
import { type Clock, DAY } from '../../../kernel/clock.ts';
import type { Ids, PersonId } from '../../../kernel/id.ts';
import type { Random } from '../../../kernel/random.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import type { By, Recorder } from '../../../record/record.ts';
import type { Queries, Tx } from '../../../store/store.ts';
import type { People } from '../../../subjects/people.ts';
import { mintToken, parseToken, tokenMatches } from '../../sessions/token.ts';
import type { NotFound } from '../acts.ts';
import {
  type InvitationId,
  type InvitationRow,
  insertInvitation,
  invitationById,
  listInvitations,
  useInvitation,
  withdrawInvitation,
} from './registration-table.ts';

export interface InvitationTerms {
  /** Who answers for what registers by it. */
  readonly owner: PersonId;
  readonly uses: number;
  /** Milliseconds. */
  readonly lifetime: number;
  /** Who may enter what registers by it. */
  readonly open: Openness;
  readonly members: readonly string[];
}

export interface Invited {
  readonly id: InvitationId;
  /** Shown once. */
  readonly token: string;
  readonly expiresAt: number;
}

export interface Invitation extends Omit<InvitationTerms, 'lifetime'> {
  readonly id: InvitationId;
  readonly used: number;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly withdrawnAt: number | undefined;
  /** Whether one more application can come by it now. */
  readonly good: boolean;
}

export type InvitationError = { readonly code: 'not-valid' } | { readonly code: 'owner-not-found' };

/** Why no application comes by an invitation, or that one does. */
export type Welcome =
  | { readonly state: 'good'; readonly invitation: Invitation }
  | {
      readonly state: 'wrong' | 'used' | 'expired' | 'disabled';
      readonly invitation: InvitationId | undefined;
    };

export interface AppInvitations {
  invite(tx: Tx, terms: InvitationTerms, by: By): Promise<Result<Invited, InvitationError>>;
  /** The newest first. */
  list(q: Queries): Promise<Invitation[]>;
  /** What registered by it stays. */
  withdraw(tx: Tx, id: InvitationId, by: By): Promise<Result<void, NotFound>>;
  welcome(q: Queries, token: string): Promise<Welcome>;
  /** Takes one use of it, in the transaction of what it is used for. */
  use(tx: Tx, token: string): Promise<Welcome>;
}

export const MOST_USES = 100;
/** Whoever wants one for longer makes another. */
export const LONGEST_INVITATION = 90 * DAY;

export function createAppInvitations(deps: {
  readonly people: Pick<People, 'get'>;
  readonly record: Recorder;
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
}): AppInvitations {
  const { people, record, clock, random, ids } = deps;

  const answers = async (q: Queries, owner: PersonId) =>
    (await people.get(q, owner))?.status === 'active';

  async function read(q: Queries, row: InvitationRow): Promise<Invitation> {
    const { id, owner_id: owner, uses, used, withdrawn_at: withdrawnAt } = row;
    const there =
      withdrawnAt === null && row.expires_at > clock.now() && used < uses
        ? await answers(q, owner)
        : false;
    return {
      id,
      owner,
      uses,
      used,
      open: Openness.parse(row.open),
      members: JSON.parse(row.members) as string[], // Written by `invite` alone.
      createdAt: row.created_at,
      expiresAt: row.expires_at,
      withdrawnAt: withdrawnAt ?? undefined,
      good: there,
    };
  }

  async function welcome(q: Queries, text: string): Promise<Welcome> {
    const token = parseToken('invitation', text);
    const row = token && (await q.one(invitationById, { id: token.id }));
    if (token === undefined || row === undefined || !tokenMatches(token, row.secret_hash)) {
      return { state: 'wrong', invitation: undefined };
    }
    const { id: invitation } = row;
    if (row.withdrawn_at !== null || row.expires_at <= clock.now()) {
      return { state: 'expired', invitation };
    }
    if (row.used >= row.uses) return { state: 'used', invitation };
    const found = await read(q, row);
    return found.good ? { state: 'good', invitation: found } : { state: 'disabled', invitation };
  }

  return {
    async invite(tx, { owner, uses, lifetime, open, members }, by) {
      const sound = Number.isInteger(uses) && uses >= 1 && uses <= MOST_USES;
      if (!sound || !(lifetime > 0 && lifetime <= LONGEST_INVITATION))
        return failed({ code: 'not-valid' });
      if (!(await answers(tx, owner))) return failed({ code: 'owner-not-found' });
      const { id, text, hash } = mintToken('invitation', ids, random);
      const now = clock.now();
      const expiresAt = now + lifetime;
      await tx.run(insertInvitation, {
        id,
        secret_hash: hash,
        owner_id: owner,
        open,
        members: JSON.stringify(members),
        uses,
        created_at: now,
        expires_at: expiresAt,
      });
      await record.append(tx, {
        type: 'app.invited',
        outcome: 'done',
        ...by,
        data: { invitation: id, owner, uses, until: expiresAt },
      });
      return ok({ id, token: text, expiresAt });
    },

    async list(q) {
      const found: Invitation[] = [];
      for (const row of await q.all(listInvitations, {})) found.push(await read(q, row));
      return found;
    },

    async withdraw(tx, id, by) {
      if ((await tx.run(withdrawInvitation, { id, now: clock.now() })) !== 1) {
        return failed({ code: 'not-found' });
      }
      await record.append(tx, {
        type: 'app.invitation-withdrawn',
        outcome: 'done',
        ...by,
        data: { invitation: id },
      });
      return ok(undefined);
    },

    welcome,

    async use(tx, token) {
      const welcomed = await welcome(tx, token);
      if (welcomed.state !== 'good') return welcomed;
      const { invitation } = welcomed;
      if ((await tx.run(useInvitation, { id: invitation.id, now: clock.now() })) === 1) {
        return { state: 'good', invitation: { ...invitation, used: invitation.used + 1 } };
      }
      return { state: 'used', invitation: invitation.id };
    },
  };
}
