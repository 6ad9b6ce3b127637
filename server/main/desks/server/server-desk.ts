/** What there is to look after at a server elsewhere, by its API. */
import type { Connection } from '../../remote/connection.ts';
import type { Desk } from '../desk.ts';
import { serverApprovals } from './server-approvals.ts';
import { serverAuthority } from './server-authority.ts';
import { serverCards } from './server-cards.ts';
import { serverCertificates } from './server-certificates.ts';
import { serverCompanyTokens } from './server-company-tokens.ts';
import { serverDevices } from './server-devices.ts';
import { serverInvitations } from './server-invitations.ts';
import { serverKeys } from './server-keys.ts';
import { serverLogIns } from './server-log-ins.ts';
import { serverPasses } from './server-passes.ts';
import { serverPeople } from './server-people.ts';
import { serverPolicies } from './server-policies.ts';
import { serverProcesses } from './server-processes.ts';
import { serverRecord } from './server-record.ts';
import { serverResources } from './server-resources.ts';
import { serverSsh } from './server-ssh.ts';
import { serverTokens } from './server-tokens.ts';
import { serverWorkloads } from './server-workloads.ts';

export function serverDesk(server: Connection): Desk {
  return {
    people: serverPeople(server),
    cards: serverCards(server),
    companyTokens: serverCompanyTokens(server),
    processes: serverProcesses(server),
    workloads: serverWorkloads(server),
    devices: serverDevices(server),
    logIns: serverLogIns(server),
    approvals: serverApprovals(server),
    certificates: serverCertificates(server),
    authority: serverAuthority(server),
    passes: serverPasses(server),
    resources: serverResources(server),
    invitations: serverInvitations(server),
    ssh: serverSsh(server),
    tokens: serverTokens(server),
    policies: serverPolicies(server),
    keys: serverKeys(server),
    record: serverRecord(server),
  };
}
