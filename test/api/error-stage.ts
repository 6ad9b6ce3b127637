/** Where the scenarios of every-error.test.ts play. */
import type { ProblemCode } from '@sallyport/contract/problems.ts';
import type { HouseSettings } from '../../server/main/house.ts';
import { cardConfig } from '../../server/proofs/card/card-config.ts';
import { passConfig } from '../../server/proofs/pass/pass-config.ts';
import { passwordConfig } from '../../server/proofs/password/password-config.ts';
import { recoveryConfig } from '../../server/proofs/recovery/recovery-config.ts';
import { totpConfig } from '../../server/proofs/totp/totp-config.ts';
import { upstreamConfig } from '../../server/proofs/upstream/upstream-config.ts';
import { webauthnConfig } from '../../server/proofs/webauthn/webauthn-config.ts';
import type { ApiHouse, Sent } from './api-house.ts';
import type { ApiPerson } from './people.ts';

export interface Stage {
  api: ApiHouse;
  /** An administrator, and the token of their session. */
  boss: ApiPerson;
  admin: string;
  /** Someone without a role. */
  ada: ApiPerson;
  /** A scenario in which these codes are told. */
  meets(codes: readonly ProblemCode[], how: string, work: () => Promise<unknown>): void;
  /** What adds a person. */
  add(change: object): Sent;
}

export const NOBODY = '019b8d62-0000-7000-8000-000000000000';
export const ORIGIN = 'http://localhost:8080';

export function proofsWith(change: {
  readonly password?: object;
  readonly webauthn?: object;
}): Pick<HouseSettings, 'proofs'> {
  return {
    proofs: {
      password: passwordConfig.parse({ ...change.password }),
      totp: totpConfig.parse({}),
      webauthn: webauthnConfig.parse({ ...change.webauthn }),
      recovery: recoveryConfig.parse({}),
      pass: passConfig.parse({}),
      card: cardConfig.parse({}),
      upstream: upstreamConfig.parse({}),
    },
  };
}
