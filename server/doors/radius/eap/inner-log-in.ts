/**
 * A person inside a tunnel. PAP there has one field and one try (RFC 5281 §11.2.5), so a code is typed right behind the password; where
 * the supplicant asks a person for what it is asked (EAP-GTC, RFC 3748 §5.6), the code is a question of its own.
 */
import type { LoggedIn, LogInOutcome, Network } from '../../../gate/network/network-words.ts';
import { kindOfCode } from '../../../gate/network/typed-code.ts';
import type { OpenAttempt } from '../../../gate/outcome.ts';
import type { EapRound } from '../eap-seam.ts';

export type InnerOutcome =
  | { readonly state: 'granted'; readonly login: LoggedIn }
  | { readonly state: 'challenged'; readonly attempt: OpenAttempt }
  | { readonly state: 'refused' };

export interface InnerLogIn {
  /** A password, alone or with a code behind it. Where `asks` is false, an open question is a no. */
  password(name: string, typed: string, asks: boolean, round: EapRound): Promise<InnerOutcome>;
  code(attempt: OpenAttempt, typed: string, round: EapRound): Promise<InnerOutcome>;
}

const REFUSED: InnerOutcome = { state: 'refused' };
const WITH_CODE = /^(.+?)(\d{6})$/s;

export function createInnerLogIn(network: Pick<Network, 'logIn' | 'prove'>): InnerLogIn {
  const read = (outcome: LogInOutcome): InnerOutcome =>
    outcome.state === 'refused' ? REFUSED : outcome;

  const begin = (name: string, password: string, { client, service, station, arrival }: EapRound) =>
    network.logIn({ identifier: name, client, service, station }, arrival, {
      kind: 'password',
      data: { password },
    });

  async function code(
    { token, challenges }: OpenAttempt,
    typed: string,
    round: EapRound,
  ): Promise<InnerOutcome> {
    const kind = kindOfCode(
      typed,
      challenges.map((one) => one.kind),
    );
    if (kind === undefined) return REFUSED;
    return read(await network.prove(token, { kind, data: { code: typed } }, round.arrival));
  }

  return {
    async password(name, typed, asks, round) {
      if (asks) return read(await begin(name, typed, round));
      const [, password, behind] = WITH_CODE.exec(typed) ?? [];
      const first = read(await begin(name, password ?? typed, round));
      if (first.state !== 'challenged') return first;
      if (behind === undefined) return REFUSED;
      const second = await code(first.attempt, behind, round);
      return second.state === 'challenged' ? REFUSED : second;
    },
    code,
  };
}
