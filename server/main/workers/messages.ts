/** What a worker and the process that started it tell each other. */
import type { Config } from '../../config/sections.ts';
import type { OpenProblem } from '../open-house.ts';

export interface WhichWorker {
  /** The very first: it makes what is made once, for all of them and all that come after. */
  readonly first: boolean;
  /** It, and whoever takes its place: what one process alone can have is theirs. */
  readonly alone: boolean;
}

/** To a worker: first how it is to serve, and one day to stop. */
export type Order =
  | {
      readonly order: 'serve';
      readonly config: Config;
      readonly which: WhichWorker;
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
