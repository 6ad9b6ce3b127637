/** Attempts that wait for a code: their password was taken by the gate a moment ago, without the hash. */
import { inFlight } from '../flight.ts';
import { arrivalOf } from './arrival.ts';
import type { BenchHouse } from './bench-house.ts';
import { type BenchPerson, codeAt, nameOf } from './bench-people.ts';
import { withoutHashes } from './without-hashes.ts';

export interface TotpStep {
  readonly number: number;
  readonly token: string;
  readonly code: string;
}

/** One for each person, in the next half minute. */
export async function openTotpSteps(
  opened: BenchHouse,
  people: readonly BenchPerson[],
): Promise<TotpStep[]> {
  const { house, clock } = opened;
  clock.nextCode();
  const now = clock.now();
  const offer = { kind: 'password', data: { password: '' } } as const;
  const steps: TotpStep[] = [];
  const hashAgain = withoutHashes(opened);
  try {
    await inFlight(64, people, async ({ number }) => {
      const arrival = arrivalOf(number);
      const asked = { to: 'signIn', identifier: nameOf(number) } as const;
      const outcome = await house.gate.ask(asked, arrival, offer);
      if (outcome.state !== 'challenged') throw new Error(`a password was ${outcome.state}`);
      steps.push({ number, token: outcome.attempt.token, code: codeAt(number, now) });
    });
  } finally {
    hashAgain();
  }
  return steps;
}
