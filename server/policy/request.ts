/** What is asked of the policy: one principal, one action, one resource, and what is known of the moment. */
import type { PersonStatus } from '@sallyport/contract/people.ts';
import type { ProcessProofKind } from '@sallyport/contract/processes.ts';
import type { ProofKind } from '@sallyport/contract/proofs.ts';
import type { ProofClass } from '../proofs/proof.ts';
import type { DeviceFacts } from '../subjects/posture.ts';
import type { Action, ActionGroup, Part } from './actions.ts';

interface AnyPrincipal {
  /** What policies call it: the name of a process that proves itself, and the id of everyone else. */
  readonly id: string;
  readonly status: PersonStatus;
  readonly roles: readonly string[];
  readonly groups: readonly string[];
}

export interface PersonPrincipal extends AnyPrincipal {
  readonly kind: 'person';
}

export interface DevicePrincipal extends AnyPrincipal {
  readonly kind: 'device';
}

export interface ProcessPrincipal extends AnyPrincipal {
  readonly kind: 'process';
  /** The actions, or groups of actions, that its token was issued for; none for a process that proves itself. */
  readonly scopes: readonly (Action | ActionGroup)[];
}

export type PolicyPrincipal = PersonPrincipal | DevicePrincipal | ProcessPrincipal;

export type PolicyResource =
  /** A part of Sallyport itself. */
  | { readonly kind: 'part'; readonly id: Part }
  /** The person whom an act of administration concerns; their roles say who may touch them. */
  | {
      readonly kind: 'person';
      readonly id: string;
      readonly status: PersonStatus;
      readonly roles: readonly string[];
      readonly groups: readonly string[];
    }
  | {
      readonly kind: 'application' | 'api' | 'site' | 'network' | 'asset';
      /** What policies call it: the name of an application, an API or a site. */
      readonly id: string;
      readonly groups: readonly string[];
    };

/** What a proof is worth, whether a person or a process showed it. */
export interface AnyProofClass extends Omit<ProofClass, 'kind'> {
  readonly kind: ProofKind | ProcessProofKind;
}

/** What a device shows: a certificate, or an address that proves nothing. */
export interface DeviceProofClass extends Omit<ProofClass, 'kind'> {
  readonly kind: 'certificate' | 'mac';
}

/** One proof that was shown, and how long ago, in seconds. */
export interface ShownProof {
  readonly class: AnyProofClass | DeviceProofClass;
  readonly age: number;
}

/** What of a resource is to be entered, and whether the one who asks is listed for that. */
export interface EntryContext {
  readonly scopes: readonly string[];
  readonly sensitive: boolean;
  readonly listed: boolean;
  /** Of a site; empty elsewhere. */
  readonly function: string;
  readonly method: string;
}

/** A command at a network device, in the one form that policies compare (gate/network/command-text.ts). */
export interface CommandContext {
  readonly name: string;
  readonly text: string;
  readonly sensitive: boolean;
  /** The windows for changes that are open now. */
  readonly windows: readonly string[];
}

/** A certificate that is to be issued: what whose it is to be is, what it is to be good for, and its names as certificates have them. */
export interface CertificateContext {
  readonly kind: string;
  readonly profile: string;
  readonly names: readonly string[];
}

export interface PolicyContext {
  readonly door: string;
  /** The address the request came from, IPv4 or IPv6. */
  readonly source: string;
  /** Whether the source lies in a network that the configuration names as trusted. */
  readonly trustedNetwork: boolean;
  /** Whether this browser or device signed in as this subject before. */
  readonly knownDevice: boolean;
  /** Told where proofs are changed; what is not known there counts as held. */
  readonly holdsPhishingResistant?: boolean | undefined;
  /** Told where something is entered; what is not known there counts as sensitive and not listed. */
  readonly entry?: EntryContext | undefined;
  /** Told where a command is to be run; what is not known there counts as sensitive, outside every window. */
  readonly command?: CommandContext | undefined;
  /** Told where a certificate is to be issued; what is not known there has no names. */
  readonly certificate?: CertificateContext | undefined;
  /** Told where a person logs in at a network device: what for, as the door knows it. */
  readonly service?: string | undefined;
  /** Told where a device joins a network; what is not known there is no device of the inventory. */
  readonly device?: DeviceFacts | undefined;
  /** Seconds since the epoch. */
  readonly time: number;
}

export interface PolicyRequest {
  readonly principal: PolicyPrincipal;
  readonly action: Action;
  readonly resource: PolicyResource;
  readonly context: PolicyContext;
}
