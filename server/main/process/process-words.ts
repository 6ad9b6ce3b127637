/** Processes as tables and JSON, and what can be wrong with what is asked about them. */
import { weaknesses } from '@sallyport/contract/processes.ts';
import type {
  AddedProof,
  ProcessProofFailure,
  SeenProcess,
  SeenProof,
} from '../../gate/use-cases/processes/process-acts.ts';
import type { Queries } from '../../store/store.ts';
import type { Process } from '../../subjects/process.ts';
import type { ProcessError } from '../../subjects/processes.ts';
import type { House } from '../house.ts';
import { momentWords } from '../terminal/amounts.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import type { Cell, Output, Problem } from '../terminal/output.ts';

export type ResourceNames = ReadonlyMap<string, string>;

/** What the resources are called that processes may enter. */
export async function resourceNames(
  { resources }: House,
  q: Queries,
  processes: readonly Process[],
): Promise<ResourceNames> {
  const names = new Map<string, string>();
  for (const { resource } of processes.flatMap(({ entries }) => entries)) {
    if (!names.has(resource)) {
      names.set(resource, (await resources.get(q, resource))?.name ?? resource);
    }
  }
  return names;
}

export const PROCESS_HEAD = ['process', 'state', 'owner', 'proofs', 'last seen', 'to look at'];

export function processRow({ process, ownerName, proofs, weaknesses: weak }: SeenProcess): Cell[] {
  return [
    process.name,
    stateOf(process),
    process.orphaned ? ['refused', ownerName ?? 'nobody'] : (ownerName ?? ''),
    proofs.map(({ kind }) => kind).join(', '),
    process.lastSeenAt === undefined ? 'never' : momentWords(process.lastSeenAt),
    weak.length === 0 ? '' : ['challenged', weak.join(', ')],
  ];
}

export const stateOf = ({ status }: Process): Cell =>
  status === 'active' ? ['granted', 'active'] : ['refused', 'disabled'];

export function proofRow(proof: SeenProof): Cell[] {
  const { id, kind, name, lastUsedAt, expiresAt, shown } = proof;
  return [
    kind,
    name,
    lastUsedAt === null ? 'never' : momentWords(lastUsedAt),
    expiresAt === null ? 'no end' : momentWords(expiresAt),
    Object.entries(shown)
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([key, value]) => `${key} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
      .join(', '),
    id,
  ];
}

export function weaknessSentences({ weaknesses: weak }: SeenProcess): string {
  return weak.map((code) => weaknesses[code]).join('; ');
}

const iso = (at: number | null | undefined) => (at == null ? null : new Date(at).toISOString());

export function forMachines(seen: SeenProcess, names: ResourceNames) {
  const { process, ownerName, lastSeenFrom, proofs, weaknesses: weak } = seen;
  return {
    id: process.id,
    name: process.name,
    status: process.status,
    owner: process.owner ?? null,
    ownerName: ownerName ?? null,
    orphaned: process.orphaned,
    purpose: process.purpose,
    groups: process.groups,
    entries: process.entries.map(({ resource, scopes }) => ({
      resource,
      resourceName: names.get(resource) ?? null,
      scopes,
    })),
    application: process.application,
    proofs: proofs.map(
      ({ id, kind, name, createdAt, lastUsedAt, notBefore, expiresAt, shown }) => ({
        id,
        kind,
        name,
        createdAt: iso(createdAt),
        lastUsedAt: iso(lastUsedAt),
        notBefore: iso(notBefore),
        expiresAt: iso(expiresAt),
        shown,
      }),
    ),
    weaknesses: weak,
    createdAt: iso(process.createdAt),
    changedAt: iso(process.changedAt),
    lastSeenAt: iso(process.lastSeenAt),
    lastSeenFrom: lastSeenFrom ?? null,
  };
}

export function addedForMachines({ process, proof, kind, expiresAt, secret, old }: AddedProof) {
  return {
    process,
    proof,
    kind,
    expiresAt: iso(expiresAt),
    secret,
    old: old && { id: old.id, endsAt: iso(old.endsAt) },
  };
}

const NOBODY: Problem = {
  what: 'There is no such process.',
  mend: './sallyport process list shows them.',
};

export function noProcess(output: Output, typed: string): ExitCode {
  output.problem({ ...NOBODY, what: `There is no process “${typed}”.` });
  return EXIT.notFound;
}

export function refusedProcess(output: Output, error: ProcessError): ExitCode {
  output.problem({ ...problemOf(error), data: error });
  return error.code === 'not-found' ? EXIT.notFound : EXIT.failed;
}

function problemOf(error: ProcessError): Problem {
  switch (error.code) {
    case 'name-taken':
      return { what: 'Another process has that name.', mend: 'Take another.' };
    case 'owner-not-found':
      return {
        what: 'Whoever is disabled or erased can answer for nothing.',
        mend: './sallyport person list --status active shows who can.',
      };
    case 'resource-not-found':
      return {
        what: 'One of the resources is not there, or is named twice.',
        mend: './sallyport resource list shows them.',
      };
    case 'scope-not-known':
      return {
        what: `${error.resource} has no scope “${error.scope}”.`,
        mend: `./sallyport resource show ${error.resource} tells those that it has.`,
      };
    case 'not-found':
      return NOBODY;
    case 'changed-meanwhile':
      return { what: 'It was changed by somebody else at the same moment.', mend: 'Try again.' };
  }
}

export function refusedProof(output: Output, error: ProcessProofFailure): ExitCode {
  output.problem({ ...proofProblemOf(error), data: error });
  return error.code === 'not-found' ? EXIT.notFound : EXIT.failed;
}

function proofProblemOf(error: ProcessProofFailure): Problem {
  switch (error.code) {
    case 'malformed':
    case 'not-allowed':
      return { what: `That can't be taken: ${error.detail}. Nothing was changed.` };
    case 'held-already':
      return {
        what: 'A process holds that already; one key or certificate stands for one process.',
        mend: 'Make a new one.',
      };
    case 'too-many':
      return {
        what: 'There are as many of this kind as there can be.',
        mend: 'Remove one first: ./sallyport process proof remove NAME PROOF',
      };
    case 'not-found':
      return {
        what: 'It holds no such proof.',
        mend: './sallyport process show NAME tells those that it holds.',
      };
    case 'changed-meanwhile':
      return { what: 'It was changed by somebody else at the same moment.', mend: 'Try again.' };
  }
}
