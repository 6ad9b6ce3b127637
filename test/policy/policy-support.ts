/** What tests of policy share: classes of proof, requests, and generators of both and of policies. */
import fc from 'fast-check';
import { type Action, actionNames, actions, parts } from '../../server/policy/actions.ts';
import { loadCedar } from '../../server/policy/cedar.ts';
import { createDecider, type Decider } from '../../server/policy/decider.ts';
import { createEngine, type Engine } from '../../server/policy/engine.ts';
import type { PolicyFiles } from '../../server/policy/policy-files.ts';
import { loadPolicies } from '../../server/policy/policy-set.ts';
import type {
  AnyProofClass,
  CommandContext,
  EntryContext,
  PolicyContext,
  PolicyPrincipal,
  PolicyRequest,
  PolicyResource,
  ShownProof,
} from '../../server/policy/request.ts';
import type { ProofClass } from '../../server/proofs/proof.ts';

export const FRESH_FOR = 300;

const plain = {
  phishingResistant: false,
  replayResistant: false,
  hardwareBound: false,
  enrolmentOnly: false,
} as const;

export const password: ProofClass = { ...plain, kind: 'password', factors: ['know'], effort: 2 };
export const totp: ProofClass = {
  ...plain,
  kind: 'totp',
  factors: ['have'],
  replayResistant: true,
  effort: 3,
};
export const passkey: ProofClass = {
  kind: 'webauthn',
  factors: ['have', 'are'],
  phishingResistant: true,
  replayResistant: true,
  hardwareBound: false,
  enrolmentOnly: false,
  effort: 1,
};
export const securityKey: ProofClass = { ...passkey, hardwareBound: true, effort: 2 };
export const recovery: ProofClass = {
  ...plain,
  kind: 'recovery',
  factors: ['have'],
  replayResistant: true,
  effort: 8,
};
export const pass: ProofClass = {
  ...plain,
  kind: 'pass',
  factors: ['have'],
  enrolmentOnly: true,
  effort: 5,
};
const ofProcess = { ...plain, factors: ['have'], effort: 0 } as const;
export const processSecret: AnyProofClass = { ...ofProcess, kind: 'secret' };
export const processKey: AnyProofClass = {
  ...ofProcess,
  kind: 'key',
  phishingResistant: true,
  replayResistant: true,
};
export const processClasses: readonly AnyProofClass[] = [
  { ...processKey, kind: 'certificate' },
  processKey,
  { ...processKey, kind: 'workload' },
  processSecret,
];
export const allClasses: readonly ProofClass[] = [
  password,
  totp,
  passkey,
  securityKey,
  recovery,
  pass,
];

export function now(...classes: AnyProofClass[]): ShownProof[] {
  return classes.map((one) => ({ class: one, age: 0 }));
}

export function ago(seconds: number, ...classes: AnyProofClass[]): ShownProof[] {
  return classes.map((one) => ({ class: one, age: seconds }));
}

export function person(roles: readonly string[] = [], id = 'p1'): PolicyPrincipal {
  return { kind: 'person', id, status: 'active', roles, groups: [] };
}

export function about(roles: readonly string[] = [], id = 'p2'): PolicyResource {
  return { kind: 'person', id, status: 'active', roles, groups: [] };
}

export const office: PolicyContext = {
  door: 'web',
  source: '10.1.2.3',
  trustedNetwork: true,
  knownDevice: true,
  holdsPhishingResistant: false,
  time: Date.UTC(2026, 0, 5, 9) / 1000,
};

export function ask(
  principal: PolicyPrincipal,
  action: Action,
  resource: PolicyResource = { kind: 'part', id: 'portal' },
  context: Partial<PolicyContext> = {},
): PolicyRequest {
  return { principal, action, resource, context: { ...office, ...context } };
}

export function engineForTest(): Engine {
  return createEngine({
    load: loadCedar,
    report: (fault) => {
      throw fault;
    },
  });
}

let sets = 0;

export function deciderOf(engine: Engine, files: PolicyFiles, keep?: number): Decider {
  const set = loadPolicies(engine, `test ${sets++}`, files);
  if (!set.ok) throw new Error(set.error);
  return createDecider(set.value, {
    engine,
    freshFor: FRESH_FOR,
    ...(keep === undefined ? {} : { keep }),
  });
}

// ---- generators ----

const roleNames = ['administrator', 'operator', 'auditor', 'viewer'] as const;
const groupNames = ['maintenance', 'night', 'constructor', '', '"', 'a b'];
const subjectIds = ['p1', 'p2', 'someone1', 'someone2', '__proto__'];

const someOf = <T>(list: readonly T[]) => fc.subarray([...list]);
const status = fc.constantFrom('active', 'enrolling', 'disabled', 'erased' as const);

const arbAnyClass: fc.Arbitrary<AnyProofClass> = fc.constantFrom(...allClasses, ...processClasses);

export const arbShown: fc.Arbitrary<ShownProof[]> = fc.array(
  fc.record({ class: arbAnyClass, age: fc.constantFrom(0, 59, 300, 301, 100_000) }),
  { maxLength: 4 },
);

const arbSubject = {
  id: fc.constantFrom(...subjectIds),
  status,
  roles: someOf(roleNames),
  groups: someOf(groupNames),
};

const arbPerson: fc.Arbitrary<PolicyPrincipal> = fc.record({
  kind: fc.constant('person' as const),
  ...arbSubject,
});

export const arbProcess: fc.Arbitrary<PolicyPrincipal> = fc.record({
  kind: fc.constant('process' as const),
  ...arbSubject,
  scopes: someOf(['observe', 'person.read', 'administer', 'pass.issue'] as const),
});

const arbPrincipals = {
  person: arbPerson,
  process: arbProcess,
  device: fc.record({
    ...arbSubject,
    kind: fc.constant('device' as const),
    roles: fc.constant([]),
  }),
};

const arbPart: fc.Arbitrary<PolicyResource> = fc.record({
  kind: fc.constant('part' as const),
  id: fc.constantFrom(...parts),
});
const arbAbout: fc.Arbitrary<PolicyResource> = fc.record({
  kind: fc.constant('person' as const),
  ...arbSubject,
});

const arbEntry: fc.Arbitrary<EntryContext> = fc.record({
  scopes: someOf(['read', 'write', '"', '']),
  sensitive: fc.boolean(),
  listed: fc.boolean(),
  function: fc.constantFrom('', 'import', 'a b'),
  method: fc.constantFrom('', 'GET', 'POST'),
});

const arbCommand: fc.Arbitrary<CommandContext> = fc.record({
  name: fc.constantFrom('', 'show', 'reload'),
  text: fc.constantFrom('', 'show "x"', 'show version', 'reload in 5'),
  sensitive: fc.boolean(),
  windows: someOf(['night', 'c"', '']),
});

const arbNetwork: fc.Arbitrary<PolicyResource> = fc.record({
  kind: fc.constant('network' as const),
  id: fc.constantFrom('switch-1', 'p1', 'someone1'),
  groups: someOf(groupNames),
});

export const arbEnterable: fc.Arbitrary<PolicyResource> = fc.record({
  kind: fc.constantFrom('application', 'api', 'site' as const),
  id: fc.constantFrom('payments', 'p1', 'someone1'),
  groups: someOf(groupNames),
});

export const arbContext: fc.Arbitrary<PolicyContext> = fc.record({
  door: fc.constantFrom('web', 'api', 'web"\n'),
  source: fc.constantFrom('10.1.2.3', '192.0.2.7', '2001:db8::1'),
  trustedNetwork: fc.boolean(),
  knownDevice: fc.boolean(),
  holdsPhishingResistant: fc.boolean(),
  entry: fc.option(arbEntry, { nil: undefined }),
  command: fc.option(arbCommand, { nil: undefined }),
  service: fc.option(fc.constantFrom('vpn', 'admin', 'a"'), { nil: undefined }),
  time: fc.constantFrom(office.time, office.time + 1, office.time + 12 * 3600),
});

/** Requests of the forms that the schema knows. */
export const arbRequest: fc.Arbitrary<PolicyRequest> = fc
  .constantFrom(...actionNames)
  .chain((action) => {
    const aboutPeople = /^(person|pass|session)\./.test(action);
    const resource =
      actions[action].resources.includes('network') && action !== 'signIn'
        ? arbNetwork
        : action === 'enter'
          ? arbEnterable
          : action === 'role.change'
            ? arbAbout
            : aboutPeople
              ? fc.oneof(arbPart, arbAbout)
              : arbPart;
    return fc.record({
      principal: fc.oneof(...actions[action].principals.map((kind) => arbPrincipals[kind])),
      action: fc.constant(action),
      resource,
      context: arbContext,
    });
  })
  // Whoever acts on themselves is one person, with one status and the same roles.
  .map((request) =>
    request.resource.kind === 'person' &&
    request.principal.kind === 'person' &&
    request.resource.id === request.principal.id
      ? { ...request, resource: request.principal }
      : request,
  );

const conditions = [
  'context.proven.kindCount >= 2',
  'context.proven.kinds.contains("have")',
  'context.proven.kinds == ["know", "have"]',
  'context.proven.methods.containsAny(["totp", "webauthn"])',
  'context.proven.count > 1',
  'context.proven.phishingResistant',
  'context.proven.replayResistant && context.proven.hardwareBound',
  'context.proven.enrolmentOnly',
  '!context.proven.fresh',
  'context.proven.phishingResistantFresh',
  'context.proven has age && context.proven.age < 60',
  'context.proven has phishingResistantAge && context.proven.phishingResistantAge <= 300',
  'context.door == "web"',
  'context.door like "*\\"*"',
  'context.source.isInRange(ip("10.0.0.0/8"))',
  'context.trustedNetwork || context.knownDevice',
  'context has command && context.command.sensitive',
  'context has command && context.command.name == "reload"',
  'context has command && context.command.text like "show *"',
  'context has service && context.service == "vpn"',
  'context has windows && context.windows.contains("night")',
  'context.time.toTime() < duration("12h")',
  'principal.status == "active"',
  'principal in Role::"administrator"',
  'principal in [Role::"operator", Group::"night"]',
  'principal in Group::""',
  'principal is Person in Group::"constructor"',
  'principal == Person::"p1"',
  'principal == Person::"someone1"',
  'principal in [Person::"__proto__"]',
  'Person::"p2" == principal',
  '[Person::"p1", Person::"p2"].contains(Person::"p1")',
  'resource == Part::"portal"',
  'resource in [Part::"policy", Part::"record"]',
  'resource in Role::"administrator"',
  'resource is Person && resource in Group::"\\""',
  'resource is Person && principal == resource',
  'resource is Person && [resource].contains(principal)',
  'resource is Person && resource == Person::"someone2"',
  'resource is Person && resource.status == principal.status',
  'principal is Process && action in principal.scopes',
  'principal is Process && principal.scopes.contains(Action::"person.read")',
  'if context.knownDevice then principal == Person::"p1" else context.trustedNetwork',
  '{ one: context.door }.one == "api"',
  '(if context.trustedNetwork then context else context).door == "web"',
  'action in Action::"sensitive"',
  'action == Action::"enter" && context.listed && !context.sensitive',
  'action == Action::"enter" && context.scopes.contains("read")',
  'action == Action::"enter" && context.scopes == ["read", "write"]',
  'action == Action::"enter" && context.function == "import" && context.method == "POST"',
  'resource == Api::"payments"',
  'resource is Site && resource in Group::"night"',
  'principal == Process::"p2"',
];
const scopes = [
  'principal, action, resource',
  'principal is Person, action, resource',
  'principal in Role::"operator", action, resource',
  'principal == Person::"p2", action, resource',
  'principal, action in [Action::"self", Action::"observe"], resource',
  'principal, action == Action::"signIn", resource',
  'principal is Person in Group::"maintenance", action, resource is Part',
  'principal, action in Action::"administer", resource == Person::"p1"',
];

export interface RandomPolicy {
  readonly effect: 'permit' | 'forbid';
  readonly scope: string;
  readonly when: readonly string[];
  readonly unless: readonly string[];
}

export const arbPolicy: fc.Arbitrary<RandomPolicy> = fc.record({
  effect: fc.constantFrom('permit', 'permit', 'forbid' as const),
  scope: fc.oneof({ weight: 3, arbitrary: fc.constant(scopes[0]!) }, fc.constantFrom(...scopes)), // Not empty.
  when: fc.array(fc.constantFrom(...conditions), { maxLength: 2 }),
  unless: fc.array(fc.constantFrom(...conditions), { maxLength: 1 }),
});

export const arbPolicies = fc.array(arbPolicy, { minLength: 1, maxLength: 6 });

export function writePolicies(policies: readonly RandomPolicy[]): PolicyFiles {
  const texts = policies.map(
    ({ effect, scope, when, unless }, index) =>
      `@id("p${index}") @because("Because.") ${effect} (${scope})` +
      `${when.map((one) => ` when { ${one} }`).join('')}` +
      `${unless.map((one) => ` unless { ${one} }`).join('')};`,
  );
  return { 'random.cedar': texts.join('\n') };
}
