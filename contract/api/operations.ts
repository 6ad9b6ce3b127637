/**
 * The API, all of it. The door mounts what stands here and nothing else; docs/openapi.json is generated from the same table.
 *
 * To add an operation: its entry in the file of its tag, and its handler in server/doors/api. The compiler asks for both.
 */
import { approvalOperations } from './approvals.ts';
import { attemptOperations } from './attempts.ts';
import { authorityOperations } from './authority.ts';
import { cardOperations } from './cards.ts';
import { certificateOperations } from './certificates.ts';
import { companyTokenOperations } from './company-tokens.ts';
import { deviceOperations } from './devices.ts';
import { enrolmentOperations } from './enrolment.ts';
import { invitationOperations } from './invitations.ts';
import { keyOperations } from './keys.ts';
import { logInOperations } from './log-ins.ts';
import { meOperations } from './me.ts';
import type { Operation } from './operation.ts';
import { peopleOperations } from './people.ts';
import { policyOperations } from './policies.ts';
import { processOperations } from './processes.ts';
import { recordOperations } from './record.ts';
import { resourceOperations } from './resources.ts';
import { sessionOperations } from './sessions.ts';
import { sshOperations } from './ssh.ts';
import { tokenOperations } from './tokens.ts';
import { workloadOperations } from './workloads.ts';

export const API_PREFIX = '/api/v1';

export const operations = {
  ...attemptOperations,
  ...meOperations,
  ...peopleOperations,
  ...cardOperations,
  ...companyTokenOperations,
  ...sessionOperations,
  ...logInOperations,
  ...approvalOperations,
  ...processOperations,
  ...workloadOperations,
  ...deviceOperations,
  ...enrolmentOperations,
  ...certificateOperations,
  ...authorityOperations,
  ...resourceOperations,
  ...invitationOperations,
  ...policyOperations,
  ...recordOperations,
  ...keyOperations,
  ...sshOperations,
  ...tokenOperations,
} satisfies Record<string, Operation>;

export type Operations = typeof operations;
export type OperationName = keyof Operations;

export const operationNames = Object.keys(operations) as OperationName[]; // The keys of a constant are its type's keys.
