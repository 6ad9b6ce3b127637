/**
 * Passkeys and security keys (WebAuthn Level 3): a signature by a key that never leaves its keeper, over this step's nonce
 * and the site's name, made after the person showed their authenticator a PIN, a finger or a face.
 *
 * The user handle, which authenticators keep and show to no other site, is a keyed hash of the subject's id: the same for all
 * of a person's credentials, and no name of theirs.
 */
import { z } from 'zod';
import { base64url, fromBase64url, fromUtf8, utf8 } from '../../kernel/bytes.ts';
import { equal } from '../../kernel/equal.ts';
import type { SubjectId } from '../../kernel/id.ts';
import { failed, ok } from '../../kernel/result.ts';
import { addHeld, findByLookup } from '../held-proofs.ts';
import type { HeldProof, ProofClass, ProofDeps, ProofModule, Verdict } from '../proof.ts';
import { proofName } from '../proof-name.ts';
import { raiseCounter, touchUnchanged } from '../proof-table.ts';
import { verifyAssertion } from './assertion.ts';
import {
  type CredentialDetail,
  openPublicKey,
  otherHostOf,
  readCredentialDetail,
  sealCredential,
} from './credential.ts';
import { assertionOffer, registrationOffer } from './offers.ts';
import { ALGORITHMS, verifyRegistration } from './registration.ts';
import type { WebauthnConfig } from './webauthn-config.ts';
import type { WebauthnSite } from './webauthn-site.ts';

/** Five minutes: the least that §15.1 recommends where a person must be verified, and what WCAG 2.2.1 leaves room for. */
const TIMEOUT = 300_000;

const enrolmentOptions = z.strictObject({
  name: proofName.optional(),
  form: z.enum(['passkey', 'security-key']).default('passkey'),
});

const enrolmentState = z.strictObject({
  name: z.string(),
  form: z.enum(['passkey', 'security-key']),
  challenge: z.string(),
});

export interface WebauthnDeps extends ProofDeps {
  readonly site: WebauthnSite;
}

export function createWebauthn(deps: WebauthnDeps, config: WebauthnConfig): ProofModule {
  const { site, vault } = deps;

  const userHandle = (subject: SubjectId) => vault.blindIndex('webauthn-user-handle', subject);
  const lookupOf = (credentialId: string) => vault.blindIndex('webauthn-credential', credentialId);

  const otherHost = (held: HeldProof) => otherHostOf(held, site.rpId);

  const descriptors = (held: readonly HeldProof[]) =>
    held
      .filter((proof) => isCredential(proof) && otherHost(proof) === undefined)
      .map((proof) => {
        const { credentialId, transports } = readCredentialDetail(proof);
        return { type: 'public-key', id: credentialId, transports };
      });

  function sound(
    proof: HeldProof,
    detail: CredentialDetail,
    signCount: number,
    backedUp: boolean,
    now: number,
  ): Verdict {
    const counts = signCount > 0 || proof.counter > 0;
    const regressed = counts && signCount <= proof.counter;
    if (regressed && config.refuseRegressions) {
      return { sound: false, reason: 'wrong', proof: proof.id };
    }
    const change = {
      subject: proof.subject,
      id: proof.id,
      now,
      detail: JSON.stringify({ ...detail, backedUp }),
    };
    const seen = { seen: proof.counter, seenUse: proof.lastUsedAt ?? -1 };
    return {
      sound: true,
      proof: proof.id,
      class: classOf(proof),
      // That an assertion is used once rests on its nonce, which is the attempt's. These keep two uses at once apart.
      spend: async (tx) =>
        signCount > proof.counter
          ? (await tx.run(raiseCounter, { ...change, counter: signCount })) === 1
          : (await tx.run(touchUnchanged, { ...change, ...seen })) === 1,
      notes: regressed ? ['sign-count-regressed'] : [],
    };
  }

  return {
    kind: 'webauthn',
    most: config.several,
    opens: true,
    stands: true,
    guessable: false,
    describe: classOf,
    otherHost,

    challenge: (held, moment) => ({
      kind: 'webauthn',
      data: {
        challenge: base64url(moment.nonce),
        rpId: site.rpId,
        timeout: TIMEOUT,
        userVerification: 'required',
        // Empty for whoever is not known yet: the browser offers the passkeys that it has for this site.
        allowCredentials: descriptors(held),
      },
    }),

    async identify(q, offer) {
      const parsed = assertionOffer.safeParse(offer);
      if (!parsed.success) return undefined;
      const handle = fromBase64url(parsed.data.response.userHandle ?? '');
      const held = await findByLookup(q, lookupOf(parsed.data.id));
      // §7.2 step 6: without a name beforehand, the handle must be there and be the owner's.
      if (held === undefined || handle === undefined) return undefined;
      return equal(handle, userHandle(held.subject)) ? held.subject : undefined;
    },

    async verify(_q, held, box, offer, moment) {
      const parsed = assertionOffer.safeParse(offer);
      if (!parsed.success) return { sound: false, reason: 'malformed' };
      const mine = held.filter(isCredential);
      const found = mine
        .map((proof) => ({ proof, detail: readCredentialDetail(proof) }))
        .find(({ detail }) => detail.credentialId === parsed.data.id);
      if (found === undefined || box === undefined) return { sound: false, reason: 'not-held' };
      const { proof, detail } = found;
      const known = {
        credentialId: detail.credentialId,
        algorithm: detail.algorithm,
        publicKey: openPublicKey(box, proof),
        deviceBound: detail.deviceBound,
        userHandle: base64url(userHandle(proof.subject)),
      };
      const verdict = await verifyAssertion(parsed.data, known, moment, site);
      if (!verdict.sound) return { sound: false, reason: verdict.reason, proof: proof.id };
      return sound(proof, detail, verdict.signCount, verdict.backedUp, moment.now);
    },

    async beginEnrolment(enrolling, options) {
      const parsed = enrolmentOptions.safeParse(options ?? {});
      if (!parsed.success) return failed({ code: 'malformed', detail: parsed.error.message });
      if (enrolling.held.filter(isCredential).length >= config.several) {
        return failed({ code: 'too-many' });
      }
      const { form, name = form === 'passkey' ? 'Passkey' : 'Security key' } = parsed.data;
      const challenge = base64url(enrolling.moment.nonce);
      const listed = config.authenticators.length > 0;
      const passkey = form === 'passkey';
      return ok({
        state: utf8(JSON.stringify({ name, form, challenge })),
        offer: {
          rp: { id: site.rpId, name: config.name },
          user: {
            id: base64url(userHandle(enrolling.subject)),
            name: enrolling.account,
            displayName: enrolling.names[0] ?? enrolling.account,
          },
          challenge,
          pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: 'public-key', alg })),
          timeout: TIMEOUT,
          excludeCredentials: descriptors(enrolling.held),
          authenticatorSelection: {
            residentKey: passkey ? 'required' : 'discouraged',
            requireResidentKey: passkey,
            userVerification: 'required',
            ...(passkey ? {} : { authenticatorAttachment: 'cross-platform' }),
          },
          hints: passkey ? [] : ['security-key'],
          attestation: config.attestation ?? (listed ? 'direct' : 'none'),
        },
      });
    },

    async finishEnrolment(enrolling, state, offer) {
      const begun = readState(state);
      if (begun === undefined) {
        return failed({ code: 'malformed', detail: 'this enrolment was not begun here' });
      }
      const parsed = registrationOffer.safeParse(offer);
      if (!parsed.success) return failed({ code: 'malformed', detail: 'the credential' });
      const { moment, box, subject } = enrolling;
      const check = { challenge: begun.challenge, moment, site, config };
      const verified = await verifyRegistration(parsed.data, check);
      if (!verified.ok) return verified;
      const { publicKey, attestationObject, signCount, transports, ...facts } = verified.value;
      const made = { form: begun.form, rpId: site.rpId };
      const detail = { ...facts, ...made, transports: [...transports] };
      const id = deps.ids.next<'proof'>();
      const proof = {
        id,
        subject,
        kind: 'webauthn',
        name: begun.name,
        createdAt: moment.now,
        detail: JSON.stringify(detail satisfies CredentialDetail),
        sealed: sealCredential(box, id, { publicKey, attestationObject }),
        counter: signCount,
      } as const;
      return ok({
        // §7.1 step 26: a credential belongs to one person, and is enrolled once.
        commit: async (tx) =>
          (await addHeld(tx, proof, lookupOf(facts.credentialId)))
            ? ok({ proof: id })
            : failed({ code: 'held-already' }),
      });
    },
  };
}

const isCredential = (proof: HeldProof) => proof.kind === 'webauthn';

/**
 * Two factors in one: the key is had, and the authenticator was shown something first. Which, it does not say; a PIN stands in
 * for finger and face on all of them, so `know` is what can be claimed.
 */
function classOf(held?: HeldProof): ProofClass {
  const detail = held === undefined ? undefined : readCredentialDetail(held);
  return {
    kind: 'webauthn',
    factors: ['have', 'know'],
    phishingResistant: true,
    replayResistant: true,
    hardwareBound: detail?.attested === true && detail.deviceBound,
    enrolmentOnly: false,
    effort: 1,
  };
}

function readState(state: Uint8Array) {
  try {
    const parsed = enrolmentState.parse(JSON.parse(fromUtf8(state)));
    const challenge = fromBase64url(parsed.challenge);
    return challenge === undefined ? undefined : { ...parsed, challenge };
  } catch {
    return undefined;
  }
}
