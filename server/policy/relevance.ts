import { type Action, actions } from './actions.ts';
import { type PolicyTree, type Reads, readsOf } from './reads.ts';
import type { PolicyPrincipal } from './request.ts';

/**
 * Which policies can meet an action and a principal, by their scopes, and so what is read of such a request. A policy about
 * contractors that reads the time then costs nobody else their kept decisions.
 */
export type Relevance = (principal: PolicyPrincipal) => Reads;

/** More different scopes than this are taken to match everyone: one bit each in a number. */
const MOST_SCOPES = 30;

export function relevanceOf(policies: readonly PolicyTree[], action: Action): Relevance {
  const relevant = policies.filter(({ action: scope }) => meetsAction(scope, action));
  // Names are told apart for everyone: what a scope names decides whether it matches.
  const { named } = readsOf(relevant);
  const byScope = Map.groupBy(relevant, ({ principal }) => JSON.stringify(principal));
  const groups = [...byScope.values()];
  const tests = groups.map(([first]) => first && meets(first.principal)).slice(0, MOST_SCOPES);
  const known = new Map<number, Reads>();
  return (principal) => {
    let matching = 0;
    for (let index = 0; index < tests.length; index += 1) {
      if (tests[index]?.(principal)) matching |= 1 << index;
    }
    let reads = known.get(matching);
    if (!reads) {
      const met = groups.filter((_, index) => index >= MOST_SCOPES || matching & (1 << index));
      reads = { ...readsOf(met.flat()), named };
      known.set(matching, reads);
    }
    return reads;
  };
}

function meetsAction(scope: PolicyTree['action'], action: Action): boolean {
  const names =
    'entities' in scope ? scope.entities : 'entity' in scope ? [scope.entity] : undefined;
  if (scope.op === 'All' || !names) return true;
  const met: readonly string[] = [action, ...actions[action].groups];
  return names.some((name) => met.includes(uidOf(name).id));
}

/** Whether a principal is in a scope, as far as that is sure; where it is not, it is taken to be. */
function meets(scope: PolicyTree['principal']): (principal: PolicyPrincipal) => boolean {
  if (scope.op === 'is') {
    const inside = scope.in && 'entity' in scope.in ? within(uidOf(scope.in.entity)) : undefined;
    const kind = scope.entity_type.toLowerCase();
    return (principal) => principal.kind === kind && (inside?.(principal) ?? true);
  }
  if ((scope.op === '==' || scope.op === 'in') && 'entity' in scope)
    return within(uidOf(scope.entity));
  return () => true;
}

/** Roles and groups are in nothing themselves, so this is all of Cedar's `in`. */
function within({ type, id }: Uid): (principal: PolicyPrincipal) => boolean {
  switch (type) {
    case 'Role':
      return ({ roles }) => roles.includes(id);
    case 'Group':
      return ({ groups }) => groups.includes(id);
    case 'Person':
    case 'Device':
    case 'Process':
      return (principal) => principal.id === id;
    default:
      return () => true;
  }
}

interface Uid {
  readonly type: string;
  readonly id: string;
}

function uidOf(entity: Uid | { readonly __entity: Uid }): Uid {
  return '__entity' in entity ? entity.__entity : entity;
}
