/** Looking after policies (desk.ts). */
import type { Operations } from '@sallyport/contract/api/operations.ts';
import type { PolicyFiles } from '../../policy/policy-files.ts';
import type { AnswerOf, Sent } from '../remote/connection.ts';
import type { Done } from './done.ts';

export type ShownPolicies = AnswerOf<'showPolicies'>;
export type PolicyVersions = ShownPolicies['versions'];
export type CheckedPolicies = AnswerOf<'checkPolicies'>;
export type ShownProblem = CheckedPolicies['problems'][number];
export type Simulated = AnswerOf<'simulatePolicies'>;
export type Question = NonNullable<Sent<Operations['simulatePolicies']>['body']>;

export interface Offered {
  readonly files: PolicyFiles;
  /** Addresses that administrators come from. */
  readonly from: readonly string[];
}

export interface Activation extends Offered {
  readonly expected: number | undefined;
}

export interface PoliciesDesk {
  show(): Done<ShownPolicies>;
  /** Also where those in force can't be read. */
  versions(): Done<PolicyVersions>;
  activate(activation: Activation): Done<AnswerOf<'activatePolicies'>>;
  simulate(question: Question): Done<Simulated>;
}
