/** Every kind of proof, in one visible table. To add one, see proofs/proof.ts. */
import { availableParallelism } from 'node:os';
import type { ProofModules } from '../gate/gate-deps.ts';
import { utf8 } from '../kernel/bytes.ts';
import { systemLater } from '../kernel/later.ts';
import { type CardDeps, type CardModule, createCard } from '../proofs/card/card.ts';
import type { CardConfig } from '../proofs/card/card-config.ts';
import { createPass } from '../proofs/pass/pass.ts';
import type { PassConfig } from '../proofs/pass/pass-config.ts';
import { isCostly } from '../proofs/password/argon2id.ts';
import { openBreachFilter } from '../proofs/password/breach-filter.ts';
import { createGuessJudge, type GuessJudge } from '../proofs/password/guess-judge.ts';
import { createHashingPool, type HashingPool } from '../proofs/password/hashing-pool.ts';
import { createHashingThreads } from '../proofs/password/hashing-threads.ts';
import { createPassword } from '../proofs/password/password.ts';
import type { PasswordConfig } from '../proofs/password/password-config.ts';
import type { ProofDeps } from '../proofs/proof.ts';
import { createRecovery } from '../proofs/recovery/recovery.ts';
import type { RecoveryConfig } from '../proofs/recovery/recovery-config.ts';
import { createTotp } from '../proofs/totp/totp.ts';
import type { TotpConfig } from '../proofs/totp/totp-config.ts';
import { type AskUpstream, createAskUpstream } from '../proofs/upstream/ask-upstream.ts';
import { createUpstream, type UpstreamModule } from '../proofs/upstream/upstream.ts';
import type { UpstreamConfig } from '../proofs/upstream/upstream-config.ts';
import { createWebauthn } from '../proofs/webauthn/webauthn.ts';
import type { WebauthnConfig } from '../proofs/webauthn/webauthn-config.ts';
import type { WebauthnSite } from '../proofs/webauthn/webauthn-site.ts';
import { createSharedSecret } from '../wire/radius/shared-secret.ts';

import { createDatagramExchange } from './datagram-exchange.ts';

export interface ProofSettings {
  readonly password: PasswordConfig;
  readonly totp: TotpConfig;
  readonly webauthn: WebauthnConfig;
  readonly recovery: RecoveryConfig;
  readonly pass: PassConfig;
  readonly card: CardConfig;
  readonly upstream: UpstreamConfig;
  /** What `upstream.sharedSecret` leads to. */
  readonly upstreamSecret?: string | undefined;
}

const COMMON_PASSWORDS = new URL('../proofs/password/common-passwords.filter', import.meta.url);

export async function createProofs(
  deps: CardDeps,
  settings: ProofSettings,
  site: WebauthnSite,
  judge: GuessJudge = createGuessJudge(),
): Promise<{
  readonly modules: ProofModules & { readonly card: CardModule; readonly upstream: UpstreamModule };
  readonly hashing: HashingPool;
}> {
  const { password } = settings;
  const cores = availableParallelism();
  const hashing = createHashingPool(deps.clock, {
    inFlight: password.hashesInFlight ?? cores + 1,
    queueLength: password.queueLength,
    queueMilliseconds: password.queueTime,
  });
  const filters = [await openBreachFilter(COMMON_PASSWORDS)];
  if (password.breachFilter !== undefined) {
    filters.push(await openBreachFilter(password.breachFilter));
  }
  const hasher = isCostly(password) ? createHashingThreads(cores) : undefined;
  const modules = {
    password: createPassword({ ...deps, pool: hashing, hasher, judge, filters }, password),
    totp: createTotp(deps, settings.totp),
    webauthn: createWebauthn({ ...deps, site }, settings.webauthn),
    card: createCard(deps, settings.card),
    upstream: createUpstream(deps, settings.upstream, askUpstreamOf(deps, settings)),
    recovery: createRecovery(deps, settings.recovery),
    pass: createPass(deps),
  };
  return { modules, hashing };
}

function askUpstreamOf(
  { random, clock }: ProofDeps,
  { upstream, upstreamSecret }: ProofSettings,
): AskUpstream | undefined {
  if (upstream.servers.length === 0 || upstreamSecret === undefined) return undefined;
  const secret = createSharedSecret(utf8(upstreamSecret));
  return createAskUpstream(
    { secret, random, clock, exchange: createDatagramExchange(systemLater()) },
    upstream,
  );
}
