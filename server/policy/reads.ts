import type { Cedar } from './cedar.ts';

/**
 * What a set of policies reads of a request, found in their syntax trees. A decision is then asked for, and kept, under
 * just that: what no policy reads is neither sent to Cedar nor part of the cache's key, so that a kept decision can't differ
 * from a new one. Where a tree has something unforeseen in it, everything counts as read.
 */
export interface Reads {
  /** Bits of `leaves`. */
  readonly context: number;
  /** The ids that policies name, by entity type: they can tell these apart, and no others. */
  readonly named: ReadonlyMap<string, ReadonlySet<string>>;
  /** The principal's or resource's identity reaches something else than a comparison with a name. */
  readonly principal: boolean;
  readonly resource: boolean;
}

/** The attributes of a context that can be read one by one; a path of a schema's record each. */
export const leaves = [
  'door',
  'source',
  'trustedNetwork',
  'knownDevice',
  'time',
  'proven.kinds',
  'proven.kindCount',
  'proven.methods',
  'proven.count',
  'proven.phishingResistant',
  'proven.replayResistant',
  'proven.hardwareBound',
  'proven.enrolmentOnly',
  'proven.fresh',
  'proven.phishingResistantFresh',
  'proven.age',
  'proven.phishingResistantAge',
] as const;
export type Leaf = (typeof leaves)[number];

export const bit: Readonly<Record<Leaf, number>> = Object.freeze(
  Object.fromEntries(leaves.map((leaf, index) => [leaf, 1 << index])) as Record<Leaf, number>, // One entry a leaf.
);
const EVERYTHING = (1 << leaves.length) - 1;

export type PolicyTree = Extract<
  ReturnType<Cedar['policyToJson']>,
  { type: 'success' }
>['json'];

export function readsOf(policies: readonly PolicyTree[]): Reads {
  const found = { context: 0, principal: false, resource: false };
  const named = new Map<string, Set<string>>();

  function name(type: string, id: string): void {
    const ids = named.get(type);
    if (ids) ids.add(id);
    else named.set(type, new Set([id]));
  }

  /** Every entity that stands literally anywhere in a tree. */
  function nameAll(node: unknown): void {
    if (Array.isArray(node)) {
      for (const item of node) nameAll(item);
    } else if (isRecord(node)) {
      if (typeof node.type === 'string' && typeof node.id === 'string') name(node.type, node.id);
      for (const item of Object.values(node)) nameAll(item);
    }
  }

  function everything(): void {
    found.context = EVERYTHING;
    found.principal = true;
    found.resource = true;
  }

  function readPath(variable: string, path: readonly string[]): void {
    // An action is always known whole; attributes of a principal or resource are always sent whole.
    if (variable === 'action') return;
    if (variable === 'principal' || variable === 'resource') {
      if (path.length === 0) found[variable] = true;
      return;
    }
    if (variable !== 'context') return everything();
    const read = path.join('.');
    for (const leaf of leaves) {
      if (read === '' || leaf === read || leaf.startsWith(`${read}.`) || read.startsWith(`${leaf}.`)) {
        found.context |= bit[leaf];
      }
    }
  }

  /** A comparison of the principal or resource with entities that stand there literally tells no others apart. */
  function compare(left: unknown, right: unknown): void {
    for (const [side, other] of [
      [left, right],
      [right, left],
    ]) {
      const path = pathOf(side);
      const plain = path && path.attributes.length === 0 && path.variable !== 'context';
      if (!(plain && isLiteral(other))) visit(side);
    }
  }

  function visit(node: unknown): void {
    if (Array.isArray(node)) {
      for (const item of node) visit(item);
      return;
    }
    if (!isRecord(node)) return everything();
    const path = pathOf(node);
    if (path) return readPath(path.variable, path.attributes);
    const keys = Object.keys(node);
    const kind = keys[0];
    if (kind === undefined || keys.length !== 1) return everything();
    const body = node[kind];
    if (kind === 'Value') return;
    if (kind === 'Set' && Array.isArray(body)) return visit(body);
    if (kind === 'Record' && isRecord(body)) return visit(Object.values(body));
    // What is left takes arguments: operators in a record by name, functions and methods in a list.
    if (Array.isArray(body)) return visit(body);
    if (!isRecord(body)) return everything();
    if (kind === 'in' || kind === '==' || kind === '!=') return compare(body.left, body.right);
    if (kind === 'is') return body.in === undefined ? kindOf(body.left) : compare(body.left, body.in);
    if (kind === 'has') {
      const base = pathOf(body.left);
      const attributes = [body.attr].flat();
      if (!base || !attributes.every((attribute) => typeof attribute === 'string')) return visit(body.left);
      return readPath(base.variable, [...base.attributes, ...attributes]);
    }
    if (kind === '.' || kind === 'like') return visit(body.left);
    if (OPERATORS.has(kind)) return visit(Object.values(body));
    everything();
  }

  /** The type of an entity is always known. */
  function kindOf(node: unknown): void {
    const path = pathOf(node);
    if (!path || path.attributes.length > 0) visit(node);
  }

  for (const policy of policies) {
    nameAll(policy);
    for (const condition of policy.conditions) visit(condition.body);
  }
  return { ...found, named };
}

const OPERATORS = new Set([
  '!',
  'neg',
  '<',
  '<=',
  '>',
  '>=',
  '&&',
  '||',
  '+',
  '-',
  '*',
  'contains',
  'containsAll',
  'containsAny',
  'isEmpty',
  'getTag',
  'hasTag',
  'if-then-else',
]);

/** `context.proven.fresh` as its variable and attributes; undefined for anything else. */
function pathOf(
  node: unknown,
): { readonly variable: string; readonly attributes: readonly string[] } | undefined {
  const attributes: string[] = [];
  let at = node;
  while (isRecord(at) && isRecord(at['.'])) {
    if (typeof at['.'].attr !== 'string') return undefined;
    attributes.unshift(at['.'].attr);
    at = at['.'].left;
  }
  return isRecord(at) && typeof at.Var === 'string' ? { variable: at.Var, attributes } : undefined;
}

function isLiteral(node: unknown): boolean {
  if (!isRecord(node)) return false;
  if ('Value' in node) return true;
  return Array.isArray(node.Set) && node.Set.every(isLiteral);
}

function isRecord(node: unknown): node is Record<string, unknown> {
  return typeof node === 'object' && node !== null && !Array.isArray(node);
}
