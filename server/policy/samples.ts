import { roles } from '@sallyport/contract/people.ts';
import type { ProofClass } from '../proofs/proof.ts';
import { type Action, actions, parts } from './actions.ts';
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

/** The strongest proof that there is. */
export const SECURITY_KEY: ProofClass = {
  kind: 'webauthn',
  factors: ['know', 'have', 'are'],
  phishingResistant: true,
  replayResistant: true,
  hardwareBound: true,
  enrolmentOnly: false,
  effort: 1,
};

const SHOWN: readonly ShownProof[] = [{ class: SECURITY_KEY, age: 10 }];

const CONTEXT: PolicyRequest['context'] = {
  door: 'web',
  source: '192.0.2.1',
  trustedNetwork: false,
  knownDevice: false,
  time: 1_767_600_000,
  entry: { scopes: ['read'], sensitive: true, listed: true, function: 'import', method: 'POST' },
  device: {
    known: true,
    compliant: true,
    diskEncrypted: 'yes',
    screenLock: 'yes',
    secureBoot: 'yes',
    system: 'Debian GNU/Linux 13 (trixie), Linux 6.12',
    postureAge: 60,
  },
  service: 'admin',
  certificate: { kind: 'server', profile: 'server', names: ['vpn.example.com'] },
  command: { name: 'reload', text: 'reload in 5', sensitive: true, windows: [] },
};

function principals(action: Action): PolicyPrincipal[] {
  const about = { id: 'sample', status: 'active', groups: [] } as const;
  return actions[action].principals.flatMap((kind): PolicyPrincipal[] => {
    const plain = { ...about, roles: [] };
    const mighty = { ...about, roles: [...roles] };
    if (kind === 'process') {
      // One that proves itself, and one that is a person's token.
      const own = { ...plain, kind, scopes: [] };
      return [own, { ...mighty, kind, scopes: [action] }];
    }
    return [
      { ...plain, kind },
      { ...mighty, kind },
    ];
  });
}

function resources(action: Action): PolicyResource[] {
  const about = { id: 'sample', groups: [] } as const;
  return actions[action].resources.flatMap((kind): PolicyResource[] => {
    if (kind === 'part') return parts.map((id) => ({ kind, id }));
    if (kind === 'person') return [{ ...about, kind, status: 'active', roles: [] }];
    return [{ ...about, kind }];
  });
}
