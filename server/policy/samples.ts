import { type Action, actions } from './actions.ts';
import type { PolicyPrincipal, PolicyRequest, PolicyResource, ShownProof } from './request.ts';

interface Sample extends Omit<PolicyRequest, 'action'> {
  readonly shown: readonly ShownProof[];
}

/** A few requests of each form that the schema knows for an action, to try policies on. */
export function* samples(action: Action): Generator<Sample> {
  for (const principal of principals(action)) {
    for (const resource of resources(action)) {
      for (const shown of [[], SHOWN]) yield { principal, resource, context: CONTEXT, shown };
    }
  }
}

const SHOWN: readonly ShownProof[] = [
  {
    class: {
      kind: 'webauthn',
      factors: ['know', 'have', 'are'],
      phishingResistant: true,
      replayResistant: true,
      hardwareBound: true,
      enrolmentOnly: false,
      effort: 1,
    },
    age: 10,
  },
];

const CONTEXT: PolicyRequest['context'] = {
  door: 'web',
  source: '192.0.2.1',
  trustedNetwork: false,
  knownDevice: false,
  time: 1_767_600_000,
};

function principals(action: Action): PolicyPrincipal[] {
  const about = { id: 'sample', status: 'active', groups: [] } as const;
  const found: PolicyPrincipal[] = [
    { ...about, kind: 'person', roles: [] },
    { ...about, kind: 'person', roles: ['administrator', 'operator', 'auditor', 'viewer'] },
  ];
  const groups: readonly string[] = actions[action];
  if (!groups.includes('self')) {
    found.push({ ...about, kind: 'process', roles: [], scopes: [action] });
  }
  if (action === 'signIn') found.push({ ...about, kind: 'device', roles: [] });
  return found;
}

function resources(action: Action): PolicyResource[] {
  const about = { id: 'sample', groups: [] } as const;
  const person = { ...about, kind: 'person', status: 'active', roles: [] } as const;
  const part = (id: Extract<PolicyResource, { kind: 'part' }>['id']) =>
    ({ kind: 'part', id }) as const;
  if (action === 'role.change') return [person];
  if (action === 'signIn') {
    const kinds = ['application', 'api', 'network', 'asset'] as const;
    return [part('portal'), ...kinds.map((kind) => ({ ...about, kind }))];
  }
  const [room] = action.split('.');
  switch (room) {
    case 'person':
    case 'pass':
      return [part('people'), person];
    case 'session':
      return [part('sessions'), person];
    case 'policy':
    case 'record':
      return [part(room)];
    case 'key':
      return [part('keys')];
    case 'token':
      return [part('tokens')];
    default:
      return [part('portal')];
  }
}
