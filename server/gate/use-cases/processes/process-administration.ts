/** What administrators do to processes. Each use case is judged in the transaction that does it; the doing is in process-acts.ts. */
import { Fault } from '../../../kernel/fault.ts';
import type { ProcessId } from '../../../kernel/id.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import type { Action } from '../../../policy/actions.ts';
import type { ProofId } from '../../../proofs/proof.ts';
import type { Tx } from '../../../store/store.ts';
import type { Process } from '../../../subjects/process.ts';
import type { ProcessFilter } from '../../../subjects/process-table.ts';
import type {
  NewProcess,
  ProcessChange,
  ProcessError,
  Processes,
} from '../../../subjects/processes.ts';
import type { Arrival } from '../../arrival.ts';
import type { Doer, Gate, Performed } from '../../gate.ts';
import { asJson, type Keeping, type KeyReused, type OnceKey } from '../../once/once.ts';
import type { Wish } from '../../wish.ts';
import { PROCESSES } from '../../wishes.ts';
import { found, NOT_FOUND, type NotFound, type Page } from '../answered.ts';
import type {
  AddedProof,
  ProcessActs,
  ProcessProofFailure,
  ProofTerms,
  RotateTerms,
  SeenProcess,
} from './process-acts.ts';

/** Processes are named by id or by name throughout, as clients know them. */
export interface ProcessAdministration {
  list(
    token: string,
    filter: ProcessFilter,
    arrival: Arrival,
  ): Promise<Performed<Page<SeenProcess>, never>>;
  show(token: string, named: string, arrival: Arrival): Promise<Performed<SeenProcess, NotFound>>;
  add(
    token: string,
    process: NewProcess,
    arrival: Arrival,
    once?: OnceKey,
  ): Promise<Performed<SeenProcess, ProcessError | KeyReused>>;
  change(
    token: string,
    named: string,
    change: ProcessChange,
    arrival: Arrival,
  ): Promise<Performed<SeenProcess, ProcessError>>;
  disable(
    token: string,
    named: string,
    arrival: Arrival,
  ): Promise<Performed<SeenProcess, ProcessError>>;
  enable(
    token: string,
    named: string,
    arrival: Arrival,
  ): Promise<Performed<SeenProcess, ProcessError>>;
  addProof(
    token: string,
    named: string,
    terms: ProofTerms,
    arrival: Arrival,
    once?: OnceKey,
  ): Promise<Performed<AddedProof, ProcessProofFailure | KeyReused>>;
  rotate(
    token: string,
    named: string,
    terms: RotateTerms,
    arrival: Arrival,
    once?: OnceKey,
  ): Promise<Performed<AddedProof, ProcessProofFailure | KeyReused>>;
  removeProof(
    token: string,
    named: string,
    proof: ProofId,
    arrival: Arrival,
  ): Promise<Performed<void, NotFound>>;
}

export interface ProcessAdministrationDeps {
  readonly gate: Gate;
  readonly processes: Processes;
  readonly processActs: ProcessActs;
}

const wish = (action: Action): Wish => ({ action, resource: PROCESSES });

export function createProcessAdministration({
  gate,
  processes,
  processActs,
}: ProcessAdministrationDeps): ProcessAdministration {
  /** Finds the process in the transaction of the change. */
  const at =
    <T, E>(named: string, work: (tx: Tx, id: ProcessId, doer: Doer) => Promise<Result<T, E>>) =>
    async (tx: Tx, doer: Doer): Promise<Result<T, E | NotFound>> => {
      const process = await processes.find(tx, named);
      return process === undefined ? failed(NOT_FOUND) : work(tx, process.id, doer);
    };

  /** The same for a change that is answered with the process as it is after it. */
  const changing = (
    named: string,
    work: (tx: Tx, id: ProcessId, doer: Doer) => Promise<Result<Process, ProcessError>>,
  ) =>
    at<SeenProcess, ProcessError>(named, async (tx, id, doer) => {
      const changed = await work(tx, id, doer);
      return changed.ok ? ok(await processActs.see(tx, changed.value)) : changed;
    });

  return {
    list: (token, filter, arrival) =>
      gate.read(token, wish('process.read'), arrival, (q) => processActs.list(q, filter)),

    show: (token, named, arrival) =>
      found(
        gate.read(token, wish('process.read'), arrival, async (q) => {
          const process = await processes.find(q, named);
          return process && processActs.see(q, process);
        }),
      ),

    add(token, process, arrival, once) {
      const keeping: Keeping<SeenProcess> = {
        once,
        // The id alone: its owner's name must not live on in a kept answer.
        keep: (added) => added.process.id,
        async again(tx, id) {
          const added = await processes.get(tx, id as ProcessId); // Kept two lines above.
          if (added === undefined) throw new Fault('store.misuse', `the process ${id} is gone`);
          return processActs.see(tx, added);
        },
      };
      return gate.performOnce(
        token,
        wish('process.create'),
        arrival,
        keeping,
        async (tx, { by }) => {
          const added = await processes.add(tx, process, by);
          return added.ok ? ok(await processActs.see(tx, added.value)) : added;
        },
      );
    },

    change: (token, named, change, arrival) =>
      gate.perform(
        token,
        wish('process.change'),
        arrival,
        changing(named, (tx, id, { by }) => processes.change(tx, id, change, by)),
      ),

    disable: (token, named, arrival) =>
      gate.perform(
        token,
        wish('process.disable'),
        arrival,
        changing(named, (tx, id, { by }) => processes.disable(tx, id, by)),
      ),

    // Whoever notices shuts out; who lets in again gives what was taken, and is judged for that.
    enable: (token, named, arrival) =>
      gate.perform(
        token,
        wish('process.change'),
        arrival,
        changing(named, (tx, id, { by }) => processes.enable(tx, id, by)),
      ),

    addProof: (token, named, terms, arrival, once) =>
      gate.performOnce(
        token,
        wish('process.rotate'),
        arrival,
        asJson<AddedProof>(once),
        at<AddedProof, ProcessProofFailure>(named, (tx, id, { by }) =>
          processActs.addProof(tx, id, terms, by),
        ),
      ),

    rotate: (token, named, terms, arrival, once) =>
      gate.performOnce(
        token,
        wish('process.rotate'),
        arrival,
        asJson<AddedProof>(once),
        at<AddedProof, ProcessProofFailure>(named, (tx, id, { by }) =>
          processActs.rotate(tx, id, terms, by),
        ),
      ),

    removeProof: (token, named, proof, arrival) =>
      gate.perform(
        token,
        wish('process.rotate'),
        arrival,
        at<void, NotFound>(named, (tx, id, { by }) => processActs.removeProof(tx, id, proof, by)),
      ),
  };
}
