/**
 * What is done to processes and their proofs, whoever may do it: the command line on the machine itself calls these, the doors
 * the judged ones in process-administration.ts.
 */
import type { ProcessProofKind, Weakness } from '@sallyport/contract/processes.ts';
import type { Authority } from '../../../authority/x509/authority-words.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { Ids, ProcessId, ResourceId } from '../../../kernel/id.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import { listProcessProofs, removeProcessProof } from '../../../proofs/process-held.ts';
import type {
  HeldProcessProof,
  ProcessProofError,
  ProcessProofModules,
} from '../../../proofs/process-proof.ts';
import type { ProofId } from '../../../proofs/proof.ts';
import { retireProcessProof } from '../../../proofs/retire-process-proof.ts';
import type { By, Recorder } from '../../../record/record.ts';
import type { Queries, Tx } from '../../../store/store.ts';
import type { People } from '../../../subjects/people.ts';
import type { Process } from '../../../subjects/process.ts';
import type { ProcessConfig } from '../../../subjects/process-config.ts';
import type { ProcessFilter } from '../../../subjects/process-table.ts';
import type { Processes } from '../../../subjects/processes.ts';
import type { Resources } from '../../../subjects/resources.ts';
import type { Workloads } from '../../../subjects/workloads.ts';
import { NOT_FOUND, type NotFound, type Page } from '../answered.ts';
import { weaknessesOf } from './process-weaknesses.ts';

export interface SeenProof {
  readonly id: ProofId;
  readonly kind: ProcessProofKind;
  readonly name: string;
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
  readonly notBefore: number;
  readonly expiresAt: number | null;
  /** What it is, in public words: a thumbprint, an issuer and a rule. */
  readonly shown: Readonly<Record<string, unknown>>;
}

export interface SeenProcess {
  readonly process: Process;
  /** What its owner signs in as; undefined when there is nobody, or they were erased. */
  readonly ownerName: string | undefined;
  readonly lastSeenFrom: string | undefined;
  /** What the resources are called that it may enter, by their ids. */
  readonly resourceNames: ReadonlyMap<ResourceId, string>;
  readonly proofs: readonly SeenProof[];
  readonly weaknesses: readonly Weakness[];
}

export interface ProofTerms {
  readonly kind: ProcessProofKind;
  readonly name: string;
  /** What the kind wants to know: a public key, an issuer. */
  readonly settings?: unknown;
  readonly notBefore?: number | undefined;
  readonly expiresAt?: number | undefined;
}

export interface RotateTerms {
  /** Which proof another takes the place of; may be left out where there is one of its kind. */
  readonly proof: ProofId;
  readonly settings?: unknown;
  readonly expiresAt?: number | undefined;
  /** Milliseconds for which the old one is good beside the new one. */
  readonly overlap: number;
}

export interface AddedProof {
  readonly process: ProcessId;
  readonly proof: ProofId;
  readonly kind: ProcessProofKind;
  readonly expiresAt: number | null;
  /** Of a secret, the secret: shown once. */
  readonly secret: string | null;
  /** The one that it takes the place of, and when that ends. */
  readonly old: { readonly id: ProofId; readonly endsAt: number } | null;
}

export type ProcessProofFailure =
  | NotFound
  | ProcessProofError
  | { readonly code: 'changed-meanwhile' };

export interface ProcessActs {
  see(q: Queries, process: Process): Promise<SeenProcess>;
  list(q: Queries, filter: ProcessFilter): Promise<Page<SeenProcess>>;
  addProof(
    tx: Tx,
    id: ProcessId,
    terms: ProofTerms,
    by: By,
  ): Promise<Result<AddedProof, ProcessProofFailure>>;
  /** Adds another of the same kind, and has the old one end when the overlap is over. */
  rotate(
    tx: Tx,
    id: ProcessId,
    terms: RotateTerms,
    by: By,
  ): Promise<Result<AddedProof, ProcessProofFailure>>;
  /** What was granted for it ends too: whoever stole it must not keep what they got with it. */
  removeProof(tx: Tx, id: ProcessId, proof: ProofId, by: By): Promise<Result<void, NotFound>>;
}

export interface ProcessActsDeps {
  readonly processes: Processes;
  readonly people: People;
  readonly resources: Resources;
  readonly workloads: Pick<Workloads, 'list'>;
  readonly processProofs: ProcessProofModules;
  /** Whether a CA, in DER, was trusted here and is not any more. */
  readonly distrusted: Authority['distrusted'];
  readonly record: Recorder;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly reporting: ProcessConfig;
}

export function createProcessActs(deps: ProcessActsDeps): ProcessActs {
  const { processes, people, resources, workloads } = deps;
  const { processProofs, distrusted, record, clock, ids, reporting } = deps;

  const seenProof = (held: HeldProcessProof & { readonly distrusted: boolean }): SeenProof => {
    const { id, kind, name, createdAt, lastUsedAt, notBefore, expiresAt, distrusted } = held;
    const shown = { ...processProofs[kind].shown(held), ...(distrusted ? { distrusted } : {}) };
    return { id, kind, name, createdAt, lastUsedAt, notBefore, expiresAt, shown };
  };

  async function isDistrusted(q: Queries, held: HeldProcessProof): Promise<boolean> {
    const ca = processProofs[held.kind].namedCa?.(held);
    return ca !== undefined && distrusted(q, ca);
  }

  async function see(q: Queries, process: Process): Promise<SeenProcess> {
    const owner = process.owner && (await people.get(q, process.owner));
    const profile = owner && (await people.profile(q, owner));
    const held: (HeldProcessProof & { readonly distrusted: boolean })[] = [];
    for (const proof of await listProcessProofs(q, process.id)) {
      held.push({ ...proof, distrusted: await isDistrusted(q, proof) });
    }
    const attested = (await workloads.list(q, { process: process.id, limit: 1 })).length > 0;
    const resourceNames = new Map<ResourceId, string>();
    for (const { resource } of process.entries) {
      const name = (await resources.get(q, resource))?.name;
      if (name !== undefined) resourceNames.set(resource, name);
    }
    return {
      process,
      ownerName: profile?.identifier,
      lastSeenFrom: await processes.lastSeenFrom(q, process),
      resourceNames,
      proofs: held.map(seenProof),
      weaknesses: weaknessesOf(process, held, { ...reporting, attested }, clock.now()),
    };
  }

  async function add(
    tx: Tx,
    process: Process,
    { kind, name, settings, notBefore, expiresAt }: ProofTerms,
    by: By,
    old?: HeldProcessProof,
  ): Promise<Result<Omit<AddedProof, 'old'>, ProcessProofFailure>> {
    const held = await listProcessProofs(tx, process.id);
    const adding = { process: process.id, name, held, settings, notBefore, expiresAt };
    const added = await processProofs[kind].add(tx, adding);
    if (!added.ok) return added;
    const { proof, expiresAt: until, shownOnce } = added.value;
    await record.append(tx, {
      type: 'process.proof-added',
      outcome: 'done',
      subject: process.id,
      ...by,
      data: {
        name: process.name,
        proof,
        kind,
        ...(until === null ? {} : { until }),
        ...(old === undefined ? {} : { replaces: old.id }),
      },
    });
    const secret = shownOnce?.[0] ?? null;
    return ok({ process: process.id, proof, kind, expiresAt: until, secret });
  }

  return {
    see,

    async list(q, filter) {
      const found = await processes.list(q, filter);
      const items: SeenProcess[] = [];
      for (const process of found) items.push(await see(q, process));
      const next = found.length === filter.limit ? found.at(-1)?.id : undefined;
      return { items, next };
    },

    async addProof(tx, id, terms, by) {
      const process = await processes.get(tx, id);
      if (process === undefined) return failed(NOT_FOUND);
      const added = await add(tx, process, terms, by);
      return added.ok ? ok({ ...added.value, old: null }) : added;
    },

    async rotate(tx, id, { proof, settings, expiresAt, overlap }, by) {
      const process = await processes.get(tx, id);
      const old = process && (await listProcessProofs(tx, id)).find((held) => held.id === proof);
      if (process === undefined || old === undefined) return failed(NOT_FOUND);
      const terms = { kind: old.kind, name: old.name, settings, expiresAt };
      const added = await add(tx, process, terms, by, old);
      if (!added.ok) return added;
      const endsAt = Math.min(old.expiresAt ?? Number.POSITIVE_INFINITY, clock.now() + overlap);
      const ending = await retireProcessProof({ ids }, tx, old, endsAt);
      if (ending === undefined) return failed({ code: 'changed-meanwhile' });
      // Replaced at once is as good as removed: what was given by it is void, whoever has it.
      if (endsAt <= clock.now()) await processes.raise(tx, id);
      return ok({ ...added.value, old: { id: ending, endsAt } });
    },

    async removeProof(tx, id, proof, by) {
      const process = await processes.get(tx, id);
      const held = process && (await listProcessProofs(tx, id)).find((one) => one.id === proof);
      if (process === undefined || held === undefined) return failed(NOT_FOUND);
      if (!(await removeProcessProof(tx, id, proof))) return failed(NOT_FOUND);
      await processes.raise(tx, id);
      await record.append(tx, {
        type: 'process.proof-removed',
        outcome: 'done',
        subject: id,
        ...by,
        data: { name: process.name, proof, kind: held.kind },
      });
      return ok(undefined);
    },
  };
}
