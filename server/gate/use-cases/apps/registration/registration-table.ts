import type { Id, PersonId, ResourceId } from '../../../../kernel/id.ts';
import { tables } from '../../../../store/statement.ts';

export type InvitationId = Id<'invitation'>;

export interface InvitationRow {
  id: InvitationId;
  secret_hash: Uint8Array;
  owner_id: PersonId;
  open: string;
  /** JSON list of groups. */
  members: string;
  uses: number;
  used: number;
  created_at: number;
  expires_at: number;
  withdrawn_at: number | null;
}

export interface RegistrationRow {
  app_id: ResourceId;
  token_id: Id<'registration'>;
  secret_hash: Uint8Array;
  invitation_id: InvitationId;
  created_at: number;
  /** What it said of itself last, as own-words.ts writes it. */
  said: string | null;
}

const t = tables<{ app_invitation: InvitationRow; app_registration: RegistrationRow }>();

export const insertInvitation = t.statement((db, p: Omit<InvitationRow, 'used' | 'withdrawn_at'>) =>
  db.insertInto('app_invitation').values({
    id: p.id,
    secret_hash: p.secret_hash,
    owner_id: p.owner_id,
    open: p.open,
    members: p.members,
    uses: p.uses,
    used: 0,
    created_at: p.created_at,
    expires_at: p.expires_at,
  }),
);

export const invitationById = t.statement((db, p: { id: InvitationId }) =>
  db.selectFrom('app_invitation').selectAll().where('id', '=', p.id),
);

export interface InvitationFilter {
  readonly after?: string;
  readonly limit: number;
}

/** The newest first. */
export const listInvitations = ({ after, limit }: InvitationFilter) =>
  t.query((db) => {
    let query = db.selectFrom('app_invitation').selectAll();
    if (after !== undefined) query = query.where('id', '<', after as InvitationId); // Compared as text.
    return query.orderBy('id', 'desc').limit(limit);
  });

/** `run() === 1` for whoever has a use: of many who come at once no more are let in than were invited. */
export const useInvitation = t.statement((db, p: { id: InvitationId; now: number }) =>
  db
    .updateTable('app_invitation')
    .set((eb) => ({ used: eb('used', '+', 1) }))
    .where('id', '=', p.id)
    .whereRef('used', '<', 'uses')
    .where('expires_at', '>', p.now)
    .where('withdrawn_at', 'is', null),
);

export const withdrawInvitation = t.statement((db, p: { id: InvitationId; now: number }) =>
  db
    .updateTable('app_invitation')
    .set({ withdrawn_at: p.now })
    .where('id', '=', p.id)
    .where('expires_at', '>', p.now)
    .where('withdrawn_at', 'is', null),
);

export const forgetInvitations = t.statement((db, p: { before: number }) =>
  db.deleteFrom('app_invitation').where('expires_at', '<=', p.before),
);

export const insertRegistration = t.statement((db, p: RegistrationRow) =>
  db.insertInto('app_registration').values({
    app_id: p.app_id,
    token_id: p.token_id,
    secret_hash: p.secret_hash,
    invitation_id: p.invitation_id,
    created_at: p.created_at,
    said: p.said,
  }),
);

export interface RegistrationChange {
  app: ResourceId;
  /** The token that it came with, which is good no more. */
  before: RegistrationRow['token_id'];
  token_id: RegistrationRow['token_id'];
  secret_hash: Uint8Array;
  said: string;
}

/** `run() === 1` for the first of those that come with one token. */
export const changeRegistration = t.statement((db, p: RegistrationChange) =>
  db
    .updateTable('app_registration')
    .set({ token_id: p.token_id, secret_hash: p.secret_hash, said: p.said })
    .where('app_id', '=', p.app)
    .where('token_id', '=', p.before),
);

export const registrationOf = t.statement((db, p: { app: ResourceId }) =>
  db.selectFrom('app_registration').selectAll().where('app_id', '=', p.app),
);

export const deleteRegistration = t.statement((db, p: { app: ResourceId }) =>
  db.deleteFrom('app_registration').where('app_id', '=', p.app),
);
