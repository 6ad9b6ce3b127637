/** Errors about people: signing in, proofs of one’s own, and what administrators do about them. A part of the table in problems.ts. */
import { type ProblemKind, RETRY } from './problem-kind.ts';

const ATTEMPT = 'The attempt, while it is still open for another try.';

export const peopleProblems = {
  // ---- Signing in ---------------------------------------------------------------------------------------------------
  'proof-wrong': {
    status: 403,
    title: 'That was not right',
    detail:
      'The name and the proof don’t go together, or may not be used here. Check both and try again.',
    members: { attempt: ATTEMPT, retryAfter: RETRY },
  },
  'proof-used': {
    status: 403,
    title: 'That code was used already',
    detail: 'A code is good once. Wait for the next one.',
    members: { attempt: ATTEMPT, retryAfter: RETRY },
  },
  'proof-not-asked': {
    status: 409,
    title: 'Another proof is asked for',
    detail: 'Offer one of the kinds that the attempt’s challenges name.',
    members: { attempt: ATTEMPT },
  },
  'attempt-over': {
    status: 410,
    title: 'This attempt is over',
    detail:
      'It was finished, took too long, had too many tries, or was begun elsewhere. Begin again.',
  },
  throttled: {
    status: 429,
    title: 'Too many tries',
    detail:
      'Tries are slowed down for a while. Nobody is locked out for good: wait, then try again.',
    members: { retryAfter: RETRY },
  },
  busy: {
    status: 503,
    title: 'Too much at once',
    detail:
      'Too much was asked of Sallyport at this moment. It did not count as a try. Try again in a moment.',
    members: { retryAfter: RETRY },
  },

  // ---- Proofs of one’s own ------------------------------------------------------------------------------------------
  'enrolment-over': {
    status: 410,
    title: 'This enrolment is over',
    detail: 'It was finished, took too long, or was begun in another session. Begin it again.',
  },
  'not-enough-yet': {
    status: 409,
    title: 'Something is still missing',
    detail: 'To be set up you need two proofs that are enough to sign in with, and recovery codes.',
    members: { missing: 'What is missing: `proofs`, `recovery`.' },
  },
  'last-way-in': {
    status: 409,
    title: 'You could not sign in without it',
    detail: 'It was kept. Add another proof first, then remove this one.',
  },
  'proof-malformed': {
    status: 422,
    title: 'The proof is not of its form',
    detail: 'What was sent for this kind of proof can’t be read as one. Nothing was changed.',
  },
  'password-too-short': {
    status: 422,
    title: 'The password is too short',
    detail: 'Take a longer one. Three or four words that don’t belong together are easy to keep.',
  },
  'password-too-long': {
    status: 422,
    title: 'The password is too long',
    detail: 'A password has at most 256 characters.',
  },
  'password-breached': {
    status: 422,
    title: 'The password is known to others',
    detail:
      'It is on lists of stolen passwords, which are tried first. Take another, and change it wherever you use it.',
  },
  'password-guessable': {
    status: 422,
    title: 'The password is easy to guess',
    detail:
      'Take one that is longer or less usual. Names, dates and keyboard patterns are tried early.',
  },
  'authenticator-not-allowed': {
    status: 422,
    title: 'That authenticator is not allowed here',
    detail: 'This installation takes certain security keys only. An administrator can tell which.',
  },
  'proof-held-already': {
    status: 409,
    title: 'That proof is enrolled already',
    detail: 'A credential belongs to one person and is enrolled once. Take another.',
  },
  'too-many-proofs': {
    status: 409,
    title: 'There are as many as there can be',
    detail: 'Remove one of this kind that you don’t use any more, then add the new one.',
  },

  // ---- People, passes, tokens ---------------------------------------------------------------------------------------
  'identifier-taken': {
    status: 409,
    title: 'Somebody goes by that name',
    detail: 'User names and mail addresses lead to one person each. Take another.',
    members: { field: 'Which one it is: `identifier` or `email`.' },
  },
  'identifier-malformed': {
    status: 422,
    title: 'That can’t be anybody’s name',
    detail: 'A name has 1 to 256 characters, and no spaces or control characters within.',
    members: { field: 'Which one it is: `identifier` or `email`.' },
  },
  'person-erased': {
    status: 410,
    title: 'This person was erased',
    detail: 'What was personal can no longer be read, and nothing about them can be changed.',
  },
  'last-administrator': {
    status: 409,
    title: 'They are the only administrator',
    detail:
      'Nobody could administer any more, so nothing was changed. Give somebody else the role `administrator` first, and let them set up their proofs.',
  },
  'changed-meanwhile': {
    status: 409,
    title: 'It changed in the meantime',
    detail:
      'Somebody else changed it after you read it. Read it again, and repeat what you still want.',
  },
  'pass-too-long-lived': {
    status: 422,
    title: 'A pass may not last that long',
    detail: 'Ask for a shorter time, or have the configuration allow it (`proofs.pass`).',
    members: { longestMinutes: 'The longest that is allowed.' },
  },
  'pass-too-many-uses': {
    status: 422,
    title: 'A pass may not be used that often',
    detail: 'Ask for fewer uses, or have the configuration allow it (`proofs.pass`).',
    members: { mostUses: 'The most that are allowed.' },
  },
  'networks-malformed': {
    status: 422,
    title: 'One of the networks is none',
    detail: 'Write networks as `192.0.2.0/24` or `2001:db8::/32`, or as one address.',
    members: { says: 'Which, and why.' },
  },
  'scope-unknown': {
    status: 422,
    title: 'There is no such scope',
    detail:
      'A scope is an action, such as `person.read`, or a group of actions, such as `operate`.',
    members: { scope: 'The first one that is unknown.' },
  },
  'token-too-long-lived': {
    status: 422,
    title: 'A token may not last that long',
    detail: 'Ask for a shorter time, and issue a new one when it is over.',
    members: { longestMinutes: 'The longest that is allowed.' },
  },
} as const satisfies Record<string, ProblemKind>;
