import type { Role } from '@sallyport/contract/people.ts';
import type { AssetPaths } from './assets.ts';
import type { Texts } from './texts.ts';

/** What every page is drawn with, besides its own content. */
export interface View {
  readonly texts: Texts;
  readonly now: number;
  /** Goes into every form. */
  readonly csrf: string;
  readonly assets: AssetPaths;
  readonly organisation: string | undefined;
  readonly visitor: Visitor | undefined;
  /** What the browser has to do for the key of its session, in the words of browser/bound.ts; undefined when nothing. */
  readonly bound?: string | undefined;
  /** The origin at which cards are shown; undefined where none can be. */
  readonly cards?: string | undefined;
  /** Whether a company's token can be set up. */
  readonly upstream?: boolean | undefined;
}

export interface Visitor {
  readonly displayName: string;
  /** The name they sign in with. */
  readonly identifier: string;
  readonly roles: readonly Role[];
}
