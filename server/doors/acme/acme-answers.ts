/** What ACME answers (RFC 8555 §7.1): its resources in JSON, and problems with the status that goes with each (§6.7). */
import type {
  Account,
  AcmeError,
  AcmeProblem,
  Authorization,
  Order,
} from '../../gate/use-cases/acme/acme-words.ts';

const STATUS: Readonly<Record<AcmeError, number>> = {
  accountDoesNotExist: 400,
  alreadyRevoked: 400,
  badCSR: 400,
  badNonce: 400,
  badPublicKey: 400,
  badRevocationReason: 400,
  badSignatureAlgorithm: 400,
  badAttestationStatement: 403,
  connection: 403,
  externalAccountRequired: 403,
  incorrectResponse: 403,
  malformed: 400,
  orderNotReady: 403,
  rateLimited: 429,
  rejectedIdentifier: 400,
  serverInternal: 500,
  unauthorized: 403,
  unsupportedIdentifier: 400,
};

export const statusOf = ({ code, missing }: AcmeProblem) => (missing ? 404 : STATUS[code]);

export function problemView(problem: AcmeProblem) {
  const { code, detail } = problem;
  return { type: `urn:ietf:params:acme:error:${code}`, detail, status: statusOf(problem) };
}

const time = (at: number) => new Date(at).toISOString();

/** Where each thing is. */
export function acmePlaces(origin: () => string) {
  const at = (path: string) => `${origin()}/acme/${path}`;
  return {
    at,
    account: (id: string) => at(`account/${id}`),
    order: (id: string) => at(`order/${id}`),
    authorization: (id: string) => at(`authz/${id}`),
    challenge: (id: string) => at(`challenge/${id}`),
    certificate: (serial: string) => at(`certificate/${serial}`),
  };
}
export type AcmePlaces = ReturnType<typeof acmePlaces>;

export function directoryView({ at }: AcmePlaces) {
  return {
    newNonce: at('new-nonce'),
    newAccount: at('new-account'),
    newOrder: at('new-order'),
    revokeCert: at('revoke-cert'),
    keyChange: at('key-change'),
    meta: { externalAccountRequired: true },
  };
}

export function accountView({ account }: AcmePlaces, { id, status }: Account) {
  return { status, orders: `${account(id)}/orders` };
}

export function orderView(places: AcmePlaces, order: Order) {
  const { id, status, identifiers, authorizations, expiresAt, problem, serial } = order;
  return {
    status,
    expires: time(expiresAt),
    identifiers,
    authorizations: authorizations.map(places.authorization),
    finalize: `${places.order(id)}/finalize`,
    ...(problem === undefined ? {} : { error: problemView(problem) }),
    ...(serial === undefined ? {} : { certificate: places.certificate(serial) }),
  };
}

export function challengeView(places: AcmePlaces, { id, challenge }: Authorization) {
  const { type, token, status, validatedAt, problem } = challenge;
  return {
    type,
    url: places.challenge(id),
    token,
    status,
    ...(status !== 'valid' || validatedAt === undefined ? {} : { validated: time(validatedAt) }),
    ...(problem === undefined ? {} : { error: problemView(problem) }),
  };
}

export function authorizationView(places: AcmePlaces, authorization: Authorization) {
  const { identifier, status, expiresAt } = authorization;
  return {
    identifier,
    status,
    expires: time(expiresAt),
    challenges: [challengeView(places, authorization)],
  };
}
