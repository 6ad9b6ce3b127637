/**
 * What somebody else judges: a token of Duo, SafeNet or RSA, asked about at their RADIUS server. Here it is one proof among others,
 * which a sign-in never begins with; who holds one is decided here, and what it is called there is sealed.
 *
 * It is closed on every fault: a server that is down, slow, or answers without a signature lets nobody in. That is no guess, unless it
 * is there for others: who guesses at one that says nothing to wrong codes guesses all the same.
 */
import { z } from 'zod';
import { fromUtf8, utf8 } from '../../kernel/bytes.ts';
import { SECOND } from '../../kernel/clock.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { codeOf } from '../code-offer.ts';
import { addHeld, sealedPlace } from '../held-proofs.ts';
import type {
  Enrolled,
  Enrolling,
  EnrolmentError,
  ProofClass,
  ProofDeps,
  ProofModule,
  Ready,
} from '../proof.ts';
import { touchProof } from '../proof-table.ts';
import type { AskUpstream } from './ask-upstream.ts';

export interface UpstreamModule extends ProofModule {
  readonly kind: 'upstream';
  /** For an administrator, who knows what somebody is called there. */
  assign(
    enrolling: Pick<Enrolling, 'subject' | 'held' | 'box'>,
    account: string,
    now: number,
  ): Result<Ready, EnrolmentError>;
}

/** RFC 2865 §5.1; a name with control characters is no name. */
const Account = z
  .string()
  .min(1)
  .max(128)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
  .regex(/^[^\u0000-\u001f\u007f]*$/);
const MOST_CODE = 64;
const OFF = { code: 'not-allowed', detail: 'no upstream server is configured' } as const;

export function createUpstream(
  { ids }: ProofDeps,
  config: { readonly name: string; readonly oneTime: boolean },
  /** Undefined where none is configured. */
  ask: AskUpstream | undefined,
): UpstreamModule {
  const worth: ProofClass = {
    kind: 'upstream',
    factors: ['have'],
    phishingResistant: false,
    replayResistant: config.oneTime,
    hardwareBound: false,
    enrolmentOnly: false,
    effort: 3,
  };

  function ready(
    { subject, held, box }: Parameters<UpstreamModule['assign']>[0],
    account: string,
    now: number,
  ): Result<Ready, EnrolmentError> {
    if (ask === undefined) return failed(OFF);
    if (!Account.safeParse(account).success) {
      return failed({ code: 'malformed', detail: 'the name there' });
    }
    if (held.some(({ kind }) => kind === 'upstream')) return failed({ code: 'held-already' });
    const id = ids.next<'proof'>();
    const proof = {
      id,
      subject,
      kind: 'upstream',
      name: config.name,
      createdAt: now,
      detail: '{}',
      sealed: box.seal(sealedPlace(id), utf8(account)),
      counter: 0,
    } as const;
    return ok({
      async commit(tx): Promise<Result<Enrolled, EnrolmentError>> {
        await addHeld(tx, proof, null);
        return ok({ proof: id });
      },
    });
  }

  return {
    kind: 'upstream',
    most: 1,
    opens: false,
    stands: true,
    guessable: true,
    describe: () => worth,
    challenge: () => ({ kind: 'upstream', data: { name: config.name } }),
    assign: ready,

    async verify(_q, held, box, offer, moment) {
      const code = readCode(offer);
      if (code === undefined) return { sound: false, reason: 'malformed' };
      const proof = held.find(({ kind }) => kind === 'upstream');
      if (proof === undefined || proof.sealed === null || box === undefined) {
        return { sound: false, reason: 'not-held' };
      }
      const { id, subject } = proof;
      const busy = { sound: false, reason: 'busy', retryAt: moment.now + 5 * SECOND } as const;
      if (ask === undefined) return busy;
      switch (await ask(fromUtf8(box.open(sealedPlace(id), proof.sealed)), code)) {
        case 'no':
        case 'silence':
          return { sound: false, reason: 'wrong', proof: id };
        case 'nothing':
          return busy;
        case 'yes':
          return {
            sound: true,
            proof: id,
            class: worth,
            spend: async (tx) => (await tx.run(touchProof, { subject, id, now: moment.now })) === 1,
            notes: [],
          };
      }
    },

    // People set it up themselves by a code: what they are called there is what they are called here, or they could take another's.
    async beginEnrolment({ account, held }) {
      if (ask === undefined) return failed(OFF);
      if (held.some(({ kind }) => kind === 'upstream')) return failed({ code: 'held-already' });
      return ok({ state: utf8(account), offer: { name: config.name, account } });
    },

    async finishEnrolment(enrolling, _state, offer) {
      const code = readCode(offer);
      if (code === undefined) return failed({ code: 'malformed', detail: 'the code' });
      if (ask === undefined) return failed(OFF);
      const { account, moment } = enrolling;
      switch (await ask(account, code)) {
        case 'no':
        case 'silence':
          return failed({ code: 'wrong' });
        case 'nothing':
          return failed({ code: 'busy', retryAt: moment.now + 5 * SECOND });
        case 'yes':
          return ready(enrolling, account, moment.now);
      }
    },
  };
}

function readCode(offer: unknown): string | undefined {
  const code = codeOf(offer)?.trim();
  return code === undefined || code === '' || code.length > MOST_CODE ? undefined : code;
}
