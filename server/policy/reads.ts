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
  'holdsPhishingResistant',
  'time',
  'scopes',
  'sensitive',
  'listed',
  'function',
  'method',
  'command.name',
  'command.text',
  'command.sensitive',
  'windows',
  'service',
  // Told whole: known, compliant, what it told of itself, postureAge.
  'device',
  // Told whole: kind, profile, names.
  'certificate',
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

export type PolicyTree = Extract<ReturnType<Cedar['policyToJson']>, { type: 'success' }>['json'];

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
    if (variable === 'principal' || variable === 'resource') {
      if (path.length === 0) found[variable] = true;
    } else if (variable === 'context') {
      const read = path.join('.');
      for (const leaf of leaves) {
        const within = leaf === read || leaf.startsWith(`${read}.`) || read.startsWith(`${leaf}.`);
        if (read === '' || within) found.context |= bit[leaf];
      }
    } else if (variable !== 'action') everything();
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

  function visitAll(nodes: readonly unknown[]): void {
    for (const node of nodes) visit(node);
  }

  function visit(node: unknown): void {
    const path = pathOf(node);
    if (path) {
      readPath(path.variable, path.attributes);
      return;
    }
    const [kind, body] = (isRecord(node) && Object.entries(node)[0]) || [];
    if (kind === undefined || Object.keys(node as object).length !== 1) {
      everything();
    } else if (Array.isArray(body)) {
      // A set, or a function or method of an extension with its arguments.
      visitAll(body);
    } else if (kind === 'Value') {
      // Nothing of the request.
    } else if (!isRecord(body)) {
      everything();
    } else if (kind === 'in' || kind === '==' || kind === '!=') {
      compare(body.left, body.right);
    } else if (kind === 'is') {
      if (body.in !== undefined) compare(body.left, body.in);
      else if (pathOf(body.left)?.attributes.length !== 0) visit(body.left);
    } else if (kind === 'has') {
      const base = pathOf(body.left);
      const attributes = [body.attr].flat();
      if (base && attributes.every((attribute) => typeof attribute === 'string')) {
        readPath(base.variable, [...base.attributes, ...attributes]);
      } else visit(body.left);
    } else if (kind === '.' || kind === 'like') {
      visit(body.left);
    } else if (kind === 'Record' || OPERATORS.has(kind)) {
      visitAll(Object.values(body));
    } else {
      everything();
    }
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
