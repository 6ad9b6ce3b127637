/**
 * Every error that the API tells, in one closed table. A code is for programs, and is never renamed or given another meaning;
 * the title and the detail are for whoever reads a log or a screen. docs/errors.md is generated from this table.
 *
 * To add one: a line here (about people or machines: in people-problems.ts, machine-problems.ts), told by the door that finds it, and its
 * scenario in test/api/every-error.test.ts.
 *
 * What a refused person is told is only what they can act on. Why exactly is on the record.
 */
import { machineProblems } from './machine-problems.ts';
import { peopleProblems } from './people-problems.ts';
import { type ProblemKind, RETRY } from './problem-kind.ts';

export type { ProblemKind } from './problem-kind.ts';

export const problems = {
  // ---- What was sent ------------------------------------------------------------------------------------------------
  'bad-request': {
    status: 400,
    title: 'The request can’t be read',
    detail:
      'It is not well-formed HTTP, JSON or UTF-8, says something twice, nests too deep, or carries a body where none belongs. Nothing was changed.',
  },
  'not-valid': {
    status: 422,
    title: 'The request does not fit',
    detail:
      'It was read, but a part of it is missing, unknown or out of bounds. Nothing was changed.',
    members: { fields: 'Each part that does not fit: its `path`, and what it `must` be.' },
  },
  'cursor-not-valid': {
    status: 422,
    title: 'The cursor is of no use here',
    detail:
      'A cursor is good for the list and the filters that it came with. Begin again without one.',
  },
  'key-not-valid': {
    status: 400,
    title: 'The Idempotency-Key can’t be read',
    detail:
      'It has 8 to 128 letters, digits, hyphens and underscores; quotation marks around it may stand. Nothing was changed.',
  },
  'key-reused': {
    status: 422,
    title: 'The Idempotency-Key was used for another request',
    detail:
      'A key repeats the request that it came with first, and no other. Take a new key for a new request.',
  },
  'not-found': {
    status: 404,
    title: 'There is no such thing',
    detail:
      'Nothing of ours has this address or id, or not any more. Check it, or list what there is.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'That can’t be done to it',
    detail:
      'The address is right, the method is not. The `Allow` header tells those that it knows.',
  },
  'too-slow': {
    status: 408,
    title: 'The request took too long to arrive',
    detail:
      'It was given up. Send it again, faster. This one is told in plain text, since no request was read.',
  },
  'too-large': {
    status: 413,
    title: 'The request is too large',
    detail: 'Send less at once. Nothing was changed.',
  },
  'address-too-long': {
    status: 414,
    title: 'The address is too long',
    detail: 'No id of ours is that long. Check what stands in the address.',
  },
  'media-type': {
    status: 415,
    title: 'The body is not JSON',
    detail: 'Send bodies as `Content-Type: application/json`, in UTF-8.',
  },
  misdirected: {
    status: 421,
    title: 'The request was meant for another server',
    detail:
      'Its Host header names an address that is not ours. Use the address that Sallyport is configured with.',
  },
  'headers-too-large': {
    status: 431,
    title: 'The headers are too large',
    detail:
      'Send fewer or shorter headers. This one is told in plain text, since no request was read.',
  },

  // ---- Who asks -----------------------------------------------------------------------------------------------------
  'no-session': {
    status: 401,
    title: 'You are not signed in',
    detail:
      'There is no session, or it has ended. Sign in with `POST /api/v1/attempts`, and send the token as `Authorization: Bearer …`.',
  },
  'unproven-key': {
    status: 401,
    title: 'The browser has to show its key',
    detail:
      'The session is bound to a key that its browser holds, and this needs a proof of it that is newer. A page signs a nonce and repeats the request; see docs/sessions.md. Bearer tokens are not concerned.',
  },
  'two-credentials': {
    status: 400,
    title: 'The request speaks for two',
    detail: 'It carries a bearer token and a session cookie. Send one of them.',
  },
  'not-from-here': {
    status: 403,
    title: 'The request was not started by a page of ours',
    detail:
      'With a session cookie, changes are taken from our own pages only, with their `X-CSRF-Token`. Programs use a bearer token instead.',
  },
  'fresh-proof-needed': {
    status: 403,
    title: 'This needs a proof again',
    detail:
      'You are signed in, but this asks for a proof shown just now, or for a stronger one. Post `stepUp` to `/api/v1/attempts`, show the proof, and repeat the request with the new session.',
    members: {
      kinds: 'The kinds of proof that would do, the least effort first.',
      stepUp: 'The body to post to `/api/v1/attempts`.',
    },
  },
  'not-permitted': {
    status: 403,
    title: 'This is not yours to do',
    detail: 'No policy permits it with any proof that you hold. An administrator can tell why.',
  },
  'unknown-action': {
    status: 422,
    title: 'There is no such action',
    detail:
      'Take the action from the answer that asked for a fresh proof, or from the policy guide.',
  },

  ...peopleProblems,

  // ---- Processes, resources -----------------------------------------------------------------------------------------
  'name-taken': {
    status: 409,
    title: 'Another one has that name',
    detail:
      'Processes have a name each, and so have devices, resources and trusted CAs. Take another.',
  },
  'owner-not-found': {
    status: 422,
    title: 'There is no such owner',
    detail:
      'Processes, devices and exceptions are answered for by a person who is here and not disabled. Name their id.',
  },
  'resource-not-found': {
    status: 422,
    title: 'There is no such resource',
    detail:
      'What a process may enter is an API or a site that is there, named once. List the resources.',
    members: { resource: 'The first one that is not there, is an application, or is named twice.' },
  },
  'scope-not-known': {
    status: 422,
    title: 'The resource has no such scope',
    detail: 'Take scopes that the API lists, or functions that the rules of the site name.',
    members: { resource: 'The name of the resource.', scope: 'The first scope that it has not.' },
  },
  'address-taken': {
    status: 409,
    title: 'Another resource has that address',
    detail: 'An audience or a host leads to one resource. Take another, or change that one.',
    members: { address: 'The audience or host.' },
  },
  'address-out-of-reach': {
    status: 422,
    title: 'That address would never be called',
    detail:
      'It leads to no place on the public internet, and to no network that the configuration names. Nothing was changed.',
    members: { address: 'The first such address.', says: 'What is wrong with it.' },
  },
  'process-proof-not-valid': {
    status: 422,
    title: 'The proof can’t be taken',
    detail:
      'What was sent for this kind of proof is not of its form, or too weak. Nothing was changed.',
    members: { says: 'What is wrong with it.' },
  },

  ...machineProblems,

  // ---- Policies -----------------------------------------------------------------------------------------------------
  'policy-not-valid': {
    status: 422,
    title: 'The policies have errors',
    detail:
      'They were not activated; those in force stay in force. Mend what is listed and try again.',
    members: { problems: 'What is wrong, with file, line and column.' },
  },
  'policy-not-checked': {
    status: 503,
    title: 'The policies could not be checked in time',
    detail:
      'That says nothing of them: this machine has too much to do, or checks others for you meanwhile. Nothing was changed. Try again when it has less to do.',
    members: { retryAfter: RETRY },
  },
  'policy-locks-out': {
    status: 409,
    title: 'The policies would lock out every administrator',
    detail:
      'Nobody could change them again, so they were not activated. Keep a way in for at least one administrator with the proofs that they hold now.',
  },

  // ---- Us -----------------------------------------------------------------------------------------------------------
  unavailable: {
    status: 503,
    title: 'A decision could not be made',
    detail:
      'Something failed on our side, so the answer is no, and nothing was changed. Try again in a moment.',
    members: { retryAfter: RETRY },
  },
  fault: {
    status: 500,
    title: 'Something failed on our side',
    detail:
      'It was written down under the id that `instance` names. Tell an administrator that id.',
  },
} as const satisfies Record<string, ProblemKind>;

export type ProblemCode = keyof typeof problems;

export const problemCodes = Object.keys(problems) as ProblemCode[]; // The keys of a constant are its type's keys.

/** The media type (RFC 9457 §3). */
export const PROBLEM_TYPE = 'application/problem+json';

/** The URI that names the kind of problem (RFC 9457 §3.1.1). It is a name and leads nowhere. */
export function problemType(code: ProblemCode): string {
  return `urn:sallyport:problem:${code}`;
}
