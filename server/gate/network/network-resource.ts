import type { PolicyResource } from '../../policy/request.ts';
import type { NetworkClient } from './network-words.ts';

/** A network device as policies see it: `Network::"switch-3"`, in its own groups, in its kind and in its zone. */
export function networkResource({
  name,
  kind,
  zone,
  groups,
}: Pick<NetworkClient, 'name' | 'kind' | 'zone' | 'groups'>): PolicyResource {
  const more = [`kind:${kind}`, ...(zone === '' ? [] : [`zone:${zone}`])];
  return { kind: 'network', id: name, groups: [...groups, ...more] };
}
