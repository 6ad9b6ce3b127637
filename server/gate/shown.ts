/** Proofs that were shown, as attempts and sessions keep them. */

import { SECOND } from '../kernel/clock.ts';
import type { AnyProofClass, ShownProof } from '../policy/request.ts';
import type { ProofClass, ProofId } from '../proofs/proof.ts';

/** By a person, unless it says by whom. */
export interface ShownAt<Class extends AnyProofClass = ProofClass> {
  readonly proof: ProofId;
  readonly class: Class;
  /** When, in milliseconds since the epoch. */
  readonly at: number;
  /** When it is over by itself, in the same way: no session that rests on it lasts longer. */
  readonly until?: number;
}

/** When the first of them is over by itself. */
export function endOf(shown: readonly ShownAt<AnyProofClass>[]): number {
  return Math.min(...shown.map(({ until = Number.MAX_SAFE_INTEGER }) => until));
}

export function writeShown(shown: readonly ShownAt<AnyProofClass>[]): string {
  return JSON.stringify(shown);
}

/** `writeShown` for where it is done thousands of times a second, of classes that are few objects: they are most of the text. */
export function createWriteShown(): typeof writeShown {
  const texts = new WeakMap<AnyProofClass, string>();
  function textOf(of: AnyProofClass): string {
    let text = texts.get(of);
    if (text === undefined) {
      text = JSON.stringify(of);
      texts.set(of, text);
    }
    return text;
  }
  // Ids and times hold nothing that JSON escapes.
  return (shown) =>
    `[${shown.map((one) => `{"proof":"${one.proof}","class":${textOf(one.class)},"at":${one.at}${endText(one)}}`).join()}]`;
}

const endText = ({ until }: ShownAt<AnyProofClass>) =>
  until === undefined ? '' : `,"until":${until}`;

export function readShown(text: string): readonly ShownAt[] {
  return JSON.parse(text) as ShownAt[]; // Written by writeShown alone.
}

/** In seconds. A proof from the future, after a clock was set back, is as old as can be. */
export const ageOf = (at: number, now: number): number =>
  at > now ? Number.MAX_SAFE_INTEGER : Math.floor((now - at) / SECOND);

/** With their ages at a moment. */
export function agesOf(shown: readonly ShownAt<AnyProofClass>[], now: number): ShownProof[] {
  return shown.map(({ class: proofClass, at }) => ({ class: proofClass, age: ageOf(at, now) }));
}

/** What stays known after a step-up: of each held proof, only when it was last shown. */
export function mergeShown(before: readonly ShownAt[], now: readonly ShownAt[]): ShownAt[] {
  const again = new Set(now.map(({ proof }) => proof));
  const all = [...before.filter(({ proof }) => !again.has(proof)), ...now];
  // A pass is good for enrolling alone: beside other proofs it is forgotten.
  const lasting = all.filter(({ class: { enrolmentOnly } }) => !enrolmentOnly);
  return lasting.length > 0 ? lasting : all;
}

/** As many names, of policies or scopes, as an event may tell. */
export function bounded(names: readonly string[]): string[] {
  // By hand: of a frozen list, a slice costs fifty times as much.
  const some: string[] = [];
  for (const name of names) if (some.length < 64) some.push(name);
  return some;
}

export function forRecord<Class extends AnyProofClass>(
  shown: readonly ShownAt<Class>[],
  now: number,
): { kind: Class['kind']; proof: ProofId; age: number }[] {
  return shown.map(({ proof, class: { kind }, at }) => ({
    kind,
    proof,
    age: Math.max(0, Math.floor((now - at) / SECOND)),
  }));
}
