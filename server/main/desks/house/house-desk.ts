/** What there is to look after in the house of this machine: whoever has its database and its root key needs nobody's leave. */
import type { Config } from '../../../config/sections.ts';
import type { OpenedHouse } from '../../open-house.ts';
import type { Desk } from '../desk.ts';
import { houseApprovals } from './house-approvals.ts';
import { houseAuthority } from './house-authority.ts';
import { houseCards } from './house-cards.ts';
import { houseCertificates } from './house-certificates.ts';
import { houseCompanyTokens } from './house-company-tokens.ts';
import { houseDevices } from './house-devices.ts';
import { houseInvitations } from './house-invitations.ts';
import { houseKeys } from './house-keys.ts';
import { houseLogIns } from './house-log-ins.ts';
import { housePasses } from './house-passes.ts';
import { housePeople } from './house-people.ts';
import { housePolicies } from './house-policies.ts';
import { houseProcesses } from './house-processes.ts';
import { houseRecord } from './house-record.ts';
import { houseResources } from './house-resources.ts';
import { houseSsh } from './house-ssh.ts';
import { houseTokens } from './house-tokens.ts';
import { houseWorkloads } from './house-workloads.ts';

export function houseDesk({ house, origin }: OpenedHouse, config: Config): Desk {
  return {
    people: housePeople(house, origin),
    cards: houseCards(house),
    companyTokens: houseCompanyTokens(house),
    processes: houseProcesses(house),
    workloads: houseWorkloads(house, config),
    devices: houseDevices(house),
    logIns: houseLogIns(house),
    approvals: houseApprovals(house),
    certificates: houseCertificates(house),
    authority: houseAuthority(house),
    passes: housePasses(house),
    resources: houseResources(house),
    invitations: houseInvitations(house, origin, config),
    ssh: houseSsh(house, origin),
    tokens: houseTokens(house),
    policies: housePolicies(house, config),
    keys: houseKeys(house),
    record: houseRecord(house),
  };
}
