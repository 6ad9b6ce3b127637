/** What a worker and the process that started it tell each other. */
import type { Config } from '../../config/sections.ts';
import type { OpenProblem } from '../open-house.ts';

/** To a worker: first how it is to serve, and one day to stop. */
export type Order =
  | {
      readonly order: 'serve';
      readonly config: Config;
      readonly first: boolean;
      /** Where compiled code is kept, if it is. */
      readonly compiled: string | undefined;
    }
  | { readonly order: 'stop' };

/** What the worker that is up tells. */
export interface WorkerUp {
  /** The address that people type. */
  readonly origin: string;
  /** From the first worker alone, while there is no administrator. */
  readonly firstLink: string | undefined;
}

/** From a worker, once: it serves, or this is why it does not. */
export type Word =
  | { readonly word: 'up'; readonly up: WorkerUp }
  | { readonly word: 'problem'; readonly problem: OpenProblem };
