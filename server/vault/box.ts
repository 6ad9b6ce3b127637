/** Where a sealed value stands. It is bound into the seal: a value moved to another place does not open. */
export interface Place {
  readonly table: string;
  readonly column: string;
  readonly row: string;
}

/** Seals and opens under one data key. Synchronous. A value that does not open throws a Fault: it was damaged or moved. */
export interface Box {
  seal(place: Place, plain: Uint8Array): Uint8Array;
  open(place: Place, sealed: Uint8Array): Uint8Array;
}
