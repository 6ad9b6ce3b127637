/** Wishes that are made from what stands in an address or a body: an action by its name, and whom it concerns. */
import { type PersonId, parseId } from '../kernel/id.ts';
import { type Action, isAction, type Part } from '../policy/actions.ts';
import type { PolicyResource } from '../policy/request.ts';
import type { Queries } from '../store/store.ts';
import type { People } from '../subjects/people.ts';
import type { Resources } from '../subjects/resources.ts';
import { PORTAL, type Wish, type WishOf } from './wish.ts';

const part = (id: Part): PolicyResource => ({ kind: 'part', id });
export const PEOPLE = part('people');
export const SESSIONS = part('sessions');
export const TOKENS = part('tokens');
export const PROCESSES = part('processes');
export const DEVICES = part('devices');
export const CERTIFICATES = part('certificates');
export const RESOURCES = part('resources');
export const POLICY = part('policy');
export const RECORD = part('record');
export const KEYS = part('keys');

const PARTS: Readonly<Record<string, PolicyResource>> = {
  person: PEOPLE,
  role: PEOPLE,
  card: PEOPLE,
  pass: PEOPLE,
  session: SESSIONS,
  process: PROCESSES,
  device: DEVICES,
  enrolCertificate: DEVICES,
  certificate: CERTIFICATES,
  authority: CERTIFICATES,
  resource: RESOURCES,
  policy: POLICY,
  record: RECORD,
  key: KEYS,
  token: TOKENS,
};

/** What an action is about when nobody says: the part of the house that its name begins with. */
export function usualResource(action: Action): PolicyResource {
  const [room = ''] = action.split('.');
  return PARTS[room] ?? PORTAL;
}

const NEWCOMER = 'newcomer';

/** Someone who is about to be added, as policies see them. */
export function newcomer(roles: readonly string[], groups: readonly string[]): PolicyResource {
  return { kind: 'person', id: NEWCOMER, status: 'enrolling', roles, groups };
}

/** A wish about someone, as they are now: whether they may be touched depends on their roles. */
export function wishAbout(people: People, action: Action, id: PersonId): WishOf {
  return async (q: Queries): Promise<Wish> => {
    const person = await people.get(q, id);
    if (person === undefined || person.status === 'erased') return { action, resource: PEOPLE };
    const { status, roles, groups } = person;
    return { action, resource: { kind: 'person', id, status, roles, groups } };
  };
}

/** A wish to enter or sign in to something, by its id or name; what is not there is an API that nobody is listed for. */
export function wishAt(resources: Resources, action: Action, named: string): WishOf {
  return async (q) => {
    const resource = await resources.find(q, named);
    const { kind, name, groups } = resource ?? { kind: 'api', name: named, groups: [] };
    return { action, resource: { kind, id: name, groups } };
  };
}

export type NamedWishError = { readonly code: 'unknown-action' } | { readonly code: 'not-found' };

/** A wish as outsiders name it. Whether it may come true is for policy to say, whatever they name. */
export function wishNamed(
  people: People,
  action: string,
  concerning: string | undefined,
): WishOf | NamedWishError {
  if (!isAction(action)) return { code: 'unknown-action' };
  if (concerning !== undefined) {
    const id = parseId<'person'>(concerning);
    return id === undefined ? { code: 'not-found' } : wishAbout(people, action, id);
  }
  const resource = action === 'role.change' ? newcomer([], []) : usualResource(action);
  return async () => ({ action, resource });
}

/** Whom a wish concerns, as `wishNamed` would be told. */
export function concernedBy({ resource }: Wish): string | undefined {
  return resource.kind === 'person' && resource.id !== NEWCOMER ? resource.id : undefined;
}
