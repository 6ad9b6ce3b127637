/**
 * A secret that the process and we share: the weakest way, for what can do nothing else. We make it, show it once, and keep
 * its SHA-256: 256 random bits need no slow hash. It crosses the network each time, so it can be stolen and shown again, and
 * policies are told so. Two stand side by side, so that one can follow the other without a gap.
 */
import { z } from 'zod';
import { base64url, fromBase64url } from '../../kernel/bytes.ts';
import { DAY } from '../../kernel/clock.ts';
import { sha256 } from '../../kernel/digest.ts';
import { equal } from '../../kernel/equal.ts';
import { failed } from '../../kernel/result.ts';
import { addProcessProof, createReadFacts, inForce, onlyOutOfForce } from '../process-held.ts';
import type {
  ProcessProofClass,
  ProcessProofDeps,
  ProcessProofModule,
  ProcessVerdict,
} from '../process-proof.ts';

interface Facts {
  /** SHA-256 of the secret's bytes, in base64url. */
  readonly hash: string;
}

/** So that scanners of code and logs know one when they see it. */
const PREFIX = 'spx_';
const BYTES = 32;
const FORM = /^spx_[A-Za-z0-9_-]{43}$/;

const LIFE = 365 * DAY;
const USUAL = 90 * DAY;

const offerShape = z.strictObject({ secret: z.string() });
const settingsShape = z.strictObject({}).optional();

const CLASS = Object.freeze<ProcessProofClass>({
  kind: 'secret',
  factors: ['have'],
  phishingResistant: false,
  replayResistant: false,
  hardwareBound: false,
  enrolmentOnly: false,
  effort: 0,
});

export function createSecret(deps: ProcessProofDeps): ProcessProofModule {
  const kind = { kind: 'secret', most: 2 } as const;
  const read = createReadFacts<Facts, Uint8Array>(
    (facts) => fromBase64url(facts.hash) ?? new Uint8Array(0),
  );

  return {
    ...kind,
    guessable: true,
    describe: () => CLASS,
    claims: () => undefined,
    shown: () => ({ weak: true }),

    async add(tx, adding) {
      if (!settingsShape.safeParse(adding.settings ?? undefined).success) {
        return failed({ code: 'malformed', detail: 'a secret has no settings: it is made here' });
      }
      const secret = deps.random.bytes(BYTES);
      const facts: Facts = { hash: base64url(sha256(secret)) };
      return addProcessProof(deps, kind, tx, adding, {
        facts,
        longest: LIFE,
        usual: USUAL,
        shownOnce: [`${PREFIX}${base64url(secret)}`],
      });
    },

    async verify(held, data, moment): Promise<ProcessVerdict> {
      const offer = offerShape.safeParse(data);
      const text = offer.success ? offer.data.secret : '';
      // What has not even the form of one still is a guess: it counts as all others do.
      if (!FORM.test(text)) return { sound: false, reason: 'wrong' };
      const secret = fromBase64url(text.slice(PREFIX.length));
      if (secret === undefined) return { sound: false, reason: 'wrong' };
      const hashed = sha256(secret);
      const matching = held.find((proof) => proof.kind === 'secret' && equal(hashed, read(proof)));
      if (matching === undefined) return { sound: false, reason: 'wrong' };
      if (!inForce([matching], 'secret', moment.now).length) {
        return { sound: false, reason: onlyOutOfForce(held, 'secret'), proof: matching.id };
      }
      return { sound: true, proof: matching.id, class: CLASS, spend: async () => true };
    },
  };
}
