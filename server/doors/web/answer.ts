import type { Grant } from '../../gate/outcome.ts';
import type { Headers } from '../../http/security-headers.ts';
import type { Flow } from './flow.ts';
import type { Html } from './html.ts';

/** What a handler answers with; how it is sent stands in one place (handling.ts). */
export type Answer = (Show | Go | File | Prove) & Keep;

interface Show {
  readonly show: Html;
  readonly status?: number;
  readonly retryAfter?: number;
  /** It goes on by itself, and nobody stays there. */
  readonly passing?: true;
}

interface Go {
  /** A path of ours. After a form always this: a reload then repeats nothing. */
  readonly go: string;
  readonly headers?: Headers;
}

interface File {
  readonly file: string;
  readonly name: string;
}

interface Prove {
  /** The browser is to show the key of its session, and then to ask the same again. */
  readonly prove: true;
}

interface Keep {
  /** What the browser carries on; unchanged when left out. */
  readonly flow?: Flow;
  readonly grant?: Grant;
  /** The session goes on in that of the grant: it was a step-up. */
  readonly renews?: true;
  /** Forgets the session. */
  readonly leave?: true;
  /** What the browser got for showing the key of its session. */
  readonly keyProof?: string;
}
