import type { DeviceId, Id } from '../../../kernel/id.ts';
import { tables } from '../../../store/statement.ts';
import type { DeviceProofId } from '../../../subjects/device-proof.ts';
import type { EnrolmentPassId } from '../devices/enrolment-pass-table.ts';

export type AccountId = Id<'acme-account'>;
export type OrderId = Id<'acme-order'>;
export type AuthorizationId = Id<'acme-authorization'>;

export interface AccountRow {
  id: AccountId;
  /** RFC 7638, SHA-256. */
  thumbprint: string;
  jwk: string;
  device_id: DeviceId;
  pass_id: EnrolmentPassId;
  /** JSON lists, as the pass had them. */
  names: string;
  networks: string;
  attestation: string;
  /** The binding that it was made with, as it came (RFC 8555 §7.1.2). */
  eab: string;
  created_at: number;
  ended_at: number | null;
}

export interface OrderRow {
  id: OrderId;
  account_id: AccountId;
  /** JSON list. */
  identifiers: string;
  /** JSON, of what went wrong. */
  problem: string | null;
  /** Of the certificate, once there is one. */
  serial: string | null;
  created_at: number;
  expires_at: number;
}

export interface AuthorizationRow {
  id: AuthorizationId;
  order_id: OrderId;
  account_id: AccountId;
  identifier_type: 'dns' | 'permanent-identifier';
  identifier: string;
  challenge: 'http-01' | 'device-attest-01';
  token: string;
  status: 'pending' | 'processing' | 'valid' | 'invalid' | 'deactivated';
  tried_at: number | null;
  validated_at: number | null;
  problem: string | null;
  /** The key that was attested (SubjectPublicKeyInfo). */
  key: Uint8Array | null;
  /** The row of the TPM that vouched for it, where that was bound to the device. */
  tpm: DeviceProofId | null;
  /** Where its maker did: JSON of the certificates of the attestation key (DER, in base64url). */
  vouched: string | null;
  expires_at: number;
}

const t = tables<{
  acme_account: AccountRow;
  acme_order: OrderRow;
  acme_authorization: AuthorizationRow;
}>();

export const insertAccount = t.statement((db, p: Omit<AccountRow, 'ended_at'>) =>
  db
    .insertInto('acme_account')
    .values({
      id: p.id,
      thumbprint: p.thumbprint,
      jwk: p.jwk,
      device_id: p.device_id,
      pass_id: p.pass_id,
      names: p.names,
      networks: p.networks,
      attestation: p.attestation,
      eab: p.eab,
      created_at: p.created_at,
    })
    .onConflict((oc) => oc.column('thumbprint').doNothing()),
);

export const accountById = t.statement((db, p: { id: AccountId }) =>
  db.selectFrom('acme_account').selectAll().where('id', '=', p.id),
);

export const accountByThumbprint = t.statement((db, p: { thumbprint: string }) =>
  db.selectFrom('acme_account').selectAll().where('thumbprint', '=', p.thumbprint),
);

/** Of two changes at once, the second finds another key than it was signed for. */
export const changeAccountKey = t.statement(
  (db, p: { id: AccountId; from: string; to: string; jwk: string }) =>
    db
      .updateTable('acme_account')
      .set({ thumbprint: p.to, jwk: p.jwk })
      .where('id', '=', p.id)
      .where('thumbprint', '=', p.from)
      .where('ended_at', 'is', null),
);

export const endAccount = t.statement((db, p: { id: AccountId; now: number }) =>
  db
    .updateTable('acme_account')
    .set({ ended_at: p.now })
    .where('id', '=', p.id)
    .where('ended_at', 'is', null),
);

/** `run() === 1` while it stands, and whoever would end it waits for this transaction. */
export const holdAccount = t.statement((db, p: { id: AccountId }) =>
  db
    .updateTable('acme_account')
    .set({ ended_at: null })
    .where('id', '=', p.id)
    .where('ended_at', 'is', null),
);

export const endAccountsOfPass = t.statement((db, p: { pass: EnrolmentPassId; now: number }) =>
  db
    .updateTable('acme_account')
    .set({ ended_at: p.now })
    .where('pass_id', '=', p.pass)
    .where('ended_at', 'is', null),
);

export const insertOrder = t.statement((db, p: Omit<OrderRow, 'problem' | 'serial'>) =>
  db.insertInto('acme_order').values({
    id: p.id,
    account_id: p.account_id,
    identifiers: p.identifiers,
    created_at: p.created_at,
    expires_at: p.expires_at,
  }),
);

export const orderById = t.statement((db, p: { id: OrderId }) =>
  db.selectFrom('acme_order').selectAll().where('id', '=', p.id),
);

/** Orders that are open, or were a moment ago. */
export const ordersOf = t.statement((db, p: { account: AccountId; now: number }) =>
  db
    .selectFrom('acme_order')
    .select('id')
    .where('account_id', '=', p.account)
    .where('expires_at', '>', p.now)
    .orderBy('id', 'desc')
    .limit(100),
);

export const orderOfSerial = t.statement((db, p: { account: AccountId; serial: string }) =>
  db
    .selectFrom('acme_order')
    .select('id')
    .where('account_id', '=', p.account)
    .where('serial', '=', p.serial),
);

/** `run() === 1` for the one request that finishes it. */
export const finishOrder = t.statement((db, p: { id: OrderId; serial: string; now: number }) =>
  db
    .updateTable('acme_order')
    .set({ serial: p.serial })
    .where('id', '=', p.id)
    .where('serial', 'is', null)
    .where('problem', 'is', null)
    .where('expires_at', '>', p.now),
);

export const forgetOrders = t.statement((db, p: { before: number }) =>
  db.deleteFrom('acme_order').where('expires_at', '<=', p.before),
);

export const insertAuthorization = t.statement(
  (
    db,
    p: Pick<
      AuthorizationRow,
      | 'id'
      | 'order_id'
      | 'account_id'
      | 'identifier_type'
      | 'identifier'
      | 'challenge'
      | 'token'
      | 'expires_at'
    >,
  ) =>
    db.insertInto('acme_authorization').values({
      id: p.id,
      order_id: p.order_id,
      account_id: p.account_id,
      identifier_type: p.identifier_type,
      identifier: p.identifier,
      challenge: p.challenge,
      token: p.token,
      status: 'pending',
      expires_at: p.expires_at,
    }),
);

export const authorizationById = t.statement((db, p: { id: AuthorizationId }) =>
  db.selectFrom('acme_authorization').selectAll().where('id', '=', p.id),
);

export const authorizationsOf = t.statement((db, p: { order: OrderId }) =>
  db
    .selectFrom('acme_authorization')
    .selectAll()
    .where('order_id', '=', p.order)
    .orderBy('id', 'asc'),
);

/** `run() === 1` for the one node that tries it; another may when that one was not heard of for long. */
export const tryAuthorization = t.statement(
  (db, p: { id: AuthorizationId; now: number; lost: number }) =>
    db
      .updateTable('acme_authorization')
      .set({ status: 'processing', tried_at: p.now })
      .where('id', '=', p.id)
      .where('expires_at', '>', p.now)
      .where((eb) =>
        eb.or([
          eb('status', '=', 'pending'),
          eb.and([eb('status', '=', 'processing'), eb('tried_at', '<=', p.lost)]),
        ]),
      ),
);

export const settleAuthorization = t.statement(
  (
    db,
    p: {
      id: AuthorizationId;
      status: 'valid' | 'invalid';
      now: number;
      problem: string | null;
      key: Uint8Array | null;
      tpm: DeviceProofId | null;
      vouched: string | null;
    },
  ) =>
    db
      .updateTable('acme_authorization')
      .set({
        status: p.status,
        validated_at: p.now,
        problem: p.problem,
        key: p.key,
        tpm: p.tpm,
        vouched: p.vouched,
      })
      .where('id', '=', p.id)
      .where('status', '=', 'processing'),
);

export const deactivateAuthorization = t.statement((db, p: { id: AuthorizationId }) =>
  db
    .updateTable('acme_authorization')
    .set({ status: 'deactivated' })
    .where('id', '=', p.id)
    .where('status', 'in', ['pending', 'valid']),
);

export const forgetAuthorizations = t.statement((db, p: { before: number }) =>
  db.deleteFrom('acme_authorization').where('expires_at', '<=', p.before),
);
