/** A house for tests of proofs: a store, a vault, a person, and the two ways of a proof through a module, in one call each. */
import type { Ids, PersonId } from '../../server/kernel/id.ts';
import { createIds } from '../../server/kernel/id.ts';
import type { Random } from '../../server/kernel/random.ts';
import type { Result } from '../../server/kernel/result.ts';
import { listHeld } from '../../server/proofs/held-proofs.ts';
import type {
  Enrolled,
  Enrolling,
  EnrolmentError,
  HeldProof,
  Moment,
  ProofDeps,
  ProofModule,
  Verdict,
} from '../../server/proofs/proof.ts';
import type { Store } from '../../server/store/store.ts';
import { createRootKey } from '../../server/vault/root-key.ts';
import { openVault, type VaultKeeper } from '../../server/vault/vault.ts';
import { type ManualClock, manualClock } from '../support/clock.ts';
import { seededRandom } from '../support/random.ts';
import { openTestStore } from '../support/store.ts';

export const ORIGIN = 'https://id.example.com';

export interface ProofHouse {
  readonly store: Store;
  readonly folder: string;
  readonly clock: ManualClock;
  readonly random: Random;
  readonly ids: Ids;
  readonly vault: VaultKeeper;
  readonly deps: ProofDeps;
  person(): Promise<PersonId>;
  held(subject: PersonId): Promise<HeldProof[]>;
  moment(changes?: Partial<Moment>): Moment;
  enrolling(subject: PersonId, changes?: Partial<Enrolling>): Promise<Enrolling>;
  /** Begins, answers and commits an enrolment. */
  enrol(
    module: ProofModule,
    subject: PersonId,
    answer: (offer: Readonly<Record<string, unknown>>) => unknown,
    options?: unknown,
  ): Promise<Result<Enrolled, EnrolmentError>>;
  verify(
    module: ProofModule,
    subject: PersonId | undefined,
    offer: unknown,
    moment?: Partial<Moment>,
  ): Promise<Verdict>;
  /** Spends a sound verdict in a transaction of its own. */
  spend(verdict: Verdict): Promise<boolean>;
  close(): Promise<void>;
}

export async function openProofHouse(seed = 'proofs'): Promise<ProofHouse> {
  const clock = manualClock();
  const test = await openTestStore(clock);
  const { store, folder } = test;
  const random = seededRandom(seed);
  const ids = createIds(clock, random);
  const rootKeys = [createRootKey(random.bytes(32), random)] as const;
  const vault = await openVault({ store, clock, random, ids, rootKeys });
  const held = (subject: PersonId) => store.read((q) => listHeld(q, subject));
  const moment = (changes: Partial<Moment> = {}): Moment => ({
    now: clock.now(),
    door: 'web',
    nonce: random.bytes(32),
    origin: ORIGIN,
    source: '192.0.2.7',
    ...changes,
  });
  const boxOf = (subject: PersonId) => store.read((q) => vault.subject(q, subject));

  async function enrolling(subject: PersonId, changes: Partial<Enrolling> = {}) {
    const box = await boxOf(subject);
    if (box === undefined) throw new Error('no such person');
    return {
      subject,
      account: 'ada@example.com',
      names: ['Ada Lovelace'],
      held: await held(subject),
      box,
      moment: moment(),
      ...changes,
    };
  }

  return {
    store,
    folder,
    clock,
    random,
    ids,
    vault,
    deps: { clock, random, ids, vault },
    held,
    moment,
    enrolling,
    async person() {
      const id: PersonId = ids.next();
      await store.write(async (tx) => void (await vault.createSubjectKey(tx, id)));
      return id;
    },
    async enrol(module, subject, answer, options) {
      const begun = await module.beginEnrolment(await enrolling(subject), options);
      if (!begun.ok) return begun;
      const { state, offer } = begun.value;
      const ready = await module.finishEnrolment(await enrolling(subject), state, answer(offer));
      if (!ready.ok) return ready;
      return store.write((tx) => ready.value.commit(tx));
    },
    async verify(module, subject, offer, changes) {
      const rows = subject === undefined ? [] : await held(subject);
      const box = subject === undefined ? undefined : await boxOf(subject);
      return store.read((q) => module.verify(q, rows, box, offer, moment(changes)));
    },
    async spend(verdict) {
      if (!verdict.sound) throw new Error(`not sound: ${verdict.reason}`);
      return store.write((tx) => verdict.spend(tx));
    },
    async close() {
      await test.close();
    },
  };
}
