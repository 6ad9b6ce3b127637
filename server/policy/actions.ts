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

export const actions = {
  signIn: [],

  readSelf: ['self'],
  enrolProof: ['self', 'sensitive'],
  removeProof: ['self', 'sensitive'],
  changePassword: ['self', 'sensitive'],
  revokeOwnSession: ['self'],
  reportTrouble: ['self'],

  'person.read': ['administer', 'observe', 'audit'],
  'person.create': ['administer', 'operate'],
  'person.change': ['administer', 'operate'],
  'person.disable': ['administer', 'operate'],
  'person.erase': ['administer', 'operate', 'sensitive'],
  // Apart from person.change: who may give a role away can make themselves anything.
  'role.change': ['administer', 'sensitive'],

  'pass.issue': ['administer', 'operate', 'sensitive'],
  'pass.revoke': ['administer', 'operate'],

  'session.read': ['administer', 'observe', 'audit'],
  'session.revoke': ['administer', 'operate'],

  'policy.read': ['administer', 'audit'],
  'policy.change': ['administer', 'sensitive'],

  'record.read': ['administer', 'audit'],
  'record.export': ['administer', 'audit', 'sensitive'],

  'key.read': ['administer', 'audit'],
  'key.rotate': ['administer', 'sensitive'],

  'token.issue': ['administer', 'sensitive'],
} as const satisfies Record<string, readonly ActionGroup[]>;

export type Action = keyof typeof actions;

export const actionNames: readonly Action[] = Object.freeze(
  Object.keys(actions) as Action[], // The keys of a constant are its type's keys.
);

export function isAction(text: string): text is Action {
  return Object.hasOwn(actions, text);
}

/** The parts of Sallyport itself that can be entered. */
export const parts = [
  'portal',
  'people',
  'sessions',
  'policy',
  'record',
  'keys',
  'tokens',
] as const;
export type Part = (typeof parts)[number];
