/**
 * A temporary access pass: 80 random bits that an administrator hands to a person who has no proof yet, or none any more.
 * It lets its holder enrol proofs and nothing else. It ends by time, by use, or by being revoked; it may be bound to
 * networks. Issuing is in issue-pass.ts.
 */
import { z } from 'zod';
import { equal } from '../../kernel/equal.ts';
import { Fault } from '../../kernel/fault.ts';
import { parseNetworks } from '../../kernel/networks.ts';
import { failed } from '../../kernel/result.ts';
import { codeOf } from '../code-offer.ts';
import { sealedPlace } from '../held-proofs.ts';
import type { HeldProof, ProofClass, ProofDeps, ProofModule } from '../proof.ts';
import { countUse } from '../proof-table.ts';
import { hashTypedCode, readTypedCode } from '../typed-code.ts';

export const GROUPS = 4;
export const GROUP = 4;

const CLASS: ProofClass = {
  kind: 'pass',
  factors: ['have'],
  phishingResistant: false,
  replayResistant: false,
  hardwareBound: false,
  enrolmentOnly: true,
  effort: 5,
};

const passDetail = z.strictObject({
  expiresAt: z.int(),
  uses: z.int().min(1),
  networks: z.array(z.string()),
});

export type PassDetail = z.infer<typeof passDetail>;

function readPassDetail(held: HeldProof): PassDetail {
  try {
    return passDetail.parse(JSON.parse(held.detail));
  } catch (cause) {
    throw new Fault('proof.engine', `the detail of pass ${held.id} is damaged`, { cause });
  }
}

export function createPass(deps: Pick<ProofDeps, 'ids' | 'random' | 'vault'>): ProofModule {
  const standInBox = deps.vault.system('settings');
  const standInPlace = sealedPlace(deps.ids.next<'proof'>());
  const standIn = standInBox.seal(standInPlace, deps.random.bytes(32));

  return {
    kind: 'pass',
    most: 1,
    opens: false,
    stands: false,
    guessable: true,
    describe: classOf,
    challenge: () => ({ kind: 'pass', data: {} }),

    async verify(_q, held, box, offer, moment) {
      const code = readTypedCode(codeOf(offer), GROUPS * GROUP);
      if (code === undefined) return { sound: false, reason: 'malformed' };
      const pass = held.find((proof) => proof.kind === 'pass');
      if (pass === undefined || pass.sealed === null || box === undefined) {
        equal(standInBox.open(standInPlace, standIn), hashTypedCode(code, standInPlace.row));
        return { sound: false, reason: 'not-held' };
      }
      const expected = box.open(sealedPlace(pass.id), pass.sealed);
      // Judged before anything else: whoever does not know the pass learns nothing of its terms.
      if (!equal(expected, hashTypedCode(code, pass.id))) {
        return { sound: false, reason: 'wrong', proof: pass.id };
      }
      const { expiresAt, uses, networks } = readPassDetail(pass);
      if (moment.now >= expiresAt) return { sound: false, reason: 'expired', proof: pass.id };
      if (pass.counter >= uses) return { sound: false, reason: 'used', proof: pass.id };
      const within = parseNetworks(networks);
      if (networks.length > 0 && !(within.ok && within.value(moment.source))) {
        return { sound: false, reason: 'not-here', proof: pass.id };
      }
      const use = { subject: pass.subject, id: pass.id, now: moment.now, uses };
      return {
        sound: true,
        proof: pass.id,
        class: classOf(pass),
        spend: async (tx) => (await tx.run(countUse, use)) === 1,
        notes: [],
      };
    },

    async beginEnrolment() {
      return failed({ code: 'not-allowed', detail: 'a pass is issued by an administrator' });
    },
    async finishEnrolment() {
      return failed({ code: 'not-allowed', detail: 'a pass is issued by an administrator' });
    },
  };
}

/** A pass of one use can't be shown again; one of several can. */
function classOf(held?: HeldProof): ProofClass {
  return { ...CLASS, replayResistant: held !== undefined && readPassDetail(held).uses === 1 };
}
