/** The words of ACME (RFC 8555) between its door and the gate. */
import type { DeviceId } from '../../../kernel/id.ts';
import type { Result } from '../../../kernel/result.ts';
import type { AccountId, AuthorizationId, OrderId } from './acme-table.ts';

/** RFC 8555 §6.7, as far as they are told here; the last is of draft-ietf-acme-device-attest. */
const acmeErrors = [
  'accountDoesNotExist',
  'alreadyRevoked',
  'badCSR',
  'badNonce',
  'badPublicKey',
  'badRevocationReason',
  'badSignatureAlgorithm',
  'connection',
  'externalAccountRequired',
  'incorrectResponse',
  'malformed',
  'orderNotReady',
  'rateLimited',
  'rejectedIdentifier',
  'serverInternal',
  'unauthorized',
  'unsupportedIdentifier',
  'badAttestationStatement',
] as const;
export type AcmeError = (typeof acmeErrors)[number];

export interface AcmeProblem {
  readonly code: AcmeError;
  /** For whoever runs the client. */
  readonly detail: string;
  /** The thing that was asked for is not there: 404, whatever the code. */
  readonly missing?: true;
  readonly retryAt?: number;
}

export type Acme<T> = Promise<Result<T, AcmeProblem>>;

/** A request as the door read it: signed, nobody knows by whom (§6.2). */
export interface SignedRequest {
  readonly alg: string;
  readonly nonce: string;
  /** One or the other. */
  readonly jwk: unknown;
  /** What stands behind the address of accounts. */
  readonly kid: string | undefined;
  /** What the signature is over. */
  readonly signed: string;
  readonly signature: Uint8Array;
}

/** A binding to a pass (§7.3.4), or a new key that signs for itself (§7.3.5): one signed request inside of another. */
export type InnerRequest = Pick<SignedRequest, 'alg' | 'jwk' | 'kid' | 'signed' | 'signature'>;

export interface Account {
  readonly id: AccountId;
  readonly device: DeviceId;
  readonly status: 'valid' | 'deactivated';
  readonly thumbprint: string;
  readonly names: readonly string[];
  readonly attestationKey: string | undefined;
}

export type IdentifierType = 'dns' | 'permanent-identifier';

export interface Identifier {
  readonly type: IdentifierType;
  readonly value: string;
}

export interface Order {
  readonly id: OrderId;
  readonly status: 'pending' | 'ready' | 'valid' | 'invalid';
  readonly identifiers: readonly Identifier[];
  readonly authorizations: readonly AuthorizationId[];
  readonly expiresAt: number;
  readonly problem: AcmeProblem | undefined;
  readonly serial: string | undefined;
}

export interface Authorization {
  readonly id: AuthorizationId;
  readonly order: OrderId;
  readonly identifier: Identifier;
  readonly status: 'pending' | 'valid' | 'invalid' | 'deactivated' | 'expired';
  readonly expiresAt: number;
  readonly challenge: {
    readonly type: 'http-01' | 'device-attest-01';
    readonly token: string;
    readonly status: 'pending' | 'processing' | 'valid' | 'invalid';
    readonly validatedAt: number | undefined;
    readonly problem: AcmeProblem | undefined;
  };
}

export const problem = (code: AcmeError, detail: string): AcmeProblem => ({ code, detail });
export const missing = (what: string): AcmeProblem => ({
  code: 'malformed',
  detail: `There is no such ${what}.`,
  missing: true,
});
