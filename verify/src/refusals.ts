/**
 * Every reason to refuse, and what the outside is told of it: a status and a code of RFC 6750 §3.1, RFC 9449 §7.1 or RFC 9470 §3.
 * The reason itself is for the log of the API; callers are told the code and a sentence that fits many reasons.
 */
interface Refusal {
  readonly status: 400 | 401 | 403 | 429 | 503;
  /** Absent: a request without credentials is told no code (RFC 6750 §3.1), and a fault of ours is no error of the caller. */
  readonly error?:
    | 'invalid_request'
    | 'invalid_token'
    | 'insufficient_scope'
    | 'invalid_dpop_proof'
    | 'use_dpop_nonce'
    | 'insufficient_user_authentication';
  readonly says: string;
}

const token = (says = 'The access token is not valid here') =>
  ({ status: 401, error: 'invalid_token', says }) as const;
const proof = (says = 'The DPoP proof is not valid for this request') =>
  ({ status: 401, error: 'invalid_dpop_proof', says }) as const;
const person = (says: string) =>
  ({ status: 401, error: 'insufficient_user_authentication', says }) as const;
const fault = { status: 503, says: 'Access cannot be checked now' } as const;

export const REFUSALS = {
  'no-credential': { status: 401, says: 'An access token is needed' },
  'malformed-request': {
    status: 400,
    error: 'invalid_request',
    says: 'The Authorization or DPoP header is malformed',
  },

  'malformed-token': token(),
  'wrong-type': token(),
  'wrong-algorithm': token(),
  'unknown-key': token(),
  'wrong-signature': token(),
  'wrong-issuer': token(),
  'wrong-audience': token(),
  'malformed-claim': token(),
  'not-yet-valid': token('The access token is not valid yet'),
  expired: token('The access token expired'),
  'grant-unknown': token(),
  'grant-ended': token('The access token was revoked'),

  'unknown-binding': token(),
  'not-bound': token('The access token is not bound to a key'),
  'bound-token-as-bearer': token('The access token is bound to a key and needs a DPoP proof'),
  'certificate-missing': token('The access token is bound to a client certificate'),
  'certificate-of-another': token('The access token is bound to a client certificate'),
  'key-of-another': token('The access token is bound to another key'),

  'proof-missing': proof('A DPoP proof is needed'),
  'proof-malformed': proof(),
  'proof-wrong-signature': proof(),
  'proof-wrong-method': proof(),
  'proof-wrong-address': proof(),
  'proof-wrong-token': proof(),
  'proof-too-old': proof(),
  'proof-from-future': proof(),
  'proof-replayed': proof(),
  'nonce-needed': {
    status: 401,
    error: 'use_dpop_nonce',
    says: 'The DPoP proof needs the nonce of this answer',
  },

  'scope-missing': {
    status: 403,
    error: 'insufficient_scope',
    says: 'The access token lacks a scope that this needs',
  },
  'not-fresh': person('A more recent authentication is needed'),
  'wrong-acr': person('A different authentication level is needed'),
  'not-phishing-resistant': person('A phishing-resistant authentication is needed'),

  'too-many-proofs': { status: 429, says: 'Too many proofs of one key at once' },
  'replay-memory-full': fault,
  'keys-unavailable': fault,
  'status-unavailable': fault,
} as const satisfies Record<string, Refusal>;

export type Reason = keyof typeof REFUSALS;

/** What of a table entry callers read: each entry alone has its exact type, and not all have a code. */
export function refusalOf(reason: Reason): Refusal {
  return REFUSALS[reason];
}
