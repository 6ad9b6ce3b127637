/** What waits for people's answers, by the house of this machine. */
import { approval } from '../../../doors/api/approvals.ts';
import { parseId } from '../../../kernel/id.ts';
import { ok } from '../../../kernel/result.ts';
import type { House } from '../../house.ts';
import type { ApprovalsDesk } from '../approvals-desk.ts';
import { AT_THE_MACHINE } from '../at-the-machine.ts';
import { NOT_FOUND } from '../not-found.ts';
import { behindId } from './behind-id.ts';

export function houseApprovals({ store, approvalActs }: House): ApprovalsDesk {
  return {
    list: behindId(async (filter) => {
      const { items, next } = await store.read((q) => approvalActs.list(q, filter));
      return ok({ items: items.map(approval), next: next ?? null });
    }),
    async cancel(text) {
      const id = parseId<'approval'>(text);
      if (id === undefined) return NOT_FOUND;
      const done = await store.write((tx) => approvalActs.cancel(tx, id, AT_THE_MACHINE));
      return done.ok ? done : NOT_FOUND;
    },
  };
}
