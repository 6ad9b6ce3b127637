/** Who is at which network device, and what waits for people's answers, there and of applications. */
import type { ApprovalRow } from '../gate/approvals/approval-table.ts';
import type { Gate } from '../gate/gate.ts';
import { createApprovalActs } from '../gate/use-cases/approvals/approval-acts.ts';
import { createApprovalAdministration } from '../gate/use-cases/approvals/approval-administration.ts';
import { createLogInActs } from '../gate/use-cases/network/log-in-acts.ts';
import { createLogInAdministration } from '../gate/use-cases/network/log-in-administration.ts';
import { createOwnLogIns } from '../gate/use-cases/network/own-log-ins.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Ids, PersonId } from '../kernel/id.ts';
import type { Recorder } from '../record/record.ts';
import type { Devices } from '../subjects/devices.ts';
import type { People } from '../subjects/people.ts';
import type { Resources } from '../subjects/resources.ts';
import type { Vault } from '../vault/vault.ts';

export function createNetworkParts(deps: {
  readonly gate: Gate;
  readonly vault: Vault;
  readonly people: People;
  readonly devices: Devices;
  readonly resources: Resources;
  readonly record: Recorder;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly tellApp: (row: ApprovalRow, person: PersonId) => void;
}) {
  const { gate, people, devices } = deps;
  const logInActs = createLogInActs({ sessions: gate.networkSessions, devices, people });
  const approvalActs = createApprovalActs(deps);
  return {
    logInActs,
    logInAdministration: createLogInAdministration({ gate, people, acts: logInActs }),
    approvalActs,
    approvalAdministration: createApprovalAdministration({ gate, people, acts: approvalActs }),
    ownLogIns: createOwnLogIns(deps),
  };
}
