/**
 * All that waits for people's answers, and refusing it for them, whoever may do it: the command line on the machine itself calls these,
 * the API the judged ones (approval-administration.ts). Nobody answers for somebody else.
 */
import type { DeviceId, PersonId, ResourceId } from '../../../kernel/id.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import type { By, Recorder } from '../../../record/record.ts';
import type { Queries, Tx } from '../../../store/store.ts';
import type { Devices } from '../../../subjects/devices.ts';
import type { People } from '../../../subjects/people.ts';
import type { Resources } from '../../../subjects/resources.ts';
import {
  type ApprovalId,
  type ApprovalRow,
  cancelApproval,
  openApproval,
  openApprovals,
} from '../../approvals/approval-table.ts';
import type { ApprovalDeps } from '../../approvals/approvals.ts';
import { createHeldLogIns } from '../../network/log-in-approvals.ts';
import type { NotFound } from '../answered.ts';

export interface SeenApproval {
  readonly id: ApprovalId;
  readonly kind: ApprovalRow['kind'];
  readonly person: PersonId;
  readonly name: string | undefined;
  readonly asker: { readonly id: string; readonly name: string };
  /** Of a log-in. */
  readonly service: string | undefined;
  readonly createdAt: number;
  readonly expiresAt: number;
}

export interface ApprovalFilter {
  readonly limit: number;
  /** Only what came before this one. */
  readonly after?: string;
}

export interface ApprovalActs {
  /** Those that wait, the newest first. */
  list(
    q: Queries,
    filter: ApprovalFilter,
  ): Promise<{ readonly items: readonly SeenApproval[]; readonly next: string | undefined }>;
  /** Whom it waits for; undefined where nothing does. */
  personOf(q: Queries, id: ApprovalId): Promise<PersonId | undefined>;
  cancel(tx: Tx, id: ApprovalId, by: By): Promise<Result<void, NotFound>>;
}

export function createApprovalActs(
  deps: ApprovalDeps & {
    readonly people: Pick<People, 'get' | 'profile'>;
    readonly devices: Pick<Devices, 'get'>;
    readonly resources: Pick<Resources, 'get'>;
    readonly record: Recorder;
    /** Told of requests of applications that were refused. */
    readonly tellApp: (row: ApprovalRow, person: PersonId) => void;
  },
): ApprovalActs {
  const { people, devices, resources, record, clock, tellApp } = deps;
  const logIns = createHeldLogIns(deps);

  async function nameOf(q: Queries, { kind, asker }: ApprovalRow): Promise<string> {
    const found =
      kind === 'login'
        ? await devices.get(q, asker as DeviceId)
        : await resources.get(q, asker as ResourceId);
    return found?.name ?? asker;
  }

  async function seen(q: Queries, row: ApprovalRow): Promise<SeenApproval | undefined> {
    const { id, kind, asker, subject_id, created_at: createdAt, expires_at: expiresAt } = row;
    if (subject_id === null) return undefined;
    const person = await people.get(q, subject_id);
    const profile = person && (await people.profile(q, person));
    return {
      ...{ id, kind, person: subject_id, name: profile?.identifier, createdAt, expiresAt },
      asker: { id: asker, name: await nameOf(q, row) },
      service: kind === 'login' ? logIns.said(row).service : undefined,
    };
  }

  return {
    async list(q, { limit, after }) {
      const now = clock.now();
      const rows = await q.all(openApprovals({ now, before: after, limit: limit + 1 }), {});
      const shown = rows.slice(0, limit);
      const items: SeenApproval[] = [];
      for (const row of shown) {
        const one = await seen(q, row);
        if (one !== undefined) items.push(one);
      }
      return { items, next: rows.length > limit ? shown.at(-1)?.id : undefined };
    },

    async personOf(q, id) {
      return (await q.one(openApproval, { id, now: clock.now() }))?.subject_id ?? undefined;
    },

    async cancel(tx, id, by) {
      const now = clock.now();
      const row = await tx.one(openApproval, { id, now });
      const subject = row?.subject_id ?? undefined;
      if (row === undefined || subject === undefined) return failed({ code: 'not-found' });
      if ((await tx.run(cancelApproval, { id, now })) !== 1) return failed({ code: 'not-found' });
      await record.append(tx, {
        type: 'approval.cancelled',
        outcome: 'refused',
        subject,
        ...by,
        data: { approval: id, kind: row.kind, asker: row.asker },
      });
      if (row.kind === 'request') tx.afterCommit(() => tellApp(row, subject));
      return ok(undefined);
    },
  };
}
