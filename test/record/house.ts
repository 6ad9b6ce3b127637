/** A house for tests of the record: a store, a vault, and nodes that sequence when they are told to. */
import { join } from 'node:path';
import type { SallyportEvent } from '@sallyport/contract/events.ts';
import { createIds, type Ids, type PersonId } from '../../server/kernel/id.ts';
import type { Later } from '../../server/kernel/later.ts';
import type { Random } from '../../server/kernel/random.ts';
import { type KeptCheckpoint, keptInFile } from '../../server/record/kept-checkpoint.ts';
import { createRecord, type EventId, type Recorder } from '../../server/record/record.ts';
import { createSequencer, type Sequencer } from '../../server/record/sequencer.ts';
import type { Store } from '../../server/store/store.ts';
import { createRootKey } from '../../server/vault/root-key.ts';
import { openVault, type VaultKeeper } from '../../server/vault/vault.ts';
import { type ManualClock, manualClock } from '../support/clock.ts';
import { seededRandom } from '../support/random.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

export const ORIGIN = 'test.example/record';

export interface RecordNode {
  readonly record: Recorder;
  readonly sequencer: Sequencer;
  readonly kept: KeptCheckpoint;
  /** What the node had to say, as `level: message`. */
  readonly notices: string[];
  append(...events: SallyportEvent[]): Promise<EventId[]>;
}

export interface House {
  readonly test: TestStore;
  readonly store: Store;
  readonly folder: string;
  readonly clock: ManualClock;
  readonly random: Random;
  readonly ids: Ids;
  readonly vault: VaultKeeper;
  node(name: string, changes?: { store?: Store; kept?: KeptCheckpoint; later?: Later }): RecordNode;
  person(): Promise<PersonId>;
  close(): Promise<void>;
}

export async function openHouse(seed = 'record'): Promise<House> {
  const clock = manualClock();
  const test = await openTestStore(clock);
  const { store, folder } = test;
  const random = seededRandom(seed);
  const ids = createIds(clock, random);
  const vault = await openVault({
    store,
    clock,
    random,
    ids,
    rootKeys: [createRootKey(random.bytes(32), random)],
  });
  return {
    test,
    store,
    folder,
    clock,
    random,
    ids,
    vault,
    node(name, changes = {}) {
      const over = changes.store ?? store;
      const kept = changes.kept ?? keptInFile(join(folder, `checkpoint-${name}`));
      const notices: string[] = [];
      const record = createRecord({
        ids,
        vault,
        appended: (id, leaf) => sequencer.appended(id, leaf),
      });
      const sequencer: Sequencer = createSequencer({
        store: over,
        vault,
        clock,
        random,
        record,
        origin: ORIGIN,
        node: name,
        kept,
        later: changes.later ?? (() => () => {}),
        notice: (level, message) => notices.push(`${level}: ${message}`),
        restored: () => notices.push('restored'),
      });
      return {
        record,
        sequencer,
        kept,
        notices,
        append: (...events) =>
          over.write(async (tx) => {
            const made: EventId[] = [];
            for (const event of events) made.push(await record.append(tx, event));
            return made;
          }),
      };
    },
    async person() {
      const id: PersonId = ids.next();
      await store.write((tx) => vault.createSubjectKey(tx, id));
      return id;
    },
    close: () => test.close(),
  };
}

/** An event of a kind that is frequent, with personal fields. */
export function refusal(subject: PersonId | undefined, n: number): SallyportEvent {
  return {
    type: 'proof.refused',
    outcome: 'refused',
    reason: 'wrong',
    door: 'web',
    subject,
    data: { kind: 'password' },
    personal: {
      address: `192.0.2.${n % 256}`,
      userAgent: 'Mozilla/5.0 (plant)',
      identifier: 'ada',
    },
  };
}

export const some = (count: number): SallyportEvent[] =>
  Array.from({ length: count }, (_, n) => refusal(undefined, n));
