/** Processes as tables and JSON, and what can be wrong with what is asked about them. */
import { weaknesses } from '@sallyport/contract/processes.ts';
import type { Desk } from '../desks/desk.ts';
import type { ProcessesDesk, ShownProcess, ShownProof } from '../desks/processes-desk.ts';
import type { Refused } from '../remote/connection.ts';
import { tellBy, type Words } from '../remote/refused.ts';
import { holderOf } from '../resource/resource-words.ts';
import { momentOf } from '../terminal/amounts.ts';
import { Ended, EXIT, type ExitCode } from '../terminal/exit.ts';
import type { Cell, Output } from '../terminal/output.ts';

export const PROCESS_HEAD = ['process', 'state', 'owner', 'proofs', 'last seen', 'to look at'];

export function processRow(process: ShownProcess): Cell[] {
  const { name, ownerName, orphaned, proofs, lastSeenAt, weaknesses: weak } = process;
  return [
    name,
    stateOf(process),
    orphaned ? ['refused', ownerName ?? 'nobody'] : (ownerName ?? ''),
    proofs.map(({ kind }) => kind).join(', '),
    lastSeenAt === null ? 'never' : momentOf(lastSeenAt),
    weak.length === 0 ? '' : ['challenged', weak.join(', ')],
  ];
}

const stateOf = ({ status }: ShownProcess): Cell =>
  status === 'active' ? ['granted', 'active'] : ['refused', 'disabled'];

export function proofRow(proof: ShownProof): Cell[] {
  const { id, kind, name, lastUsedAt, expiresAt, shown } = proof;
  return [
    kind,
    name,
    lastUsedAt === null ? 'never' : momentOf(lastUsedAt),
    expiresAt === null ? 'no end' : momentOf(expiresAt),
    Object.entries(shown)
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([key, value]) => `${key} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
      .join(', '),
    id,
  ];
}

export function weaknessSentences({ weaknesses: weak }: ShownProcess): string {
  return weak.map((code) => weaknesses[code]).join('; ');
}

/** Finds which process a command names, wherever it works; ends it when there is none like that. */
export async function processAt(
  desk: ProcessesDesk,
  typed: string,
  output: Output,
): Promise<ShownProcess> {
  const found = await desk.find(typed);
  if (!found.ok) throw new Ended(refusedProcess(output, found.error));
  if (found.value !== undefined) return found.value;
  output.problem({
    what: `There is no process “${typed}”.`,
    mend: './sallyport process list shows them.',
    data: { code: 'not-found' },
  });
  throw new Ended(EXIT.notFound);
}

const MEANWHILE = () => ({
  what: 'It was changed by somebody else at the same moment.',
  mend: 'Try again.',
});

const WORDS: Words = {
  'name-taken': () => ({ what: 'Another process has that name.', mend: 'Take another.' }),
  'owner-not-found': () => ({
    what: 'Whoever is disabled or erased can answer for nothing.',
    mend: './sallyport person list --status active shows who can.',
  }),
  'resource-not-found': () => ({
    what: 'One of the resources is not there, or is named twice.',
    mend: './sallyport resource list shows them.',
  }),
  'scope-not-known': ({ resource, scope }) => ({
    what: `${resource} has no scope “${scope}”.`,
    mend: `./sallyport resource show ${resource} tells those that it has.`,
  }),
  'not-found': () => ({
    what: 'There is no such process.',
    mend: './sallyport process list shows them.',
  }),
  'changed-meanwhile': MEANWHILE,
};

export const refusedProcess = tellBy(WORDS);

/** Of one that was to be called this: who has the name already, where the command works. */
export async function refusedProcessNamed(
  { processes, resources }: Pick<Desk, 'resources' | 'processes'>,
  name: string | undefined,
  output: Output,
  error: Refused,
): Promise<ExitCode> {
  const taken =
    error.code === 'name-taken' && name !== undefined
      ? await holderOf({ process: processes, resource: resources }, name)
      : undefined;
  return tellBy({ ...WORDS, ...(taken && { 'name-taken': () => taken }) })(output, error);
}

export const refusedProof = tellBy({
  'process-proof-not-valid': ({ says }) => ({
    what: `That can’t be taken: ${says}. Nothing was changed.`,
  }),
  'proof-held-already': () => ({
    what: 'A process holds that already; one key or certificate stands for one process.',
    mend: 'Make a new one.',
  }),
  'too-many-proofs': () => ({
    what: 'There are as many of this kind as there can be.',
    mend: 'Remove one first: ./sallyport process proof remove NAME PROOF',
  }),
  'not-found': () => ({
    what: 'It holds no such proof.',
    mend: './sallyport process show NAME tells those that it holds.',
  }),
  'changed-meanwhile': MEANWHILE,
});
