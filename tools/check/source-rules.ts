/**
 * What imports can't tell and a linter doesn't know: where the clock, chance, sockets and plain output may be touched.
 *
 * To add a rule: an entry in RULES with its sentence. `finds` is asked for every node of every file that the rule is for.
 */
import ts from 'typescript-6';

export interface SourceRule {
  readonly name: string;
  readonly because: string;
  readonly appliesTo: (file: string) => boolean;
  readonly finds: (node: ts.Node) => boolean;
}

// Not what runs in browsers: there the clock is the page's own, and decides nothing (doors/web/browser/).
const isServer = (file: string) =>
  file.startsWith('server/') && !file.startsWith('server/doors/web/browser/');
const outside = (...folders: string[]) => {
  return (file: string) => isServer(file) && !folders.some((folder) => file.startsWith(folder));
};

const CHANCE = new Set([
  'randomBytes',
  'randomFill',
  'randomFillSync',
  'randomInt',
  'randomUUID',
  'getRandomValues',
]);

const SOCKETS = /^(?:node:)?(?:net|http|https|http2|tls|dgram)$/;

/** Words of the socket modules that open nothing: they read and compare. */
const OPENS_NOTHING = new Set([
  'BlockList',
  'METHODS',
  'STATUS_CODES',
  'SocketAddress',
  'checkServerIdentity',
  'isIP',
  'isIPv4',
  'isIPv6',
  'validateHeaderName',
  'validateHeaderValue',
]);

export const RULES: readonly SourceRule[] = [
  {
    name: 'time comes from the Clock',
    because:
      'Take a Clock as an argument (kernel/clock.ts): what expires must be testable without a sleep.',
    appliesTo: outside('server/kernel/'),
    finds: (node) => isMember(node, 'Date', 'now') || isPresent(node),
  },
  {
    name: 'chance comes from Random',
    because:
      'Take a Random as an argument (kernel/random.ts): tests must be able to repeat what chance did.',
    appliesTo: outside('server/kernel/'),
    finds: (node) =>
      isMember(node, 'Math', 'random') || (ts.isIdentifier(node) && CHANCE.has(node.text)),
  },
  {
    name: 'sockets stand in doors and sinks',
    because: 'Only doors, the http room, the record’s sinks and main/ speak to the network.',
    appliesTo: outside('server/doors/', 'server/http/', 'server/main/', 'server/record/sinks/'),
    finds: (node) => importsSockets(node) || isCallOf(node, 'fetch'),
  },
  {
    name: 'output goes through the log',
    because: 'Only main/ writes to the terminal; everything else logs, where secrets are kept out.',
    appliesTo: outside('server/main/'),
    finds: (node) => ts.isPropertyAccessExpression(node) && isName(node.expression, 'console'),
  },
];

function isName(node: ts.Node, name: string): boolean {
  return ts.isIdentifier(node) && node.text === name;
}

function isMember(node: ts.Node, object: string, member: string): boolean {
  return (
    ts.isPropertyAccessExpression(node) &&
    isName(node.expression, object) &&
    node.name.text === member
  );
}

/** `new Date()` and `Date()`: this very moment. `new Date(ms)` only writes a moment differently. */
function isPresent(node: ts.Node): boolean {
  if (ts.isNewExpression(node)) return isName(node.expression, 'Date') && !node.arguments?.length;
  return isCallOf(node, 'Date');
}

function isCallOf(node: ts.Node, name: string): boolean {
  return ts.isCallExpression(node) && isName(node.expression, name);
}

function importsSockets(node: ts.Node): boolean {
  if (!ts.isImportDeclaration(node) || !ts.isStringLiteral(node.moduleSpecifier)) return false;
  if (!SOCKETS.test(node.moduleSpecifier.text)) return false;
  const clause = node.importClause;
  if (clause === undefined) return true;
  if (clause.isTypeOnly) return false;
  const names = clause.namedBindings;
  if (clause.name !== undefined || names === undefined || ts.isNamespaceImport(names)) return true;
  return names.elements.some(
    (element) =>
      !element.isTypeOnly && !OPENS_NOTHING.has((element.propertyName ?? element.name).text),
  );
}
