import type { Grant } from '../../gate/outcome.ts';
import type { Headers } from '../../http/security-headers.ts';
import type { Flow } from './flow.ts';
import type { Html } from './html.ts';

/** What a handler answers with; how it is sent stands in one place (handling.ts). */
export type Answer = (Show | Go | File) & Keep;

interface Show {
  readonly show: Html;
  readonly status?: number;
  readonly retryAfter?: number;
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

interface Keep {
  /** What the browser carries on; unchanged when left out. */
  readonly flow?: Flow;
  readonly grant?: Grant;
  /** Forgets the session. */
  readonly leave?: true;
  /** The token of a sign-in by passkey that begins without a name. */
  readonly passkey?: string;
}
