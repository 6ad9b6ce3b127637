/** What of our values is shown to clients, field by field: what is not named here does not leave the house. */
import { eventSentence, type RecordedEvent } from '@sallyport/contract/events.ts';
import type {
  OwnedSession,
  SeenPerson,
  SeenSession,
} from '../../gate/use-cases/people/person-acts.ts';
import type { Me, Portal } from '../../gate/use-cases/people/portal.ts';

export function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

export function person({ person: { id, status, roles, groups, ...rest }, profile }: SeenPerson) {
  return {
    id,
    status,
    roles,
    groups,
    identifier: profile?.identifier ?? null,
    displayName: profile?.displayName ?? null,
    email: profile?.email ?? null,
    createdAt: time(rest.createdAt),
    changedAt: time(rest.changedAt),
  };
}

export function me(seen: Me) {
  const { id, status, roles, groups, identifier, displayName, email, sessionExpiresAt } = seen;
  return {
    id,
    status,
    roles,
    groups,
    identifier,
    displayName,
    email,
    sessionExpiresAt: time(sessionExpiresAt),
  };
}

type Own = Extract<
  Awaited<ReturnType<Portal['proofs']>>,
  { readonly state: 'done' }
>['value'][number];
type Held = Pick<Own, 'id' | 'kind' | 'name' | 'createdAt' | 'lastUsedAt' | 'otherHost'>;

export function heldProof({ id, kind, name, createdAt, lastUsedAt, otherHost }: Held) {
  return {
    id,
    kind,
    name,
    createdAt: time(createdAt),
    lastUsedAt: lastUsedAt === null ? null : time(lastUsedAt),
    ...(otherHost === undefined ? {} : { otherHost }),
  };
}

export function ownProof(proof: Own) {
  const { codesLeft, removable } = proof;
  return { ...heldProof(proof), ...(codesLeft === undefined ? {} : { codesLeft }), removable };
}

type Dated = Pick<SeenSession, 'createdAt' | 'seenAt' | 'expiresAt' | 'about'>;

export function dates({ createdAt, seenAt, expiresAt, about }: Dated) {
  return {
    createdAt: time(createdAt),
    seenAt: time(seenAt),
    expiresAt: time(expiresAt),
    from: about === undefined ? null : { address: about.address, userAgent: about.userAgent },
  };
}

export function session(seen: OwnedSession) {
  const { id, subject, identifier, kind, door, binding } = seen;
  return { id, person: subject, identifier, kind, door, binding, ...dates(seen) };
}

export function event(recorded: RecordedEvent) {
  const { id, at, type, version, outcome, data, personal, erased, damaged } = recorded;
  const { subject, actor, door, session, attempt, request, reason } = recorded;
  return {
    id,
    at: time(at),
    type,
    version,
    outcome,
    sentence: eventSentence(recorded),
    ...(subject === undefined ? {} : { subject }),
    ...(actor === undefined ? {} : { actor }),
    ...(door === undefined ? {} : { door }),
    ...(session === undefined ? {} : { session }),
    ...(attempt === undefined ? {} : { attempt }),
    ...(request === undefined ? {} : { request }),
    ...(reason === undefined ? {} : { reason }),
    data,
    ...(personal === undefined ? {} : { personal }),
    ...(erased === undefined ? {} : { erased }),
    ...(damaged === undefined ? {} : { damaged }),
  };
}
