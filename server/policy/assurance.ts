import type { Factor } from '../proofs/proof.ts';
import type { ShownProof } from './request.ts';

/**
 * What the proofs shown are worth together. This is the only place where that is computed: policies read it as
 * `context.proven`, doors report it as `acr` and `amr`, and nothing stores it.
 *
 * A proof that is good for enrolment only sets `enrolmentOnly` and adds nothing else, so that it can stand for nothing but
 * enrolment. Every other proof can only add: with one more proof, no quality is lost.
 */
export interface Assurance {
  readonly kinds: readonly Factor[];
  readonly kindCount: number;
  readonly methods: readonly ShownProof['class']['kind'][];
  /** How many different methods: the same one twice counts once. */
  readonly count: number;
  readonly phishingResistant: boolean;
  readonly replayResistant: boolean;
  readonly hardwareBound: boolean;
  readonly enrolmentOnly: boolean;
  readonly fresh: boolean;
  readonly phishingResistantFresh: boolean;
  /** Whole seconds since the newest proof was shown; undefined when none was. */
  readonly age: number | undefined;
  readonly phishingResistantAge: number | undefined;
  readonly acr: Acr;
}

/**
 * `phr` and `phrh` are the values of OpenID Connect Extended Authentication Profile ACR Values 1.0: phishing-resistant, and
 * that with a hardware-protected key.
 */
export type Acr =
  | '0'
  | 'urn:sallyport:acr:one-kind'
  | 'urn:sallyport:acr:two-kinds'
  | 'phr'
  | 'phrh';

const FACTORS: readonly Factor[] = ['know', 'have', 'are'];
const KIND_SETS: readonly (readonly Factor[])[] = Array.from({ length: 8 }, (_, bits) =>
  Object.freeze(FACTORS.filter((_factor, index) => bits & (1 << index))),
);

export function assess(shown: readonly ShownProof[], freshFor: number): Assurance {
  let kindBits = 0;
  let phishingResistant = false;
  let replayResistant = false;
  let hardwareBound = false;
  let strongest = false;
  let enrolmentOnly = false;
  let age: number | undefined;
  let phishingResistantAge: number | undefined;
  const methods: ShownProof['class']['kind'][] = [];
  for (const proof of shown) {
    const worth = proof.class;
    if (worth.enrolmentOnly) {
      enrolmentOnly = true;
      continue;
    }
    // A proof from the future is a clock gone wrong: it counts as never fresh, not as newest of all.
    const seconds = proof.age >= 0 ? Math.floor(proof.age) : Number.MAX_SAFE_INTEGER;
    for (const factor of worth.factors) kindBits |= 1 << FACTORS.indexOf(factor);
    if (!methods.includes(worth.kind)) methods.push(worth.kind);
    if (age === undefined || seconds < age) age = seconds;
    replayResistant ||= worth.replayResistant;
    hardwareBound ||= worth.hardwareBound;
    if (worth.phishingResistant) {
      phishingResistant = true;
      strongest ||= worth.hardwareBound;
      if (phishingResistantAge === undefined || seconds < phishingResistantAge) {
        phishingResistantAge = seconds;
      }
    }
  }
  const kinds = KIND_SETS[kindBits] ?? [];
  return {
    kinds,
    kindCount: kinds.length,
    methods: methods.sort(),
    count: methods.length,
    phishingResistant,
    replayResistant,
    hardwareBound,
    enrolmentOnly,
    fresh: age !== undefined && age <= freshFor,
    phishingResistantFresh: phishingResistantAge !== undefined && phishingResistantAge <= freshFor,
    age,
    phishingResistantAge,
    acr: acrOf(kinds.length, phishingResistant, strongest),
  };
}

function acrOf(kindCount: number, phishingResistant: boolean, hardware: boolean): Acr {
  if (phishingResistant) return hardware ? 'phrh' : 'phr';
  if (kindCount >= 2) return 'urn:sallyport:acr:two-kinds';
  return kindCount === 1 ? 'urn:sallyport:acr:one-kind' : '0';
}

/** The Authentication Method Reference Values of RFC 8176 §2 for the proofs shown, sorted. */
export function amr(shown: readonly ShownProof[]): readonly string[] {
  const values = new Set<string>();
  const kinds = new Set<Factor>();
  for (const { class: worth } of shown) {
    if (worth.enrolmentOnly) continue;
    for (const factor of worth.factors) kinds.add(factor);
    switch (worth.kind) {
      case 'password':
        values.add('pwd');
        break;
      case 'totp':
      case 'upstream':
      case 'recovery':
        values.add('otp');
        break;
      case 'webauthn':
        values.add(worth.hardwareBound ? 'hwk' : 'swk');
        values.add('user');
        break;
      case 'card':
        values.add(worth.hardwareBound ? 'hwk' : 'swk');
        // A certificate in a file is no smart card (`sc`), and nothing but its CA's promise tells the two apart.
        if (worth.hardwareBound) values.add('sc').add('pin');
        break;
      case 'certificate':
      case 'key':
        // RFC 8176 §2: proof of possession of a key, `swk` unless it is known to be in hardware.
        values.add(worth.hardwareBound ? 'hwk' : 'swk');
        break;
      // No value is registered for a secret of a program, for what another issuer says of one, or for an address.
      case 'workload':
      case 'secret':
      case 'pass':
      case 'mac':
        break;
      default:
        worth satisfies never;
    }
  }
  if (kinds.size >= 2) values.add('mfa');
  return [...values].sort();
}
