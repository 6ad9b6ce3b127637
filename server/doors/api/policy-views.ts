/** Policies as they are told to clients, and what can go wrong with them. The command line on the machine itself tells the same. */

import type { KeyReused } from '../../gate/once/once.ts';
import type { Checked, Offer, PoliciesInForce } from '../../gate/use-cases/policies/governance.ts';
import type { TrialError, Tried } from '../../gate/use-cases/policies/trials.ts';
import type { NamedWishError } from '../../gate/wishes.ts';
import { Told } from './told.ts';
import { time } from './views.ts';

type PolicyVersion = PoliciesInForce['versions'][number];
type Explained = Tried['simulation']['deciding'][number];
type Rung = Tried['simulation']['missing'][number];
type Problem = Checked['problems'][number];

export function policyVersion(one: PolicyVersion) {
  return {
    version: one.version,
    sha256: one.sha256,
    activatedAt: time(one.activated_at),
    activatedBy: one.activated_by,
  };
}

export function policiesInForce({ version, files, policies, versions }: PoliciesInForce) {
  return {
    version,
    files,
    policies: policies.map((one) => ({ ...explained(one), text: one.text })),
    versions: versions.map(policyVersion),
  };
}

function explained({ id, effect, because, file, line }: Explained) {
  return { id, effect, because, file, line };
}

export function checked({ problems, wouldLockOut }: Checked) {
  return {
    valid: !problems.some(({ severity }) => severity === 'error'),
    wouldLockOut,
    problems: problems.map(policyProblem),
  };
}

export function activated(is: Offer) {
  const problems = is.problems.map(policyProblem);
  if (is.state === 'activated') {
    return { version: is.version, unchanged: is.unchanged ?? false, problems };
  }
  switch (is.reason) {
    case 'not-valid':
      return new Told('policy-not-valid', { problems });
    case 'not-checked':
      return notChecked();
    case 'would-lock-out':
      return new Told('policy-locks-out');
    case 'changed-meanwhile':
      return new Told('changed-meanwhile');
  }
}

/** Whoever asks again when the machine has less to do gets an answer. */
export function notChecked(): Told {
  return new Told('policy-not-checked', { retryAfter: 30 });
}

function policyProblem(problem: Problem) {
  const { severity, message, suggestion, policy, file, line, column, width, source } = problem;
  return {
    severity,
    message,
    ...(suggestion === undefined ? {} : { suggestion }),
    ...(policy === undefined ? {} : { policy }),
    file,
    line,
    column,
    width,
    source,
  };
}

const STATES = { permitted: 'granted', challenge: 'challenged', refused: 'refused' } as const;

export function simulation({ request, simulation: is }: Tried) {
  const { answer, assurance, deciding, missing } = is;
  const rungs = answer.state === 'challenge' ? answer.rungs : [];
  return {
    state: STATES[answer.state],
    rungs: rungs.map(({ kinds }) => kinds),
    missing: missing.map(({ kinds }) => kinds),
    ways: [...rungs, ...missing].map(way),
    deciding: deciding.map(explained),
    errors: answer.state === 'refused' ? answer.errors : [],
    acr: assurance.acr,
    request: { ...request },
  };
}

function way({ proofs, policies }: Rung) {
  return {
    proofs: proofs.map(({ kind, hardwareBound }) => ({ kind, hardwareBound })),
    policies,
  };
}

export function trialProblem(error: TrialError | NamedWishError | KeyReused): Told {
  if (error.code === 'policy-not-checked') return notChecked();
  return error.code === 'not-valid'
    ? new Told('policy-not-valid', { problems: error.problems.map(policyProblem) })
    : new Told(error.code);
}
