/**
 * Passwords: NIST SP 800-63B §3.1.1, OWASP ASVS 5.0 §6.2. Any character, 8 to 256 of them, no rules of composition; refused
 * when it is known to be breached or is easily guessed; kept as an Argon2id hash that is sealed besides.
 *
 * For an account that does not exist the same hash is computed and thrown away.
 */

import { z } from 'zod';
import { fromUtf8, utf8 } from '../../kernel/bytes.ts';
import { SECOND } from '../../kernel/clock.ts';
import type { SubjectId } from '../../kernel/id.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import type { Tx } from '../../store/store.ts';
import type { Box } from '../../vault/vault.ts';
import { putOnly, sealedPlace } from '../held-proofs.ts';
import type {
  Enrolling,
  EnrolmentError,
  HeldProof,
  Moment,
  ProofClass,
  ProofDeps,
  ProofModule,
  ProofNote,
  Ready,
} from '../proof.ts';
import { resealProof, touchProof } from '../proof-table.ts';
import {
  type Argon2Cost,
  type Hasher,
  hashPassword,
  isWeaker,
  verifyPassword,
} from './argon2id.ts';
import type { BreachFilter } from './breach-filter.ts';
import type { GuessJudge } from './guess-judge.ts';
import type { HashingPool } from './hashing-pool.ts';
import type { PasswordConfig } from './password-config.ts';
import { hardlyMoreThanNames, passwordText } from './password-text.ts';

export interface PasswordDeps extends ProofDeps {
  readonly pool: HashingPool;
  /** Who computes; the runtime's own threads where none is given. */
  readonly hasher?: Hasher | undefined;
  readonly judge: GuessJudge;
  /** The common passwords that are shipped, and the breached ones that were imported. */
  readonly filters: readonly BreachFilter[];
}

const CLASS: ProofClass = {
  kind: 'password',
  factors: ['know'],
  phishingResistant: false,
  replayResistant: false,
  hardwareBound: false,
  enrolmentOnly: false,
  effort: 2,
};

const offered = z.strictObject({ password: z.string() });

/** What everybody knows of where the password is for. */
const HOUSE = 'sallyport';

export function createPassword(deps: PasswordDeps, config: PasswordConfig): ProofModule {
  const cost: Argon2Cost = config;
  const { pool, hasher, random } = deps;
  // Nobody's password, made once: what is verified for an account that is not there, at the cost of one that is.
  const standIn = hashPassword(random, cost, fromRandom(random.bytes(32)));
  standIn.catch(() => undefined); // Told where it is awaited.
  /** Whose new password is being judged: one at a time for each, so that nobody keeps the judge from the others. */
  const judging = new Set<SubjectId>();

  async function isBreached(password: string): Promise<boolean> {
    for (const filter of deps.filters) if (await filter.has(password)) return true;
    return false;
  }

  /** One turn in the pool: verify, and hash again when the hash is of weaker parameters than are asked now. */
  function judge(phc: string, password: string, moment: Moment) {
    return pool.run(moment.door, async () => {
      if (!(await verifyPassword(phc, password, hasher))) return { right: false } as const;
      if (!isWeaker(phc, cost)) return { right: true } as const;
      return { right: true, rehashed: await hashPassword(random, cost, password, hasher) } as const;
    });
  }

  async function refusal(
    text: string,
    length: number,
    enrolling: Enrolling,
  ): Promise<EnrolmentError | undefined> {
    if (length < config.minLength) return { code: 'too-short' };
    if (await isBreached(text)) return { code: 'breached' };
    const names = [enrolling.account, ...enrolling.names];
    if (hardlyMoreThanNames(text, [...names, HOUSE])) return { code: 'guessable' };
    const guesses = await deps.judge.guessesLog10(text, names);
    if (guesses === undefined) return { code: 'busy', retryAt: enrolling.moment.now + 2000 };
    if (guesses < config.minGuessesLog10) return { code: 'guessable' };
    return undefined;
  }

  /** Judges a new password and hashes it; what comes of it is committed by the caller. */
  async function prepare(
    typed: { readonly text: string; readonly length: number },
    enrolling: Enrolling,
  ): Promise<Result<Ready, EnrolmentError>> {
    const refused = await refusal(typed.text, typed.length, enrolling);
    if (refused !== undefined) return failed(refused);
    // That it is the present one is not said: it would be a guess at that one which no throttle counts.
    const hashed = await pool.run(enrolling.moment.door, () =>
      hashPassword(random, cost, typed.text, hasher),
    );
    if (hashed.busy) return failed({ code: 'busy', retryAt: hashed.retryAt });
    const id = deps.ids.next<'proof'>();
    const proof = {
      id,
      subject: enrolling.subject,
      kind: 'password',
      name: 'Password',
      createdAt: enrolling.moment.now,
      detail: detailOf(cost),
      sealed: enrolling.box.seal(sealedPlace(id), utf8(hashed.value)),
      counter: 0,
    } as const;
    return ok({
      async commit(tx) {
        await putOnly(tx, proof);
        return ok({ proof: id });
      },
    });
  }

  return {
    kind: 'password',
    most: 1,
    opens: true,
    stands: true,
    guessable: true,
    describe: () => CLASS,
    challenge: () => ({ kind: 'password', data: {} }),

    async verify(_q, held, box, offer, moment) {
      const parsed = offered.safeParse(offer);
      if (!parsed.success) return { sound: false, reason: 'malformed' };
      const typed = passwordText(parsed.data.password);
      // No password has this form, so none is hashed: for an account that exists and for one that doesn't.
      if (!typed.ok) return { sound: false, reason: 'malformed' };
      const mine = held.find((proof) => proof.kind === 'password');
      const phc = open(mine, box) ?? (await standIn);
      const judged = await judge(phc, typed.text, moment);
      if (judged.busy) return { sound: false, reason: 'busy', retryAt: judged.retryAt };
      if (mine === undefined || box === undefined || mine.sealed === null) {
        return { sound: false, reason: 'not-held' };
      }
      if (!judged.value.right) return { sound: false, reason: 'wrong', proof: mine.id };
      const notes: ProofNote[] = [];
      const { rehashed } = judged.value;
      if (rehashed !== undefined) notes.push('rehashed');
      if (await isBreached(typed.text)) notes.push('breached');
      return {
        sound: true,
        proof: mine.id,
        class: CLASS,
        spend: (tx) => spend(tx, mine, box, rehashed, moment.now),
        notes,
      };
    },

    async beginEnrolment() {
      return ok({
        state: utf8('password'),
        offer: { minLength: config.minLength, maxLength: 256 },
      });
    },

    async finishEnrolment(enrolling, state, offer) {
      if (new TextDecoder().decode(state) !== 'password') {
        return failed({ code: 'malformed', detail: 'this enrolment was not begun here' });
      }
      const parsed = offered.safeParse(offer);
      if (!parsed.success) return failed({ code: 'malformed', detail: 'a password is a text' });
      const typed = passwordText(parsed.data.password);
      if (!typed.ok) {
        return typed.why === 'too-long'
          ? failed({ code: 'too-long' })
          : failed({ code: 'malformed', detail: 'a password has no control characters' });
      }
      const { subject, moment } = enrolling;
      if (judging.has(subject)) return failed({ code: 'busy', retryAt: moment.now + SECOND });
      judging.add(subject);
      try {
        return await prepare(typed, enrolling);
      } finally {
        judging.delete(subject);
      }
    },
  };

  /** False when the password was changed or removed since it was verified. */
  async function spend(
    tx: Pick<Tx, 'run'>,
    proof: HeldProof,
    box: Box,
    rehashed: string | undefined,
    now: number,
  ): Promise<boolean> {
    const key = { subject: proof.subject, id: proof.id, now };
    if (rehashed === undefined) return (await tx.run(touchProof, key)) === 1;
    const sealed = box.seal(sealedPlace(proof.id), utf8(rehashed));
    return (await tx.run(resealProof, { ...key, sealed, detail: detailOf(cost) })) === 1;
  }
}

function open(proof: HeldProof | undefined, box: Box | undefined): string | undefined {
  if (proof === undefined || proof.sealed === null || box === undefined) return undefined;
  return fromUtf8(box.open(sealedPlace(proof.id), proof.sealed));
}

function detailOf({ memory, passes, lanes }: Argon2Cost): string {
  return JSON.stringify({ algorithm: 'argon2id', memory, passes, lanes });
}

function fromRandom(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16)).join('');
}
