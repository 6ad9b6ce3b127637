/**
 * EAP-TLS (RFC 5216; RFC 9190 with TLS 1.3): a certificate for a certificate. The tunnel shows that the peer holds the key of what it
 * shows; whose that is and whether it may come in, the gate says, before anything leaves that the peer could take for a yes: keys, the
 * server's last word, session tickets, and under TLS 1.3 the octet 0x00 that promises success (RFC 9190 §2.5).
 */

import type { LoggedIn } from '../../../gate/network/network-words.ts';
import { EAP_TYPE } from '../../../wire/eap/eap-packet.ts';
import type { EapRound } from '../eap-seam.ts';
import type { EapMethod, MethodAnswer } from './eap-method.ts';
import type { TlsEngine } from './tls-engine.ts';
import { createTlsExchange, FAILED, MALFORMED } from './tls-exchange.ts';
import { networkKeys } from './tls-keys.ts';

export interface EapTlsDeps {
  readonly makeEngine: () => Promise<TlsEngine>;
  /** Who it is and whether they may come in, by what the peer showed; undefined for a no. */
  readonly admit: (
    shown: Pick<TlsEngine, 'certificate' | 'issuers' | 'resumed' | 'version'>,
    round: EapRound,
  ) => Promise<LoggedIn | undefined>;
}

const COMMITMENT = Uint8Array.of(0);
const REJECT = { do: 'reject' } as const;

export function createEapTls(deps: EapTlsDeps): EapMethod {
  const exchange = createTlsExchange(deps.makeEngine);
  let admitted: LoggedIn | undefined;

  function accept(engine: TlsEngine, login: LoggedIn): MethodAnswer {
    return { do: 'accept', keys: networkKeys(engine, EAP_TYPE.tls), login };
  }

  async function opened(
    engine: TlsEngine,
    says: Uint8Array,
    round: EapRound,
  ): Promise<MethodAnswer> {
    const login = await deps.admit(engine, round);
    if (login === undefined) return REJECT;
    admitted = login;
    let last = says;
    if (engine.version === 'TLSv1.3') {
      // One message with the tickets before it: a peer that has heard the promise reads no further (RFC 9190 §2.1.1, §2.5).
      const promise = await engine.say(COMMITMENT);
      if (promise.state !== 'open') return FAILED;
      last = Buffer.concat([says, promise.says]);
    }
    // A resumed session of TLS 1.2 ends with the peer's word.
    if (last.length === 0) return accept(engine, login);
    return { do: 'ask', data: exchange.saying(last, round.most) };
  }

  return {
    type: EAP_TYPE.tls,
    begins: exchange.begins,
    held: exchange.held,
    tunnel: () => exchange.engine() !== undefined,
    async take(data, round) {
      const taken = exchange.take(data);
      const done = taken instanceof Promise ? await taken : taken;
      if (done.step === 'answer') return done.answer;
      if (done.step === 'heard') {
        const engine = exchange.engine();
        // Nothing but an empty answer to the last word ends it well.
        return engine === undefined || admitted === undefined
          ? MALFORMED
          : accept(engine, admitted);
      }
      // After the last word a peer has nothing to say.
      if (admitted !== undefined) return MALFORMED;
      const { engine, turn } = done;
      // EAP-TLS carries nothing inside.
      if (turn.state !== 'failed' && turn.heard.length > 0) return MALFORMED;
      if (turn.state === 'open') return opened(engine, turn.says, round);
      return exchange.goOn(turn, round.most);
    },
    end: exchange.end,
  };
}
