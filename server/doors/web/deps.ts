/**
 * What the web door needs of the house. It frames pages and forms; every question in it is answered by the gate, and every
 * call names the session it is made in, so that each is judged anew.
 */

import type { Gate } from '../../gate/gate.ts';
import type { AppRequests } from '../../gate/use-cases/apps/app-request-words.ts';
import type { Apps } from '../../gate/use-cases/apps/app-words.ts';
import type { OwnLogIns } from '../../gate/use-cases/network/own-log-ins.ts';
import type { Activity } from '../../gate/use-cases/people/activity.ts';
import type { Enrolments } from '../../gate/use-cases/people/enrolment.ts';
import type { Portal } from '../../gate/use-cases/people/portal.ts';
import type { SiteEntries } from '../../gate/use-cases/sites/site-entries.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Networks } from '../../kernel/networks.ts';
import type { Random } from '../../kernel/random.ts';

export interface WebDoorDeps {
  readonly gate: Pick<
    Gate,
    'ask' | 'prove' | 'look' | 'lookAt' | 'bound' | 'enterAs' | 'refusedRequest'
  >;
  readonly portal: Portal;
  readonly enrolments: Enrolments;
  readonly activity: Activity;
  readonly apps: Pick<Apps, 'application' | 'list' | 'revoke'>;
  readonly appRequests: Pick<AppRequests, 'list' | 'look' | 'answer' | 'disown'>;
  readonly logIns: OwnLogIns;
  readonly sites: Pick<SiteEntries, 'begin'>;
  readonly clock: Clock;
  readonly random: Random;
  /** 32 bytes, the same on every node: cookies and form tokens are sealed under keys made from it. */
  readonly key: Uint8Array;
  /** The address that browsers know us by, and whether it is HTTPS. */
  readonly origin: () => string;
  readonly secure: boolean;
  /** The origin at which smart cards are shown, where they are. */
  readonly cards?: (() => string) | undefined;
  /** Whether codes of somebody else's can be set up as a proof. */
  readonly upstream?: boolean | undefined;
  readonly trustedNetwork: Networks;
  /** Whose sign-in this is, shown on its pages; undefined when the configuration does not say. */
  readonly organisation: string | undefined;
}
