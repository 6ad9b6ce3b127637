/**
 * Tells network devices what became of sessions there: that one has ended, or that one goes on with something else. Each is told of
 * once, by whichever node can, and what the device answered is on record. One that does not take a change is asked to end it.
 */
import { type Clock, MINUTE } from '../../kernel/clock.ts';
import type { By, Recorder } from '../../record/record.ts';
import type { Queries, Store, Tx } from '../../store/store.ts';
import { readReplyOf } from './about-session.ts';
import type { PutOutBecause } from './network-rejudging.ts';
import type { NetworkSessionRow } from './network-session-row.ts';
import {
  askNetworkChange,
  changedNetworkSessions,
  networkSessionById,
  tellNetworkSession,
  tookNetworkChange,
  untoldNetworkSessions,
} from './network-session-table.ts';
import type { ChangedSession, NetworkSession, NetworkSessionId, Told } from './network-words.ts';

export type Ended = (ended: NetworkSession) => void;
export type Changed = (changed: ChangedSession) => Promise<Told | undefined>;

/** After that whoever asked has died: a network device is asked for 15 seconds. */
const ASK_AGAIN = MINUTE;

export function createNetworkTelling(deps: {
  readonly store: Store;
  readonly record: Recorder;
  readonly clock: Clock;
  readonly report: (fault: unknown) => void;
  readonly describe: (q: Queries, row: NetworkSessionRow) => Promise<NetworkSession | undefined>;
  readonly putOut: (
    tx: Tx,
    row: NetworkSessionRow,
    by: By,
    because: PutOutBecause,
  ) => Promise<boolean>;
}) {
  const { store, record, clock, report, describe, putOut } = deps;
  const ended: Ended[] = [];
  const changed: Changed[] = [];

  async function noteIn(
    tx: Tx,
    row: NetworkSessionRow,
    asked: 'end' | 'change',
    { answer, cause }: Told,
  ) {
    await record.append(tx, {
      type: 'login.told',
      outcome: answer === 'done' ? 'done' : 'failed',
      subject: row.subject_id,
      door: row.door,
      data: {
        login: row.id,
        client: row.client_id,
        asked,
        answer,
        ...(cause === undefined ? {} : { cause }),
      },
    });
  }

  async function tellChange(row: NetworkSessionRow) {
    const session = await store.read((q) => describe(q, row));
    const attributes = readReplyOf(row);
    let told: Told | undefined;
    if (session !== undefined) {
      for (const listener of changed) {
        told ??= await listener({ ...session, attributes, until: row.until });
      }
    }
    const done = told?.answer === 'done';
    await store.write(async (tx) => {
      if (done) await tx.run(tookNetworkChange, { id: row.id, reply: row.reply });
      if (told !== undefined) await noteIn(tx, row, 'change', told);
      // Where it stays what it was, policies are not followed: so it ends.
      if (!done) await putOut(tx, row, { door: row.door }, { why: 'changed' });
    });
    if (!done) await tellAll();
  }

  async function tellEnd(row: NetworkSessionRow): Promise<void> {
    const session = await store.read((q) => describe(q, row));
    if ((await store.write((tx) => tx.run(tellNetworkSession, { id: row.id }))) !== 1) return;
    if (session !== undefined) for (const listener of ended) listener(session);
  }

  async function tellAll(): Promise<void> {
    if (ended.length > 0) {
      for (const row of await store.read((q) => q.all(untoldNetworkSessions, {}))) {
        // One that can't be read now is for the next time, and must not stand before all others.
        await tellEnd(row).catch(report);
      }
    }
    if (changed.length === 0) return;
    const now = clock.now();
    const before = now - ASK_AGAIN;
    for (const row of await store.read((q) => q.all(changedNetworkSessions, { before }))) {
      const asks = { id: row.id, now, before };
      if ((await store.write((tx) => tx.run(askNetworkChange, asks))) !== 1) continue;
      tellChange(row).catch(report);
    }
  }

  return {
    tellAll,
    /** What came of the end of one. */
    async told(id: NetworkSessionId, told: Told): Promise<void> {
      await store.write(async (tx) => {
        const row = await tx.one(networkSessionById, { id });
        if (row !== undefined) await noteIn(tx, row, 'end', told);
      });
    },
    onEnded: (listener: Ended) => void ended.push(listener),
    onChanged: (listener: Changed) => void changed.push(listener),
  };
}
