/**
 * Recovery codes: look-up secrets on paper (NIST SP 800-63B §3.1.2), each of 50 random bits, each good once.
 *
 * The set is one row: its hashes sealed together, and a bit of the counter for each code that was used. A new set takes the
 * row's place, so the old codes are void in the same stroke.
 */
import { z } from 'zod';
import { utf8 } from '../../kernel/bytes.ts';
import { equal } from '../../kernel/equal.ts';
import { Fault } from '../../kernel/fault.ts';
import { failed, ok } from '../../kernel/result.ts';
import { codeOf } from '../code-offer.ts';
import { putOnly, sealedPlace } from '../held-proofs.ts';
import type { HeldProof, ProofClass, ProofDeps, ProofModule } from '../proof.ts';
import { raiseBit } from '../proof-table.ts';
import { hashTypedCode, makeTypedCode, readTypedCode } from '../typed-code.ts';
import type { RecoveryConfig } from './recovery-config.ts';

const GROUPS = 2;
const GROUP = 5;
const LETTERS = GROUPS * GROUP;
const HASH = 32;

const CLASS: ProofClass = {
  kind: 'recovery',
  factors: ['have'],
  phishingResistant: false,
  replayResistant: true,
  hardwareBound: false,
  enrolmentOnly: false,
  effort: 6,
};

const detailOf = z.strictObject({ codes: z.int().min(1).max(30) });

/** How many codes of a set are still good. */
export function codesLeft(held: HeldProof): number {
  let left = readDetail(held);
  for (let used = held.counter; used > 0; used &= used - 1) left--;
  return left;
}

function readDetail(held: HeldProof): number {
  try {
    return detailOf.parse(JSON.parse(held.detail)).codes;
  } catch (cause) {
    throw new Fault('proof.engine', `the detail of recovery codes ${held.id} is damaged`, {
      cause,
    });
  }
}

export function createRecovery(deps: ProofDeps, config: RecoveryConfig): ProofModule {
  const standInBox = deps.vault.system('settings');
  const standInPlace = sealedPlace(deps.ids.next<'proof'>());
  const standIn = standInBox.seal(standInPlace, deps.random.bytes(config.codes * HASH));

  return {
    kind: 'recovery',
    most: 1,
    opens: false,
    stands: false,
    guessable: true,
    describe: () => CLASS,
    challenge: () => ({ kind: 'recovery', data: {} }),

    async verify(_q, held, box, offer, moment) {
      const code = readTypedCode(codeOf(offer), LETTERS);
      if (code === undefined) return { sound: false, reason: 'malformed' };
      const set = held.find((proof) => proof.kind === 'recovery');
      if (set === undefined || set.sealed === null || box === undefined) {
        find(standInBox.open(standInPlace, standIn), code, standInPlace.row);
        return { sound: false, reason: 'not-held' };
      }
      const at = find(box.open(sealedPlace(set.id), set.sealed), code, set.id);
      if (at === undefined) return { sound: false, reason: 'wrong', proof: set.id };
      const bit = 1 << at;
      if ((set.counter & bit) !== 0) return { sound: false, reason: 'used', proof: set.id };
      return {
        sound: true,
        proof: set.id,
        class: CLASS,
        async spend(tx) {
          const change = { subject: set.subject, id: set.id, now: moment.now, bit };
          return (await tx.run(raiseBit, change)) === 1;
        },
        notes: codesLeft(set) === 1 ? ['last-recovery-code'] : [],
      };
    },

    // Nothing to agree on before: the codes are made, kept as hashes, and shown once when they are kept.
    async beginEnrolment() {
      return ok({ state: utf8('recovery'), offer: { codes: config.codes } });
    },

    async finishEnrolment(enrolling, state, offer) {
      if (new TextDecoder().decode(state) !== 'recovery') {
        return failed({ code: 'malformed', detail: 'this enrolment was not begun here' });
      }
      if (!isNothing(offer)) {
        return failed({ code: 'malformed', detail: 'recovery codes take no input' });
      }
      const id = deps.ids.next<'proof'>();
      const codes = new Set<string>();
      while (codes.size < config.codes) codes.add(makeTypedCode(deps.random, GROUPS, GROUP));
      const hashes = new Uint8Array(codes.size * HASH);
      let at = 0;
      for (const code of codes) {
        hashes.set(hashTypedCode(code.replace('-', ''), id), at);
        at += HASH;
      }
      const proof = {
        id,
        subject: enrolling.subject,
        kind: 'recovery',
        name: 'Recovery codes',
        createdAt: enrolling.moment.now,
        detail: JSON.stringify({ codes: codes.size }),
        sealed: enrolling.box.seal(sealedPlace(id), hashes),
        counter: 0,
      } as const;
      return ok({
        async commit(tx) {
          await putOnly(tx, proof);
          return ok({ proof: id, shownOnce: [...codes] });
        },
      });
    },
  };
}

/** Compares with every hash, whichever matches. */
function find(hashes: Uint8Array, code: string, row: string): number | undefined {
  const offered = hashTypedCode(code, row);
  let found: number | undefined;
  for (let at = 0; at * HASH < hashes.length; at++) {
    if (equal(hashes.subarray(at * HASH, (at + 1) * HASH), offered)) found = at;
  }
  return found;
}

function isNothing(offer: unknown): boolean {
  if (offer === undefined || offer === null) return true;
  return typeof offer === 'object' && Object.keys(offer).length === 0;
}
