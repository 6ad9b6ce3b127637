/**
 * Judges again who is at network devices, once their groups or roles, the policies, or the network device have changed: in the
 * background, some at a time. Who would not be let in any more is put out; who would be told other things is told them.
 */
import type { Reason } from '@sallyport/contract/event-parts.ts';
import type { By, Recorder } from '../../record/record.ts';
import type { Store, Tx } from '../../store/store.ts';
import type { GateDeps } from '../gate-deps.ts';
import { bounded } from '../shown.ts';
import { writeReply } from './about-session.ts';
import type { JudgeAgain } from './judge-again.ts';
import type { NetworkSessionRow } from './network-session-row.ts';
import {
  changeNetworkSession,
  judgedNetworkSession,
  outdatedNetworkSessions,
} from './network-session-table.ts';

export type Rejudged = 'same' | 'changed' | 'ended';

/** Why somebody is put out whose ground is not gone, but is another. */
export interface PutOutBecause {
  readonly why: 'judged' | 'changed';
  readonly reason?: Reason | undefined;
  readonly policies?: readonly string[] | undefined;
}

export interface Rejudging {
  one(tx: Tx, row: NetworkSessionRow, by: By): Promise<Rejudged>;
  /** All that was judged by what is not so any more. */
  round(): Promise<void>;
}

/** Of one transaction: others are to get their turn. */
const AT_ONCE = 16;

export function createRejudging(deps: {
  readonly store: Store;
  readonly record: Recorder;
  readonly policies: GateDeps['policies'];
  readonly clock: GateDeps['clock'];
  readonly judgeAgain: JudgeAgain;
  readonly report: (fault: unknown) => void;
  readonly putOut: (
    tx: Tx,
    row: NetworkSessionRow,
    by: By,
    because: PutOutBecause,
  ) => Promise<boolean>;
}): Rejudging {
  const { store, record, policies, clock, judgeAgain, report, putOut } = deps;

  async function one(tx: Tx, row: NetworkSessionRow, by: By): Promise<Rejudged> {
    const judged = await judgeAgain(tx, row);
    if (judged.state === 'over') {
      const { reason, policies: met } = judged;
      await putOut(tx, row, by, { why: 'judged', reason, policies: met });
      return 'ended';
    }
    const { id } = row;
    await tx.run(judgedNetworkSession, { id, ...judged.by });
    if (judged.state === 'same') return 'same';
    const { reply, until } = judged;
    // Nobody can tell a device that speaks TACACS+ of it (RFC 8907 has no such word): whoever is there logs in again.
    if (row.door !== 'radius') {
      await putOut(tx, row, by, { why: 'changed', policies: judged.policies });
      return 'ended';
    }
    await tx.run(changeNetworkSession, { id, reply: writeReply(reply), until });
    await record.append(tx, {
      type: 'login.changed',
      outcome: 'done',
      subject: row.subject_id,
      ...by,
      data: {
        login: id,
        client: row.client_id,
        reply: wordsOf(reply),
        policies: bounded(judged.policies),
        until,
      },
    });
    return 'changed';
  }

  /** Where one of them can't be judged, the others are, each by itself. */
  async function some(rows: readonly NetworkSessionRow[]): Promise<void> {
    try {
      await store.write(async (tx) => {
        for (const row of rows) await one(tx, row, { door: row.door });
      });
    } catch {
      for (const row of rows) {
        await store.write((tx) => one(tx, row, { door: row.door })).catch(report);
      }
    }
  }

  return {
    one,
    async round() {
      let after = '';
      for (;;) {
        const rows = await store.read(async (q) => {
          const { version } = await policies.current(q);
          return q.all(outdatedNetworkSessions, { now: clock.now(), policies: version, after });
        });
        const last = rows.at(-1);
        if (last === undefined) return;
        for (let at = 0; at < rows.length; at += AT_ONCE) await some(rows.slice(at, at + AT_ONCE));
        after = last.id;
      }
    },
  };
}

const wordsOf = (reply: Readonly<Record<string, string | number>>) =>
  Object.entries(reply)
    .map(([word, value]) => `${word}=${value}`)
    .join(' ');
