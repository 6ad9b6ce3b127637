/** A question to policies, as everything in the gate puts it: who, to do what, with what, under which circumstances. */
import { SECOND } from '../kernel/clock.ts';
import type { Action, ActionGroup } from '../policy/actions.ts';
import type {
  EntryContext,
  PolicyContext,
  PolicyPrincipal,
  PolicyRequest,
} from '../policy/request.ts';
import type { Device } from '../subjects/device.ts';
import type { Process } from '../subjects/process.ts';
import type { Resource } from '../subjects/resource.ts';
import type { Arrival } from './arrival.ts';
import type { Wish } from './wish.ts';

/** Who comes, as policies see them: a person, or a script that was given a token of one. */
export function principalOf(person: {
  readonly id: string;
  readonly status: string;
  readonly roles: readonly string[];
  readonly groups: readonly string[];
  readonly scopes?: readonly (Action | ActionGroup)[] | undefined;
}): PolicyPrincipal {
  const { id, roles, groups, scopes } = person;
  const status =
    person.status === 'active' || person.status === 'enrolling' ? person.status : 'disabled';
  return scopes === undefined
    ? { kind: 'person', id, status, roles, groups }
    : { kind: 'process', id, status, roles, groups, scopes };
}

/** A process that comes for itself. Policies know it by its name. */
export function processPrincipal({
  name,
  status,
  groups,
}: Pick<Process, 'name' | 'status' | 'groups'>): PolicyPrincipal {
  return { kind: 'process', id: name, status, roles: [], groups, scopes: [] };
}

/** A device that comes for itself. Policies know it by its name. */
export function devicePrincipal(
  device: Pick<Device, 'name' | 'status' | 'kind' | 'zone' | 'groups'>,
): PolicyPrincipal {
  return {
    kind: 'device',
    id: device.name,
    status: device.status === 'active' ? 'active' : 'disabled',
    roles: [],
    groups: groupsOfDevice(device),
  };
}

/** What policies may speak of beside the groups that somebody gave it. */
export const groupsOfDevice = ({
  kind,
  zone,
  groups,
}: Pick<Device, 'kind' | 'zone' | 'groups'>): readonly string[] => [
  ...groups,
  `kind:${kind}`,
  ...(zone === '' ? [] : [`zone:${zone}`]),
];

/** From where and when, whatever is asked. */
export function circumstances(arrival: Arrival, knownDevice: boolean, now: number): PolicyContext {
  return {
    door: arrival.door,
    source: arrival.address,
    trustedNetwork: arrival.trustedNetwork,
    knownDevice,
    time: Math.floor(now / SECOND),
  };
}

export function policyRequest(
  person: Parameters<typeof principalOf>[0],
  wish: Wish,
  arrival: Arrival,
  knownDevice: boolean,
  now: number,
  holdsPhishingResistant?: boolean,
): PolicyRequest {
  const { action, resource, entry, login, certificate } = wish;
  return {
    principal: principalOf(person),
    action,
    resource,
    context: {
      ...circumstances(arrival, knownDevice, now),
      ...(holdsPhishingResistant === undefined ? {} : { holdsPhishingResistant }),
      ...(entry === undefined ? {} : { entry }),
      ...(login === undefined ? {} : { service: login.service }),
      ...(certificate === undefined ? {} : { certificate }),
    },
  };
}

/** A device asks for a certificate of its own. `knownDevice`: it has shown one that it got before. */
export function enrolmentRequest(
  device: Parameters<typeof devicePrincipal>[0],
  arrival: Arrival,
  knownDevice: boolean,
  now: number,
): PolicyRequest {
  return {
    principal: devicePrincipal(device),
    action: 'enrolCertificate',
    resource: { kind: 'part', id: 'devices' },
    context: circumstances(arrival, knownDevice, now),
  };
}

/** What a process asks is always to enter something; no device of its is known. */
export function processRequest(
  process: Pick<Process, 'name' | 'status' | 'groups'>,
  { kind, name, groups }: Pick<Resource, 'kind' | 'name' | 'groups'>,
  entry: EntryContext,
  arrival: Arrival,
  now: number,
): PolicyRequest {
  return {
    principal: processPrincipal(process),
    action: 'enter',
    resource: { kind, id: name, groups },
    context: { ...circumstances(arrival, false, now), entry },
  };
}
