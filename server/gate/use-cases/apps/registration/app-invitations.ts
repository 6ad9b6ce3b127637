/**
 * Invitations for applications that register themselves: the initial access token of RFC 7591 §3. Each is made by an
 * administrator in the name of somebody who answers for what comes by it, is good for so many registrations and so long, and can
 * be withdrawn. It is good no longer than its owner is there to answer.
 */
import { type InvitationState, invitationLimits, Openness } from '@sallyport/contract/resources.ts';
import { type Clock, DAY } from '../../../../kernel/clock.ts';
import { Fault } from '../../../../kernel/fault.ts';
import type { Ids, PersonId } from '../../../../kernel/id.ts';
import type { Random } from '../../../../kernel/random.ts';
import { failed, ok, type Result } from '../../../../kernel/result.ts';
import type { By, Recorder } from '../../../../record/record.ts';
import type { Queries, Tx } from '../../../../store/store.ts';
import { canAnswer } from '../../../../subjects/owned-subject.ts';
import type { People } from '../../../../subjects/people.ts';
import { mintToken, parseToken, tokenMatches } from '../../../sessions/token.ts';
import type { NotFound, Page } from '../../answered.ts';
import {
  type InvitationFilter,
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
  /** What its owner signs in as; undefined when there is nobody, or they were erased. */
  readonly ownerName: string | undefined;
  readonly used: number;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly withdrawnAt: number | undefined;
  /** Whether one more application can come by it now, and why not. */
  readonly state: InvitationState;
}

export interface InvitationError {
  readonly code: 'owner-not-found';
}

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
  list(q: Queries, filter: InvitationFilter): Promise<Page<Invitation>>;
  /** What registered by it stays. */
  withdraw(tx: Tx, id: InvitationId, by: By): Promise<Result<void, NotFound>>;
  welcome(q: Queries, token: string): Promise<Welcome>;
  /** Takes one use of it, in the transaction of what it is used for. */
  use(tx: Tx, token: string): Promise<Welcome>;
}

/** Whoever wants one for longer makes another. */
const LONGEST = invitationLimits.days * DAY;

/** Why one that is no longer good is refused, as the record tells it. */
const REASONS = {
  used: 'used',
  expired: 'expired',
  withdrawn: 'expired',
  orphaned: 'disabled',
} as const;

function stateOf(row: InvitationRow, answered: boolean, now: number): InvitationState {
  if (row.withdrawn_at !== null) return 'withdrawn';
  if (row.expires_at <= now) return 'expired';
  if (row.used >= row.uses) return 'used';
  return answered ? 'good' : 'orphaned';
}

export function createAppInvitations(deps: {
  readonly people: Pick<People, 'get' | 'profile'>;
  readonly record: Recorder;
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
}): AppInvitations {
  const { people, record, clock, random, ids } = deps;

  async function read(q: Queries, row: InvitationRow): Promise<Invitation> {
    const { id, owner_id: owner, uses, used } = row;
    const person = await people.get(q, owner);
    return {
      id,
      state: stateOf(row, canAnswer(person?.status), clock.now()),
      owner,
      ownerName: person && (await people.profile(q, person))?.identifier,
      uses,
      used,
      open: Openness.parse(row.open),
      members: JSON.parse(row.members) as string[], // Written by `invite` alone.
      createdAt: row.created_at,
      expiresAt: row.expires_at,
      withdrawnAt: row.withdrawn_at ?? undefined,
    };
  }

  async function welcome(q: Queries, text: string): Promise<Welcome> {
    const token = parseToken('invitation', text);
    const row = token && (await q.one(invitationById, { id: token.id }));
    if (token === undefined || row === undefined || !tokenMatches(token, row.secret_hash)) {
      return { state: 'wrong', invitation: undefined };
    }
    const invitation = await read(q, row);
    const { state, id } = invitation;
    return state === 'good' ? { state, invitation } : { state: REASONS[state], invitation: id };
  }

  return {
    async invite(tx, { owner, uses, lifetime, open, members }, by) {
      // Whoever calls has read it by the same bounds.
      if (uses < 1 || uses > invitationLimits.uses || lifetime > LONGEST) {
        throw new Fault('store.misuse', 'an invitation beyond its bounds');
      }
      if (!canAnswer((await people.get(tx, owner))?.status))
        return failed({ code: 'owner-not-found' });
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

    async list(q, filter) {
      const rows = await q.all(listInvitations(filter), {});
      const items: Invitation[] = [];
      for (const row of rows) items.push(await read(q, row));
      return { items, next: rows.length === filter.limit ? rows.at(-1)?.id : undefined };
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
