import { SECOND } from '../kernel/clock.ts';
import type { DeviceFacts } from '../subjects/posture.ts';
import {
  type Action,
  actions,
  certifies,
  changesProofs,
  commands,
  enters,
  joins,
  logsIn,
} from './actions.ts';
import type { Assurance } from './assurance.ts';
import type { CedarQuestion } from './engine.ts';
import { bit, type Leaf, type Reads } from './reads.ts';
import type {
  CertificateContext,
  CommandContext,
  EntryContext,
  PolicyContext,
  PolicyPrincipal,
  PolicyRequest,
  PolicyResource,
} from './request.ts';

/**
 * A request cut down to what the active policies read of it. Both the cache's key and what Cedar is told are made from this
 * and from nothing else: two requests with the same key are the same question.
 */
export interface Question {
  readonly action: Action;
  readonly principal: Entity;
  readonly resource: Entity;
  /** Bits of `leaves`: which attributes of the context are told. */
  readonly read: number;
  readonly context: PolicyRequest['context'];
  readonly proven: Assurance;
}

interface Entity {
  readonly type: string;
  /** Undefined where no policy tells this entity from others of its type. */
  readonly id: string | undefined;
  readonly status: string | undefined;
  readonly roles: readonly string[];
  readonly groups: readonly string[];
  readonly scopes: readonly string[] | undefined;
}

const TYPES = Object.freeze({
  person: 'Person',
  device: 'Device',
  process: 'Process',
  part: 'Part',
  application: 'Application',
  api: 'Api',
  site: 'Site',
  network: 'Network',
  asset: 'Asset',
}) satisfies Record<PolicyPrincipal['kind'] | PolicyResource['kind'], string>;

const NONE: readonly string[] = Object.freeze([]);
const NOBODY: ReadonlySet<string> = new Set();

export function narrow(request: PolicyRequest, proven: Assurance, reads: Reads): Question {
  const { principal, resource } = request;
  return {
    action: request.action,
    principal: entity(principal, reads, reads.principal),
    resource: entity(resource, reads, reads.resource),
    read: reads.context & knownOf(request.action),
    context: request.context,
    proven,
  };
}

/** The schema knows what is held only where proofs are changed, and what is entered only where something is. */
function knownOf(action: Action): number {
  let known = ~0;
  if (!changesProofs(action)) known &= ~bit.holdsPhishingResistant;
  if (!enters(action)) known &= ~OF_ENTRY;
  if (!joins(action)) known &= ~bit.device;
  if (!commands(action)) known &= ~OF_COMMAND;
  if (!logsIn(action)) known &= ~bit.service;
  if (!certifies(action)) known &= ~bit.certificate;
  return known;
}

const OF_ENTRY = bit.scopes | bit.sensitive | bit.listed | bit.function | bit.method;

const OF_COMMAND =
  bit['command.name'] | bit['command.text'] | bit['command.sensitive'] | bit.windows;

/** What is taken for granted of an entry that nobody tells anything of. */
const NO_ENTRY: EntryContext = Object.freeze({
  scopes: NONE,
  sensitive: true,
  listed: false,
  function: '',
  method: '',
});

const entryOf = ({ entry = NO_ENTRY }: PolicyContext): EntryContext => entry;

const NO_COMMAND: CommandContext = Object.freeze({
  name: '',
  text: '',
  sensitive: true,
  windows: NONE,
});

const NO_DEVICE: DeviceFacts = Object.freeze({
  known: false,
  compliant: false,
  diskEncrypted: 'unknown',
  screenLock: 'unknown',
  secureBoot: 'unknown',
  system: '',
});

/** Its age to the minute, so that a decision that reads it can be kept for one. */
function deviceOf({ device = NO_DEVICE }: PolicyContext): DeviceFacts {
  const { postureAge, ...facts } = device;
  return {
    ...facts,
    ...(postureAge === undefined ? {} : { postureAge: postureAge - (postureAge % 60) }),
  };
}

const NO_CERTIFICATE: CertificateContext = Object.freeze({ kind: '', profile: '', names: NONE });

/** Names in one order, so that the same certificate is the same question. */
function certificateOf({ certificate = NO_CERTIFICATE }: PolicyContext) {
  const { kind, profile, names } = certificate;
  return { kind, profile, names: names.toSorted() };
}

const commandOf = ({ command = NO_COMMAND }: PolicyContext): CommandContext => command;

function entity(given: PolicyPrincipal | PolicyResource, reads: Reads, whole: boolean): Entity {
  const type = TYPES[given.kind];
  const keep = (names: readonly string[], of: string): readonly string[] => {
    if (names.length === 0) return NONE;
    if (whole) return names.toSorted();
    const named = reads.named.get(of);
    return named ? names.filter((name) => named.has(name)).sort() : NONE;
  };
  return {
    type,
    id: whole || (reads.named.get(type) ?? NOBODY).has(given.id) ? given.id : undefined,
    status: 'status' in given ? given.status : undefined,
    roles: 'roles' in given ? keep(given.roles, 'Role') : NONE,
    groups: 'groups' in given ? keep(given.groups, 'Group') : NONE,
    scopes: 'scopes' in given ? given.scopes.toSorted() : undefined,
  };
}

/** One text for each different question; texts from outside are quoted, so that no two questions share one. */
export function keyOf({ action, principal, resource, read, context, proven }: Question): string {
  let key = `${action} ${entityKey(principal)} ${entityKey(resource)} ${flags(read, context, proven)}`;
  if (read & bit['proven.kinds']) key += ` k${proven.kinds.join()}`;
  if (read & bit['proven.methods']) key += ` m${proven.methods.join()}`;
  if (read & bit['proven.kindCount']) key += ` #${proven.kindCount}`;
  if (read & bit['proven.count']) key += ` n${proven.count}`;
  if (read & bit['proven.age']) key += ` a${proven.age}`;
  if (read & bit['proven.phishingResistantAge']) key += ` p${proven.phishingResistantAge}`;
  if (read & bit.door) key += ` d${JSON.stringify(context.door)}`;
  if (read & bit.source) key += ` s${JSON.stringify(context.source)}`;
  if (read & bit.time) key += ` t${context.time}`;
  if (read & OF_ENTRY) key += entryKey(read, entryOf(context));
  if (read & bit.device) key += ` v${JSON.stringify(deviceOf(context))}`;
  if (read & bit.certificate) key += ` i${JSON.stringify(certificateOf(context))}`;
  if (read & bit.service) key += ` l${JSON.stringify(context.service ?? '')}`;
  if (read & OF_COMMAND) key += commandKey(read, commandOf(context));
  return key;
}

function entryKey(read: number, entry: EntryContext): string {
  let key = '';
  if (read & bit.scopes) key += ` o${JSON.stringify(entry.scopes.toSorted())}`;
  if (read & bit.function) key += ` f${JSON.stringify(entry.function)}`;
  if (read & bit.method) key += ` h${JSON.stringify(entry.method)}`;
  return key;
}

function commandKey(read: number, command: CommandContext): string {
  let key = '';
  if (read & bit['command.name']) key += ` c${JSON.stringify(command.name)}`;
  if (read & bit['command.text']) key += ` x${JSON.stringify(command.text)}`;
  if (read & bit.windows) key += ` w${JSON.stringify(command.windows.toSorted())}`;
  return key;
}

function entityKey({ type, id, status, roles, groups, scopes }: Entity): string {
  let key = `${type} ${status}`;
  if (id !== undefined) key += ` =${JSON.stringify(id)}`;
  if (roles.length > 0) key += ` r${JSON.stringify(roles)}`;
  if (groups.length > 0) key += ` g${JSON.stringify(groups)}`;
  if (scopes) key += ` s${JSON.stringify(scopes)}`;
  return key;
}

function flags(read: number, context: Question['context'], proven: Assurance): number {
  let on = 0;
  if (context.trustedNetwork) on |= bit.trustedNetwork;
  if (context.knownDevice) on |= bit.knownDevice;
  if (context.holdsPhishingResistant ?? true) on |= bit.holdsPhishingResistant;
  if (entryOf(context).sensitive) on |= bit.sensitive;
  if (entryOf(context).listed) on |= bit.listed;
  if (commandOf(context).sensitive) on |= bit['command.sensitive'];
  if (proven.phishingResistant) on |= bit['proven.phishingResistant'];
  if (proven.replayResistant) on |= bit['proven.replayResistant'];
  if (proven.hardwareBound) on |= bit['proven.hardwareBound'];
  if (proven.enrolmentOnly) on |= bit['proven.enrolmentOnly'];
  if (proven.fresh) on |= bit['proven.fresh'];
  if (proven.phishingResistantFresh) on |= bit['proven.phishingResistantFresh'];
  return on & read;
}

type Value = CedarQuestion['context'][string];

/** The question in Cedar's own form. `unnamed` is an id that no policy names. */
export function toCedar(question: Question, unnamed: string): CedarQuestion {
  const { action, read, context, proven } = question;
  const principal = uid(question.principal, `${unnamed}1`);
  const resource = uid(question.resource, `${unnamed}2`);
  const told: Record<string, Value> = {};
  const tell = (into: Record<string, Value>, leaf: Leaf, value: () => Value | undefined) => {
    if (!(read & bit[leaf])) return;
    const known = value();
    if (known !== undefined) into[leaf.slice(leaf.indexOf('.') + 1)] = known;
  };
  tell(told, 'door', () => context.door);
  tell(told, 'source', () => ({ __extn: { fn: 'ip', arg: context.source } }));
  tell(told, 'trustedNetwork', () => context.trustedNetwork);
  tell(told, 'knownDevice', () => context.knownDevice);
  tell(told, 'holdsPhishingResistant', () => context.holdsPhishingResistant ?? true);
  tell(told, 'time', () => ({ __extn: { fn: 'datetime', arg: instant(context.time) } }));
  const entry = entryOf(context);
  tell(told, 'scopes', () => [...entry.scopes]);
  tell(told, 'sensitive', () => entry.sensitive);
  tell(told, 'listed', () => entry.listed);
  tell(told, 'function', () => entry.function);
  tell(told, 'method', () => entry.method);
  tell(told, 'service', () => context.service ?? '');
  tell(told, 'device', () => ({ ...deviceOf(context) }));
  tell(told, 'certificate', () => certificateOf(context));
  if (read & OF_COMMAND) {
    const command = commandOf(context);
    const given: Record<string, Value> = {};
    tell(given, 'command.name', () => command.name);
    tell(given, 'command.text', () => command.text);
    tell(given, 'command.sensitive', () => command.sensitive);
    told.command = given;
    tell(told, 'windows', () => [...command.windows]);
  }
  const shown: Record<string, Value> = {};
  tell(shown, 'proven.kinds', () => [...proven.kinds]);
  tell(shown, 'proven.kindCount', () => proven.kindCount);
  tell(shown, 'proven.methods', () => [...proven.methods]);
  tell(shown, 'proven.count', () => proven.count);
  tell(shown, 'proven.phishingResistant', () => proven.phishingResistant);
  tell(shown, 'proven.replayResistant', () => proven.replayResistant);
  tell(shown, 'proven.hardwareBound', () => proven.hardwareBound);
  tell(shown, 'proven.enrolmentOnly', () => proven.enrolmentOnly);
  tell(shown, 'proven.fresh', () => proven.fresh);
  tell(shown, 'proven.phishingResistantFresh', () => proven.phishingResistantFresh);
  tell(shown, 'proven.age', () => proven.age);
  tell(shown, 'proven.phishingResistantAge', () => proven.phishingResistantAge);
  told.proven = shown;

  const entities = [
    {
      uid: { type: 'Action', id: action },
      attrs: {},
      parents: actions[action].groups.map((id) => ({ type: 'Action', id })),
    },
    cedarEntity(question.principal, principal),
  ];
  // Someone may act on themselves; Cedar takes an entity once.
  if (principal.type !== resource.type || principal.id !== resource.id) {
    entities.push(cedarEntity(question.resource, resource));
  }
  return { principal, action: { type: 'Action', id: action }, resource, context: told, entities };
}

function uid(of: Entity, unnamed: string): { type: string; id: string } {
  return { type: of.type, id: of.id ?? unnamed };
}

function cedarEntity(of: Entity, as: { type: string; id: string }) {
  const attrs: Record<string, Value> = {};
  if (of.status !== undefined) attrs.status = of.status;
  if (of.scopes) attrs.scopes = of.scopes.map((id) => ({ __entity: { type: 'Action', id } }));
  return {
    uid: as,
    attrs,
    parents: [
      ...of.roles.map((id) => ({ type: 'Role', id })),
      ...of.groups.map((id) => ({ type: 'Group', id })),
    ],
  };
}

/** Throws for a time that is none, as every value that can't be told must. */
function instant(seconds: number): string {
  return new Date(seconds * SECOND).toISOString();
}
