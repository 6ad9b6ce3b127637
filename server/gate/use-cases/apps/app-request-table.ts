import type { Id, PersonId, ResourceId } from '../../../kernel/id.ts';
import { tables } from '../../../store/statement.ts';

export type AppRequestId = Id<'app-request'>;

/** `mismatched`: the wrong number was chosen. `disowned`: the person said that they had not asked for it. */
export type AppRequestStatus = 'waiting' | 'approved' | 'mismatched' | 'disowned';

export interface AppRequestRow {
  id: AppRequestId;
  /** Hash of the application's handle for it (`auth_req_id`), which is a secret. */
  key: string;
  app_id: ResourceId;
  /** Blind index of the application and of whom it named, be there such a person or not. */
  asked: Uint8Array;
  /** Whom it waits for; null where it is shown to nobody. */
  subject_id: PersonId | null;
  /** JSON, sealed. */
  ask: Uint8Array;
  status: AppRequestStatus;
  /** JSON, sealed: what was granted. */
  outcome: Uint8Array | null;
  created_at: number;
  expires_at: number;
  polled_at: number | null;
  /** How long the application has to wait between two questions about it. Milliseconds. */
  wait: number;
}

interface AppRequestTables {
  app_request: AppRequestRow;
  subject: { id: string; epoch: number };
}

const t = tables<AppRequestTables>();

export const insertAppRequest = t.statement(
  (db, p: Omit<AppRequestRow, 'status' | 'outcome' | 'polled_at'>) =>
    db.insertInto('app_request').values({
      id: p.id,
      key: p.key,
      app_id: p.app_id,
      asked: p.asked,
      subject_id: p.subject_id,
      ask: p.ask,
      status: 'waiting',
      created_at: p.created_at,
      expires_at: p.expires_at,
      wait: p.wait,
    }),
);

export const appRequestByKey = t.statement((db, p: { key: string }) =>
  db.selectFrom('app_request').selectAll().where('key', '=', p.key),
);

export const waitingRequest = t.statement(
  (db, p: { id: AppRequestId; subject: PersonId; now: number }) =>
    db
      .selectFrom('app_request')
      .selectAll()
      .where('id', '=', p.id)
      .where('subject_id', '=', p.subject)
      .where('status', '=', 'waiting')
      .where('expires_at', '>', p.now),
);

export const waitingRequests = t.statement((db, p: { subject: PersonId; now: number }) =>
  db
    .selectFrom('app_request')
    .selectAll()
    .where('subject_id', '=', p.subject)
    .where('status', '=', 'waiting')
    .where('expires_at', '>', p.now)
    .orderBy('created_at', 'desc')
    .limit(16),
);

/** What one application asked of one name, lately. */
export const askedOfName = t.statement((db, p: { asked: Uint8Array; since: number }) =>
  db
    .selectFrom('app_request')
    .select(['status', 'created_at', 'expires_at'])
    .where('asked', '=', p.asked)
    .where('created_at', '>', p.since)
    .orderBy('created_at')
    .limit(100),
);

/** What was shown to one person, lately, whoever asked. */
export const askedOfPerson = t.statement((db, p: { subject: PersonId; since: number }) =>
  db
    .selectFrom('app_request')
    .select(['app_id', 'status', 'expires_at'])
    .where('subject_id', '=', p.subject)
    .where('created_at', '>', p.since)
    .limit(100),
);

export const waitingOfApp = t.statement((db, p: { app: ResourceId; now: number }) =>
  db
    .selectFrom('app_request')
    .select('expires_at')
    .where('app_id', '=', p.app)
    .where('expires_at', '>', p.now)
    .where('status', '=', 'waiting')
    .orderBy('expires_at')
    .limit(1000),
);

interface Answered {
  id: AppRequestId;
  subject: PersonId;
  status: AppRequestStatus;
  outcome: Uint8Array | null;
  now: number;
}

/** One use: `run() === 1` for whoever was first. */
export const answerAppRequest = t.statement((db, p: Answered) =>
  db
    .updateTable('app_request')
    .set({ status: p.status, outcome: p.outcome })
    .where('id', '=', p.id)
    .where('subject_id', '=', p.subject)
    .where('status', '=', 'waiting')
    .where('expires_at', '>', p.now),
);

export const noteAppPoll = t.statement((db, p: { key: string; now: number; wait: number }) =>
  db.updateTable('app_request').set({ polled_at: p.now, wait: p.wait }).where('key', '=', p.key),
);

export const forgetAppRequests = t.statement((db, p: { before: number }) =>
  db.deleteFrom('app_request').where('expires_at', '<=', p.before),
);
