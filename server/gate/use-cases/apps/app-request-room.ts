/** How many requests an application may have of whom: bounds that it is told of, and those that are kept in silence. */
import type { Clock } from '../../../kernel/clock.ts';
import type { PersonId, ResourceId } from '../../../kernel/id.ts';
import type { Queries, Tx } from '../../../store/store.ts';
import type { People } from '../../../subjects/people.ts';
import type { ApprovalConfig } from '../../approvals/approval-config.ts';
import { askedOfName, waitingOfAsker } from '../../approvals/approval-table.ts';
import {
  type Approvals,
  isFull,
  isUnwanted,
  REMEMBERED,
  waits,
} from '../../approvals/approvals.ts';
import { holdAlone } from '../../holding-table.ts';

/** Of one application and one name, told. */
const ofName = Object.freeze({ waiting: 2, inAnHour: 8 });
/** Of one application and one person, whatever names it has for them, in silence: what others may ask stays free. */
const ofPair = Object.freeze({ waiting: 2, inAnHour: 8 });

export interface AppRequestRoom {
  /** When there is room again, for all that an application is told of; undefined when there is. */
  until(q: Queries, app: ResourceId, asked: Uint8Array): Promise<number | undefined>;
  /** The same, and nobody else of that application takes it until the transaction is over. */
  take(tx: Tx, app: ResourceId, asked: Uint8Array): Promise<number | undefined>;
  /** Why a request is shown to nobody; undefined when it is shown. The same is asked for nobody, and takes as long. */
  unseen(
    tx: Tx,
    app: ResourceId,
    id: PersonId,
  ): Promise<'unknown-subject' | 'disabled' | 'too-many' | undefined>;
}

export function createAppRequestRoom(
  {
    approvals,
    people,
    clock,
  }: {
    readonly approvals: Pick<Approvals<object, object>, 'lately'>;
    readonly people: Pick<People, 'get'>;
    readonly clock: Clock;
  },
  bounds: ApprovalConfig['requests'],
): AppRequestRoom {
  const until: AppRequestRoom['until'] = async (q, app, asked) => {
    const now = clock.now();
    const lately = await q.all(askedOfName, { asked, since: now - REMEMBERED });
    const waiting = lately.filter((one) => waits(one, now));
    const [oldest] = lately;
    if (waiting.length >= ofName.waiting) return Math.min(...waiting.map((one) => one.expires_at));
    if (oldest !== undefined && lately.length >= ofName.inAnHour) {
      return oldest.created_at + REMEMBERED;
    }
    const ofApp = await q.all(waitingOfAsker, { asker: app, now });
    return ofApp.length >= bounds.ofApp ? ofApp[0]?.expires_at : undefined;
  };

  return {
    until,
    take(tx, app, asked) {
      tx.put(holdAlone, { id: app });
      return until(tx, app, asked);
    },
    async unseen(tx, app, id) {
      const person = await people.get(tx, id);
      const lately = await approvals.lately(tx, id);
      if (person === undefined) return 'unknown-subject';
      if (person.status !== 'active') return 'disabled';
      const pair = lately.filter(({ asker }) => asker === app);
      const now = clock.now();
      const isOver =
        isUnwanted(pair, 1) || isFull(pair, ofPair, now) || isFull(lately, bounds, now);
      return isOver ? 'too-many' : undefined;
    },
  };
}
