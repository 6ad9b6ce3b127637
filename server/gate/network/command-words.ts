/** The words in which a door asks about one command at a network device, and in which it is answered. */
import type { NetworkClient, NetworkSessionId } from './logged-in.ts';

export interface CommandAsked {
  /** The login that the command is run in; undefined where none is known. */
  readonly session: NetworkSessionId | undefined;
  readonly client: NetworkClient;
  /** Its first word or words, as the device sends them, and the rest; undefined where `args` can't be read as one command. */
  readonly command: string | undefined;
  readonly args: readonly string[];
}

export type CommandOutcome =
  | { readonly state: 'granted' }
  | {
      readonly state: 'refused';
      /**
       * - `no-session`: nobody logged in there who still may;
       * - `not-permitted`: by policy; - `stale`: a proof shown now would do;
       * - `malformed`: it can't be read in one way only;
       * - `unavailable`: something failed on our side.
       */
      readonly reason: 'no-session' | 'not-permitted' | 'stale' | 'malformed' | 'unavailable';
      /** Why, in the words of the policy that decided. */
      readonly because?: string | undefined;
    };
