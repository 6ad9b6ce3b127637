/** The words in which a request to a site behind a proxy is asked about, judged and answered. */
import type { ResourceId, SubjectId } from '../../../kernel/id.ts';
import type { AnyProofClass } from '../../../policy/request.ts';
import type { Queries } from '../../../store/store.ts';
import type { Arrival } from '../../arrival.ts';
import type { Entrance } from '../../entry/entrances.ts';
import type { ActivePolicies } from '../../gate-deps.ts';
import type { SessionId } from '../../sessions/session-table.ts';
import type { ShownAt } from '../../shown.ts';

/** What a request shows of who makes it; never two things. */
export type ShownAtSite =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'cookie'; readonly text: string }
  | {
      readonly kind: 'token';
      readonly text: string;
      /** A proof of possession, and the certificate that was shown: what it may be bound to. */
      readonly dpop: string | undefined;
      readonly certificate: string | undefined;
    }
  | { readonly kind: 'certificate'; readonly text: string };

export interface SiteAsk {
  readonly host: string;
  readonly method: string;
  /** Before the query, as it was sent. */
  readonly path: string;
  /** The whole address, which a proof of possession is made for. */
  readonly uri: string;
  readonly shown: ShownAtSite;
  /** A browser asks whether another site may ask: no proof comes with it, and none is looked at. */
  readonly preflight: boolean;
  readonly arrival: Arrival;
}

/** Who is at a site, as the site is told. */
export interface AtSite {
  readonly kind: 'person' | 'process';
  readonly id: SubjectId;
  readonly name: string;
  readonly groups: readonly string[];
  readonly scopes: readonly string[];
  /** The kinds of proofs that were shown. */
  readonly proofs: readonly string[];
  /** When the latest of them was shown, in milliseconds. */
  readonly provenAt: number;
}

export interface SiteRef {
  readonly id: ResourceId;
  readonly name: string;
}

export type SiteVerdict =
  /** `who` is undefined where anyone may. The same object for as long as the decision is kept. */
  | {
      readonly state: 'granted';
      readonly site: SiteRef;
      readonly who: AtSite | undefined;
      readonly until: number;
      /** From when on a browser that goes to a page is sent for another cookie, though this one is still good. */
      readonly renewAt?: number | undefined;
    }
  /** A person could show a fresher proof, and then may. */
  | { readonly state: 'challenged'; readonly site: SiteRef; readonly freshFor: number }
  /** Nobody is there, or not any more. */
  | { readonly state: 'nobody'; readonly site: SiteRef; readonly shown: boolean }
  | {
      readonly state: 'refused';
      readonly reason: 'no-such-site' | 'not-permitted' | 'unavailable';
    };

/** What was judged, and how to see whether it still holds. */
export interface Judged {
  readonly verdict: SiteVerdict;
  readonly until: number;
  /** Everything in the database that it rests on and that is not the policy or the site, as text; and the same, read again. */
  readonly facts: string;
  reread(q: Queries): Promise<string>;
  readonly subject: SubjectId | undefined;
  /**
   * The entry or grant that is used; undefined where what was shown is none, and whose it is can't be said. Where nobody is there, one
   * that was replaced.
   */
  readonly holder: string | undefined;
  readonly proofs: readonly ShownAt<AnyProofClass>[];
  readonly policies: readonly string[];
  /** The session that is in use. */
  readonly session?: { readonly id: SessionId; readonly seenAt: number } | undefined;
}

/** Judges whoever shows one kind of credential. */
export type JudgeAtSite = (
  q: Queries,
  ask: SiteAsk,
  entrance: Entrance,
  active: ActivePolicies,
) => Promise<Judged>;

export interface SiteCheck {
  /** A fault refuses. What is asked again while nobody committed anything is answered at once, and not by a promise. */
  check(ask: SiteAsk): SiteVerdict | Promise<SiteVerdict>;
}
