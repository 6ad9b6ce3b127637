/** Sites that stand behind the proxy door: coming there, being there, leaving. */
import type { Clock } from '../../../kernel/clock.ts';
import type { Ids } from '../../../kernel/id.ts';
import type { Random } from '../../../kernel/random.ts';
import type { Counter } from '../../../record/counter.ts';
import type { Recorder } from '../../../record/record.ts';
import type { Queries, Store } from '../../../store/store.ts';
import type { People } from '../../../subjects/people.ts';
import type { Processes } from '../../../subjects/processes.ts';
import type { Resources } from '../../../subjects/resources.ts';
import type { Dpop } from '../../entry/dpop.ts';
import type { Entrances } from '../../entry/entrances.ts';
import type { Gate } from '../../gate.ts';
import type { ActivePolicies, ProofModules } from '../../gate-deps.ts';
import { createSiteRefusals, type NoteRefusedAtSite } from '../../throttles/site-refusals.ts';
import type { GrantedTokens } from '../processes/granted-tokens.ts';
import { createSiteCheck } from './site-check.ts';
import { createSiteEntries, type SiteEntries } from './site-entries.ts';
import { createJudgePerson } from './site-person.ts';
import { createJudgeCertificate, createJudgeToken } from './site-process.ts';
import type { SiteCheck } from './site-words.ts';

export interface Sites extends SiteEntries, SiteCheck {
  /** Notes a request that is refused before anyone is asked who they are. */
  readonly refused: NoteRefusedAtSite;
}

export interface SitesDeps {
  readonly gate: Pick<Gate, 'enter' | 'enterAs' | 'sessions'>;
  readonly store: Store;
  readonly record: Recorder;
  readonly counter: Pick<Counter, 'count'>;
  readonly people: People;
  readonly processes: Processes;
  readonly resources: Resources;
  readonly entrances: Entrances;
  readonly policies: { current(q: Queries): Promise<ActivePolicies> };
  readonly proofs: ProofModules;
  readonly granted: GrantedTokens;
  readonly dpop: Dpop;
  /** Await before a token is verified. */
  readonly ready: () => Promise<void>;
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
  readonly report: (fault: unknown) => void;
}

export function createSites(deps: SitesDeps, settings: { readonly entry: number }): Sites {
  const { gate } = deps;
  const judges = {
    cookie: createJudgePerson({ ...deps, sessions: gate.sessions }),
    token: createJudgeToken(deps),
    certificate: createJudgeCertificate(deps),
  };
  const refused = createSiteRefusals(deps);
  return {
    ...createSiteEntries(deps, settings.entry),
    ...createSiteCheck({ ...deps, judges, refused }),
    refused,
  };
}
