/**
 * Attempts that wait for a code: their password was right a moment ago. Opened by the gate's own part for that, in bulk, so
 * that a bench of the step that follows pays for no hash.
 */
import { type Attempts, createAttempts } from '../../server/gate/attempts/attempts.ts';
import { MINUTE } from '../../server/kernel/clock.ts';
import { systemRandom } from '../../server/kernel/random.ts';
import type { ProofClass } from '../../server/proofs/proof.ts';
import type { Tx } from '../../server/store/store.ts';
import { arrivalOf } from './arrival.ts';
import type { BenchHouse } from './bench-house.ts';
import { type BenchPerson, codeAt } from './bench-people.ts';

export interface TotpStep {
  readonly number: number;
  readonly token: string;
  readonly code: string;
}

const TOGETHER = 500;

/** One for each person, in the next half minute. */
export async function openTotpSteps(
  { house, store, clock }: BenchHouse,
  people: readonly BenchPerson[],
): Promise<TotpStep[]> {
  clock.nextCode();
  const attempts = createAttempts({
    clock,
    random: systemRandom(),
    ids: house.ids,
    lifetime: 10 * MINUTE,
  });
  const worth = house.proofs.password.describe();
  const steps: TotpStep[] = [];
  for (let at = 0; at < people.length; at += TOGETHER) {
    const some = people.slice(at, at + TOGETHER);
    steps.push(
      ...(await store.write((tx) =>
        Promise.all(some.map((person) => open(tx, attempts, person, worth, clock.now()))),
      )),
    );
  }
  return steps;
}

async function open(
  tx: Tx,
  attempts: Attempts,
  { number, id, password }: BenchPerson,
  worth: ProofClass,
  now: number,
): Promise<TotpStep> {
  const { token, attempt } = await attempts.open(
    tx,
    {
      subject: id,
      lookup: undefined,
      session: undefined,
      device: undefined,
      wish: { action: 'signIn', resource: { kind: 'part', id: 'portal' } },
      asked: ['password'],
    },
    arrivalOf(number),
  );
  await attempts.advance(tx, attempt, {
    subject: id,
    shown: [{ proof: password, class: worth, at: now }],
    asked: ['totp'],
    failed: false,
    over: false,
  });
  return { number, token, code: codeAt(number, now) };
}
