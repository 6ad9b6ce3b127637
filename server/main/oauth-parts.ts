/** What the door of OAuth and OpenID Connect stands on: tokens, what is behind them, and what they are bound to. */
import type { SigningKeys } from '../authority/signing-keys.ts';
import { createAccessTokens } from '../gate/entry/access-tokens.ts';
import { createDpop } from '../gate/entry/dpop.ts';
import type { Gate } from '../gate/gate.ts';
import type { AppTokens } from '../gate/use-cases/apps/app-tokens.ts';
import { createGrantedTokens } from '../gate/use-cases/processes/granted-tokens.ts';
import { createOwnApi } from '../gate/use-cases/processes/own-api.ts';
import { createProcessTokens } from '../gate/use-cases/processes/process-tokens.ts';
import { createTokenStates } from '../gate/use-cases/processes/token-states.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Counter } from '../record/counter.ts';
import type { Recorder } from '../record/record.ts';
import type { Store } from '../store/store.ts';
import type { Processes } from '../subjects/processes.ts';
import type { Resources } from '../subjects/resources.ts';
import type { Vault } from '../vault/vault.ts';

export interface OAuthPartsDeps {
  readonly gate: Gate;
  readonly store: Store;
  readonly vault: Vault;
  readonly record: Recorder;
  readonly counter: Counter;
  readonly clock: Clock;
  readonly processes: Processes;
  readonly resources: Resources;
  readonly signing: SigningKeys;
  readonly appTokens: AppTokens;
  readonly issuer: () => string;
  readonly origin: () => string;
  readonly report: (fault: unknown) => void;
}

export function createOAuthParts(deps: OAuthPartsDeps) {
  const { gate, vault, clock, signing } = deps;
  const key = vault.derive('access-token');
  const accessTokens = createAccessTokens({ signing, issuer: deps.issuer, key });
  const grantedTokens = createGrantedTokens({ ...deps, tokens: accessTokens });
  const parts = {
    ...deps,
    enter: gate.enter,
    recognise: gate.recognise,
    refusedToken: gate.refusedToken,
    tokens: accessTokens,
    granted: grantedTokens,
  };
  const dpop = createDpop({ clock, key: vault.derive('dpop') });
  const ready = () => signing.ready();
  return {
    issuer: deps.issuer,
    refusedRequest: gate.refusedRequest,
    accessTokens,
    grantedTokens,
    processTokens: createProcessTokens({ ...parts, ready }),
    tokenStates: createTokenStates(parts),
    dpop,
    ownApi: createOwnApi({ ...parts, dpop, ready }),
  };
}
