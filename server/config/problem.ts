/** What is wrong with a configuration, and where: a line of the file, or a variable. */
export interface ConfigProblem {
  /** `sallyport.yaml:12`, `SALLYPORT_LISTEN__PORT`, or the file alone when no line can be named. */
  readonly where: string;
  /** Such as `listen.port`; empty when it is about the whole. */
  readonly setting: string;
  /** A sentence or two: what is wrong, and what to do. */
  readonly says: string;
}

export function problemText({ where, says }: ConfigProblem): string {
  return where === '' ? says : `${where}: ${says}`;
}
