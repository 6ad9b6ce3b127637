/** A program of this machine, as its kernel knows it; the door that it called on has looked. */
export interface Caller {
  readonly uid: number;
  readonly pid: number;
  /** Names this one process among all that ever have its pid; empty where that is not known. */
  readonly instance: string;
  readonly unit: string | undefined;
  /** Of the file that it runs. */
  readonly path: string | undefined;
  /** Of the file's bytes: looked at when it is asked for, as it takes a while. */
  sha256(): Promise<string | undefined>;
}
