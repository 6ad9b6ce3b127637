/**
 * Everything that can be asked of the gate, as one closed table: the gate, the API and the policies use these words and no
 * others. To add an action: a line here, the same line in schema.cedarschema (a test compares them), and a policy that
 * permits it, for what no policy permits is refused.
 */

/** Groups that policies can name instead of single actions, as in `action in Action::"sensitive"`. */
export const actionGroups = [
  'self', // what people do about their own account
  'administer', // everything that is not about oneself
  'observe', // seeing people and sessions
  'audit', // seeing everything, the record included
  'operate', // changing people, passes and sessions
  'sensitive', // needs a proof shown a moment ago
] as const;
export type ActionGroup = (typeof actionGroups)[number];

/** What is entered: parts of Sallyport itself, people whom administration concerns, and what lies behind the doors. */
export type PrincipalKind = 'person' | 'device' | 'process';
export type ResourceKind = 'part' | 'person' | 'application' | 'api' | 'site' | 'network' | 'asset';

export interface ActionShape {
  readonly groups: readonly ActionGroup[];
  /** Who can do it at all, and to what: anything else is refused before any policy is asked. */
  readonly principals: readonly PrincipalKind[];
  readonly resources: readonly ResourceKind[];
}

const shape = (
  groups: readonly ActionGroup[],
  principals: readonly PrincipalKind[],
  resources: readonly ResourceKind[],
): ActionShape => Object.freeze({ groups, principals, resources });

const own = (...more: ActionGroup[]) => shape(['self', ...more], ['person'], ['part']);
/** The resource is the person concerned, or Part::"people" or Part::"sessions" where it is all of them. */
const onPeople = (...more: ActionGroup[]) =>
  shape(['administer', ...more], ['person', 'process'], ['person', 'part']);
const onHouse = (...more: ActionGroup[]) =>
  shape(['administer', ...more], ['person', 'process'], ['part']);

export const actions = Object.freeze({
  signIn: shape(
    [],
    ['person', 'device', 'process'],
    ['part', 'application', 'api', 'network', 'asset'],
  ),

  // What lies behind the doors: an application, an API, a site of the proxy door.
  enter: shape([], ['person', 'process', 'device'], ['application', 'api', 'site']),

  // A person who logs in at a network device or through one, by a smart card too; a device that comes onto the network there.
  logIn: shape([], ['person'], ['network']),
  joinNetwork: shape([], ['device'], ['network']),

  // One command at a network device that asks for each; the resource is the device, by its name, in its groups.
  runCommand: shape([], ['person'], ['network']),

  // A certificate of its own, with a pass that was made for it or with the certificate that it has.
  enrolCertificate: shape([], ['device'], ['part']),

  readSelf: own(),
  renameProof: own(),
  enrolProof: own('sensitive'),
  removeProof: own('sensitive'),
  changePassword: own('sensitive'),
  revokeOwnSession: own(),
  reportTrouble: own(),

  'person.read': onPeople('observe', 'audit'),
  'person.create': onPeople('operate'),
  'person.change': onPeople('operate'),
  'person.disable': onPeople('operate'),
  'person.erase': onPeople('operate', 'sensitive'),
  // Apart from person.change: who may give a role away can make themselves anything.
  'role.change': shape(['administer', 'sensitive'], ['person', 'process'], ['person']),

  // A proof that is given to somebody for good, which a pass is not.
  'upstream.assign': shape(['administer', 'sensitive'], ['person', 'process'], ['person', 'part']),
  'card.change': shape(['administer', 'sensitive'], ['person', 'process'], ['person', 'part']),

  'pass.issue': onPeople('operate', 'sensitive'),
  'pass.revoke': onPeople('operate'),

  'session.read': onPeople('observe', 'audit'),
  'session.revoke': onPeople('operate'),

  'process.read': onHouse('observe', 'audit'),
  'process.create': onHouse('sensitive'),
  'process.change': onHouse('sensitive'),
  'process.disable': onHouse(),
  // How a process proves itself: apart from process.change, since whoever adds a key can come as that process.
  'process.rotate': onHouse('sensitive'),

  'device.read': onHouse('observe', 'audit'),
  'device.create': onHouse('sensitive'),
  'device.change': onHouse('sensitive'),
  'device.disable': onHouse(),
  // How a device proves itself, exceptions included: whoever adds a key can come as that device.
  'device.rotate': onHouse('sensitive'),

  // Certificates of the own authority, whomever they are for.
  'certificate.read': onHouse('observe', 'audit'),
  // The resource is the person whose it is, where it is one's: whoever has the key can come with it as their card.
  'certificate.issue': shape(
    ['administer', 'sensitive'],
    ['person', 'process'],
    ['person', 'part'],
  ),
  // As above: with it go all their sessions.
  'certificate.revoke': shape(
    ['administer', 'sensitive'],
    ['person', 'process'],
    ['person', 'part'],
  ),
  // Whom else it trusts, and its own CAs: whoever adds one can come as anybody. Its keys are for the command line on its machine.
  'authority.change': onHouse('sensitive'),

  'resource.read': onHouse('observe', 'audit'),
  'resource.create': onHouse('sensitive'),
  'resource.change': onHouse('sensitive'),
  'resource.remove': onHouse('sensitive'),

  'policy.read': onHouse('audit'),
  'policy.change': onHouse('sensitive'),

  'record.read': onHouse('audit'),
  'record.export': onHouse('audit', 'sensitive'),

  'key.read': onHouse('audit'),
  'key.rotate': onHouse('sensitive'),

  'token.issue': onHouse('sensitive'),
}) satisfies Readonly<Record<string, ActionShape>>;

export type Action = keyof typeof actions;

export const actionNames: readonly Action[] = Object.freeze(
  Object.keys(actions) as Action[], // The keys of a constant are its type's keys.
);

/** Where policies are told what is entered, and whether the one who asks is listed for it. */
export function enters(action: Action): boolean {
  return action === 'enter';
}

/** Where policies are told what is known of the device. */
export function joins(action: Action): boolean {
  return action === 'joinNetwork';
}

/** Where policies are told what for. */
export function logsIn(action: Action): boolean {
  return action === 'logIn';
}

/** Where policies are told the command. */
export function commands(action: Action): boolean {
  return action === 'runCommand';
}

/** Where policies are told what certificate. */
export function certifies(action: Action): boolean {
  return action === 'certificate.issue';
}

/** Where policies are told what is held: a weaker proof must not replace a stronger one. */
export function changesProofs(action: Action): boolean {
  return action === 'enrolProof' || action === 'removeProof' || action === 'changePassword';
}

export function isAction(text: string): text is Action {
  return Object.hasOwn(actions, text);
}

/** The parts of Sallyport itself that can be entered. */
export const parts = [
  'portal',
  'people',
  'sessions',
  'processes',
  'devices',
  'certificates',
  'resources',
  'policy',
  'record',
  'keys',
  'tokens',
] as const;
export type Part = (typeof parts)[number];
