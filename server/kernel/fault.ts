/** Where a broken invariant was found. Closed: a new room adds its word here. */
export type FaultCode =
  | 'kernel'
  | 'store.unavailable'
  | 'store.conflict'
  | 'store.misuse'
  | 'store.foreign'
  | 'vault.root'
  | 'vault.sealed'
  | 'vault.key'
  | 'record.event'
  | 'record.tree'
  | 'record.lease'
  | 'policy.engine'
  | 'proof.engine'
  | 'authority'
  | 'gate'
  | 'config'
  | 'door';

/**
 * A broken invariant or a part that failed. It is never an answer to anyone: on the way to a decision it refuses, is
 * recorded in full, and outsiders are told nothing of it.
 */
export class Fault extends Error {
  readonly code: FaultCode;

  constructor(code: FaultCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'Fault';
    this.code = code;
  }
}
