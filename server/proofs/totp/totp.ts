/**
 * TOTP (RFC 6238): a code from an app or token that shares a key with us.
 *
 * A code is accepted once: the row's counter is the last step accepted, and spending raises it by a conditional update. The
 * accepted window is at most one step to either side of the token's own clock, which is followed as it drifts; docs/proofs.md
 * sets it against ASVS 6.5.5.
 */
import { z } from 'zod';
import { base64url, fromBase64url, fromUtf8, utf8 } from '../../kernel/bytes.ts';
import { SECOND } from '../../kernel/clock.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import type { Box } from '../../vault/vault.ts';
import { codeOf } from '../code-offer.ts';
import { addHeld, sealedPlace } from '../held-proofs.ts';
import type {
  EnrolmentError,
  HeldProof,
  Moment,
  ProofClass,
  ProofDeps,
  ProofId,
  ProofModule,
  Verdict,
} from '../proof.ts';
import { proofName } from '../proof-name.ts';
import { raiseCounter } from '../proof-table.ts';
import { base32, grouped } from './base32.ts';
import { learnDrift } from './clock-drift.ts';
import { keyLength, type OtpKey, otpKey } from './hotp.ts';
import { otpauthUri } from './otpauth-uri.ts';
import type { TotpConfig } from './totp-config.ts';
import { PERIOD, readTotpDetail, type TotpDetail } from './totp-detail.ts';

const CLASS: ProofClass = {
  kind: 'totp',
  factors: ['have'],
  phishingResistant: false,
  replayResistant: true,
  hardwareBound: false,
  enrolmentOnly: false,
  effort: 3,
};

const enrolmentOptions = z.strictObject({
  name: proofName.default('Authenticator app'),
  algorithm: z.enum(['SHA1', 'SHA256', 'SHA512']).default('SHA1'),
  digits: z.union([z.literal(6), z.literal(8)]).default(6),
});

const enrolmentState = enrolmentOptions.extend({ key: z.string() });

interface Match {
  readonly step: number;
  readonly offset: number;
}

export function createTotp(deps: ProofDeps, config: TotpConfig): ProofModule {
  const standIn = createStandIn(deps);

  function verdictOn(held: readonly HeldProof[], box: Box, code: string, now: number): Verdict {
    let used: ProofId | undefined;
    for (const proof of held) {
      if (proof.sealed === null) continue;
      const detail = readTotpDetail(proof);
      const key = otpKey(
        box.open(sealedPlace(proof.id), proof.sealed),
        detail.algorithm,
        detail.digits,
      );
      const from = detail.drift - config.stepsBack;
      const to = detail.drift + config.stepsForward;
      const match = search(key, detail.digits, code, now, from, to, proof.counter);
      if (match === undefined) continue;
      if (match.step <= proof.counter) used = proof.id;
      else return sound(proof, detail, match, now);
    }
    return used === undefined
      ? { sound: false, reason: 'wrong', retryAt: nextCodeAt(now) }
      : { sound: false, reason: 'used', proof: used, retryAt: nextCodeAt(now) };
  }

  function sound(proof: HeldProof, detail: TotpDetail, match: Match, now: number): Verdict {
    const learnt = learnDrift(detail, match.offset, config.maxDrift);
    const change = {
      subject: proof.subject,
      id: proof.id,
      counter: match.step,
      now,
      detail:
        learnt.drift === detail.drift && learnt.lean === detail.lean
          ? proof.detail
          : JSON.stringify({ ...detail, ...learnt }),
    };
    return {
      sound: true,
      proof: proof.id,
      class: CLASS,
      spend: async (tx) => (await tx.run(raiseCounter, change)) === 1,
      notes: learnt.drift === detail.drift ? [] : ['clock-drift-learnt'],
    };
  }

  return {
    kind: 'totp',
    most: config.several,
    opens: false,
    stands: true,
    guessable: true,
    atOnce: true,
    describe: () => CLASS,
    // The same for everyone: how many digits a person's app shows would tell that the account exists.
    challenge: () => ({ kind: 'totp', data: {} }),

    async verify(_q, held, box, offer, moment) {
      const code = readCode(offer);
      if (code === undefined) return { sound: false, reason: 'malformed' };
      const mine = held.filter((proof) => proof.kind === 'totp');
      if (mine.length === 0 || box === undefined) {
        standIn(code, moment);
        return { sound: false, reason: 'not-held', retryAt: nextCodeAt(moment.now) };
      }
      return verdictOn(mine, box, code, moment.now);
    },

    async beginEnrolment(enrolling, options) {
      const parsed = enrolmentOptions.safeParse(options ?? {});
      if (!parsed.success) return failed({ code: 'malformed', detail: parsed.error.message });
      if (enrolling.held.filter((proof) => proof.kind === 'totp').length >= config.several) {
        return failed({ code: 'too-many' });
      }
      const { algorithm, digits } = parsed.data;
      const key = deps.random.bytes(keyLength(algorithm));
      const state = { ...parsed.data, key: base64url(key) };
      return ok({
        state: utf8(JSON.stringify(state)),
        offer: {
          uri: otpauthUri(config.issuer, enrolling.account, key, { algorithm, digits }),
          key: grouped(base32(key)),
          algorithm,
          digits,
          period: PERIOD,
        },
      });
    },

    async finishEnrolment(enrolling, state, offer) {
      const begun = readState(state);
      if (!begun.ok) return begun;
      const { name, algorithm, digits, key } = begun.value;
      const code = readCode(offer);
      if (code === undefined)
        return failed({ code: 'malformed', detail: 'a code has digits only' });
      // The key is a minute old and nobody has guessed yet: a clock that is off is found here, once, at its widest.
      const reach = Math.max(config.maxDrift, 1);
      const { now } = enrolling.moment;
      const match = search(otpKey(key, algorithm, digits), digits, code, now, -reach, reach, 0);
      if (match === undefined) return failed({ code: 'wrong' });
      // As little as makes it fit: then a clock that is off is within the window, and so is one that is right, whose code was
      // typed slowly.
      const { offset } = match;
      const least =
        offset < 0
          ? Math.min(0, offset + config.stepsBack)
          : Math.max(0, offset - config.stepsForward);
      const drift = Math.abs(offset) > 1 ? least : 0;
      const detail: TotpDetail = { algorithm, digits, drift, lean: 0 };
      const id = deps.ids.next<'proof'>();
      const proof = {
        id,
        subject: enrolling.subject,
        kind: 'totp',
        name,
        createdAt: now,
        detail: JSON.stringify(detail),
        sealed: enrolling.box.seal(sealedPlace(id), key),
        counter: match.step,
      } as const;
      return ok({
        async commit(tx) {
          await addHeld(tx, proof, null);
          return ok({ proof: id });
        },
      });
    },
  };
}

/**
 * Looks at every candidate whatever it finds, so that time tells nothing of which one matched. Of two steps that share a
 * code, the later is taken: it is the one that may still be unused.
 */
function search(
  key: OtpKey,
  digits: number,
  code: string,
  now: number,
  from: number,
  to: number,
  counter: number,
): Match | undefined {
  const present = Math.floor(now / (PERIOD * SECOND));
  const offered = Number(code);
  let match: Match | undefined;
  for (let offset = from; offset <= to; offset++) {
    const step = present + offset;
    const same = key.code(step) === offered && code.length === digits;
    if (same && (match === undefined || step > counter)) match = { step, offset };
  }
  return match;
}

function nextCodeAt(now: number): number {
  return (Math.floor(now / (PERIOD * SECOND)) + 1) * PERIOD * SECOND;
}

/** People type codes with spaces, as apps show them. */
function readCode(offer: unknown): string | undefined {
  const code = codeOf(offer);
  if (code === undefined || code.length > 16) return undefined;
  const digits = code.replaceAll(/[\s-]/g, '');
  return /^(?:[0-9]{6}|[0-9]{8})$/.test(digits) ? digits : undefined;
}

type Begun = Omit<z.infer<typeof enrolmentState>, 'key'> & { readonly key: Uint8Array };

function readState(state: Uint8Array): Result<Begun, EnrolmentError> {
  try {
    const parsed = enrolmentState.parse(JSON.parse(fromUtf8(state)));
    const key = fromBase64url(parsed.key);
    if (key !== undefined) return ok({ ...parsed, key });
  } catch {
    // What can't be read was not written by beginEnrolment.
  }
  return failed({ code: 'malformed', detail: 'this enrolment was not begun here' });
}

/** The work of a wrong code, for an account that has no key: open one, make three codes. */
function createStandIn(deps: ProofDeps): (code: string, moment: Moment) => void {
  const place = sealedPlace(deps.ids.next<'proof'>());
  const box = deps.vault.system('settings');
  const sealed = box.seal(place, deps.random.bytes(keyLength('SHA1')));
  return (code, moment) => {
    search(otpKey(box.open(place, sealed), 'SHA1', 6), 6, code, moment.now, -1, 1, 0);
  };
}
