/** Processes as they are told to clients, and what can go wrong with them. The command line on the machine itself tells the same. */
import type { KeyReused } from '../../gate/once/once.ts';
import type {
  AddedProof,
  ProcessProofFailure,
  SeenProcess,
  SeenProof,
} from '../../gate/use-cases/processes/process-acts.ts';
import type { ProcessError } from '../../subjects/processes.ts';
import { Told } from './told.ts';
import { time } from './views.ts';

const maybe = (at: number | null | undefined) => (at == null ? null : time(at));

export function process(seen: SeenProcess) {
  const { process: is, ownerName, lastSeenFrom, resourceNames, proofs, weaknesses } = seen;
  const { id, name, status, owner, orphaned, purpose, groups, entries, application } = is;
  return {
    id,
    name,
    status,
    owner: owner ?? null,
    ownerName: ownerName ?? null,
    orphaned,
    purpose,
    groups,
    entries: entries.map(({ resource, scopes }) => ({
      resource,
      resourceName: resourceNames.get(resource) ?? null,
      scopes,
    })),
    application,
    proofs: proofs.map(proofView),
    weaknesses,
    createdAt: time(is.createdAt),
    changedAt: time(is.changedAt),
    lastSeenAt: maybe(is.lastSeenAt),
    lastSeenFrom: lastSeenFrom ?? null,
  };
}

function proofView({ id, kind, name, shown, ...times }: SeenProof) {
  return {
    id,
    kind,
    name,
    createdAt: time(times.createdAt),
    lastUsedAt: maybe(times.lastUsedAt),
    notBefore: time(times.notBefore),
    expiresAt: maybe(times.expiresAt),
    shown,
  };
}

export function addedProof({ process: id, proof, kind, expiresAt, secret, old }: AddedProof) {
  return {
    process: id,
    proof,
    kind,
    expiresAt: maybe(expiresAt),
    secret,
    old: old && { id: old.id, endsAt: time(old.endsAt) },
  };
}

export function processProblem(error: ProcessError | KeyReused): Told {
  switch (error.code) {
    case 'resource-not-found':
      return new Told(error.code, { resource: error.resource });
    case 'scope-not-known':
      return new Told(error.code, { resource: error.resource, scope: error.scope });
    default:
      return new Told(error.code);
  }
}

export function processProofProblem(error: ProcessProofFailure | KeyReused): Told {
  switch (error.code) {
    case 'malformed':
    case 'not-allowed':
      return new Told('process-proof-not-valid', { says: error.detail });
    case 'held-already':
      return new Told('proof-held-already');
    case 'too-many':
      return new Told('too-many-proofs');
    default:
      return new Told(error.code);
  }
}
