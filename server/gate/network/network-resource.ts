import type { PolicyResource } from '../../policy/request.ts';
import { groupsOfDevice } from '../policy-request.ts';
import type { NetworkClient } from './network-words.ts';

/** A network device as policies see it: `Network::"switch-3"`, in its own groups, in its kind and in its zone. */
export function networkResource(
  client: Pick<NetworkClient, 'name' | 'kind' | 'zone' | 'groups'>,
): PolicyResource {
  return { kind: 'network', id: client.name, groups: groupsOfDevice(client) };
}
