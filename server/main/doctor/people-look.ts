import { principalOf } from '../../gate/policy-request.ts';
import { shownHere } from '../../gate/shown-here.ts';
import type { PersonId } from '../../kernel/id.ts';
import { listHeld } from '../../proofs/held-proofs.ts';
import type { HeldProof } from '../../proofs/proof.ts';
import type { House } from '../house.ts';
import { originOf } from '../open-house.ts';
import { type Finding, type Look, type LookContext, ok, warn } from './look.ts';
import { findInHouse, OF_THE_HOUSE } from './reach-house.ts';
import { circumstances, isOneKind, tryOut } from './sign-in-trial.ts';

/** Each costs a few questions to the policies. */
const MOST = 2000;
const PAGE = 200;
const NAMED = 5;

interface Gaps {
  looked: number;
  more: boolean;
  /** Whom the policies let in with one kind of proof. */
  readonly oneKind: PersonId[];
  /** Who holds one proof besides recovery codes, and is locked out or down to paper when it is lost. */
  readonly oneProof: PersonId[];
  /** Who is active and can't come in with what they hold. */
  readonly shutOut: PersonId[];
  /** Whose passkeys were all made for another host than the one that people type now. */
  readonly elsewhere: PersonId[];
}

/** Whether everyone who is active has enough proofs: two kinds to come in with, and one to spare. */
export const lookAtPeople: Look = {
  name: 'people',
  needs: OF_THE_HOUSE,
  look(context) {
    return findInHouse(context, {
      none: ok('There is nobody yet.'),
      judge: (house) => judge(house, context),
    });
  },
};

async function judge(house: House, context: LookContext): Promise<Finding[]> {
  const { config } = context.loaded;
  const rpId = config.proofs.webauthn.rpId ?? new URL(originOf(config)).hostname;
  const gaps = await gapsOf(house, context.clock.now());
  const { looked, more } = gaps;
  const findings: Finding[] = [];
  if (gaps.oneKind.length > 0) {
    findings.push(
      warn(
        `The policies let ${await named(house, gaps.oneKind)} in with one kind of proof.`,
        'Ask for two kinds: the policy two-kinds in docs/policy.md does. ./sallyport policy simulate tells which let them in.',
      ),
    );
  }
  if (gaps.oneProof.length > 0) {
    findings.push(
      warn(
        `A single proof is held by ${await named(house, gaps.oneProof)}.`,
        'Have them add another under “Your proofs” (/me): who loses the last one needs an administrator.',
      ),
    );
  }
  if (gaps.shutOut.length > 0) {
    findings.push(
      warn(
        `The policies let ${await named(house, gaps.shutOut)} in by no proof that they hold.`,
        'Issue them a pass to set up what is asked for: ./sallyport pass issue NAME',
      ),
    );
  }
  if (gaps.elsewhere.length > 0) {
    findings.push(
      warn(
        `${gaps.elsewhere.length === 1 ? 'One person holds' : `${gaps.elsewhere.length} people hold`} passkeys of another host than ${rpId} alone, and no browser shows those here: ${await named(house, gaps.elsewhere)}.`,
        'Issue them a pass to set up new ones: ./sallyport pass issue NAME. Where listen.origin is wrong, mend that.',
      ),
    );
  }
  const all = looked === 1 ? 'the one person who is active' : `all ${looked} who are active`;
  const who = more ? `the first ${MOST} people who are active` : all;
  if (findings.length > 0) return findings;
  return [ok(looked === 0 ? 'Nobody is active yet.' : `Two kinds of proof for ${who}.`)];
}

async function gapsOf({ store, people, policies, proofs }: House, now: number): Promise<Gaps> {
  const gaps: Gaps = {
    looked: 0,
    more: false,
    oneKind: [],
    oneProof: [],
    shutOut: [],
    elsewhere: [],
  };
  const active = await store.read((q) => policies.current(q));
  let after = '';
  for (;;) {
    const page = await store.read((q) => people.list(q, { status: 'active', after, limit: PAGE }));
    for (const person of page) {
      if (gaps.looked === MOST) return { ...gaps, more: true };
      gaps.looked += 1;
      const all = (await store.read((q) => listHeld(q, person.id))).filter(
        ({ kind }) => kind !== 'pass',
      );
      const held = shownHere(proofs, all);
      const passkeys = (some: readonly HeldProof[]) => some.some(({ kind }) => kind === 'webauthn');
      const isElsewhere = passkeys(all) && !passkeys(held);
      if (isElsewhere) gaps.elsewhere.push(person.id);
      const presentable = held.map((proof) => proofs[proof.kind].describe(proof));
      const candidate = { principal: principalOf(person), presentable };
      const answers = circumstances(now).map((context) =>
        tryOut(active, candidate, 'signIn', 'portal', context),
      );
      if (answers.some(isOneKind)) gaps.oneKind.push(person.id);
      if (answers.every(({ state }) => state === 'refused')) gaps.shutOut.push(person.id);
      else if (!isElsewhere && held.filter(({ kind }) => kind !== 'recovery').length < 2) {
        gaps.oneProof.push(person.id);
      }
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return gaps;
    after = last.id;
  }
}

/** The first few by name, the rest by number. */
async function named({ store, people }: House, ids: readonly PersonId[]): Promise<string> {
  const names: string[] = [];
  for (const id of ids.slice(0, NAMED)) {
    const person = await store.read((q) => people.get(q, id));
    const profile = person && (await store.read((q) => people.profile(q, person)));
    names.push(profile?.identifier ?? id);
  }
  const others = ids.length - names.length;
  return others > 0 ? `${names.join(', ')} and ${others} more` : names.join(', ');
}
