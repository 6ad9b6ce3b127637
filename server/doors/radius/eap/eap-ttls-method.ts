/**
 * EAP-TTLS version 0 (RFC 5281; RFC 9427 with TLS 1.3) for people: the tunnel shows who we are, and inside it a person logs in. By PAP,
 * or by EAP-GTC, which asks for a password and then for a code. Methods inside whose answers are made of a password that we would
 * have to know (CHAP, MS-CHAP) are refused: nobody here knows one.
 */
import type { UnjudgedBecause } from '../../../gate/network/network-words.ts';
import type { OpenAttempt } from '../../../gate/outcome.ts';
import { EAP_TYPE, readEap, readIdentity, writeEap } from '../../../wire/eap/eap-packet.ts';
import { AVP_CODE, type Avp, readAvps, unpadded, writeAvps } from '../../../wire/eap/ttls-avp.ts';
import type { EapRound } from '../eap-seam.ts';
import type { EapMethod, MethodAnswer } from './eap-method.ts';
import type { InnerLogIn, InnerOutcome } from './inner-log-in.ts';
import type { TlsEngine } from './tls-engine.ts';
import { createTlsExchange } from './tls-exchange.ts';
import { networkKeys } from './tls-keys.ts';

export interface EapTtlsDeps {
  readonly makeEngine: () => Promise<TlsEngine>;
  readonly people: InnerLogIn;
}

const REJECT: MethodAnswer = { do: 'reject' };
const FAILED: MethodAnswer = { do: 'reject', because: 'tunnel' };
const MALFORMED: MethodAnswer = { do: 'reject', because: 'malformed' };
const NOTHING = new Uint8Array(0);
/** What a person may be asked inside: a few codes that were mistyped among them. */
const MOST_QUESTIONS = 5;

const text = new TextDecoder('utf-8', { fatal: true });
function textOf(bytes: Uint8Array): string | undefined {
  try {
    return text.decode(bytes);
  } catch {
    return undefined;
  }
}

/** EAP inside the tunnel: who, then a password, then whatever else is asked for. */
interface Inner {
  readonly name: string;
  readonly identifier: number;
  readonly attempt: OpenAttempt | undefined;
  readonly questions: number;
}

export function createEapTtls(deps: EapTtlsDeps): EapMethod {
  const exchange = createTlsExchange(deps.makeEngine);
  let inner: Inner | undefined;
  let failing = false;

  async function ended(
    outcome: InnerOutcome,
    engine: TlsEngine,
    round: EapRound,
  ): Promise<MethodAnswer> {
    switch (outcome.state) {
      case 'granted':
        return { do: 'accept', keys: networkKeys(engine, EAP_TYPE.ttls), login: outcome.login };
      case 'challenged':
        return asks('Code: ', outcome.attempt, engine, round);
      case 'refused':
        return REJECT;
    }
  }

  /** A question by EAP-GTC inside. */
  async function asks(
    question: string,
    attempt: OpenAttempt | undefined,
    engine: TlsEngine,
    round: EapRound,
  ): Promise<MethodAnswer> {
    if (inner === undefined || inner.questions >= MOST_QUESTIONS) return MALFORMED;
    const identifier = (inner.identifier + 1) & 0xff;
    inner = { ...inner, identifier, attempt, questions: inner.questions + 1 };
    const data = Buffer.from(question);
    const packet = writeEap({ code: 'request', identifier, type: EAP_TYPE.gtc, data });
    if (packet === undefined) return MALFORMED;
    const avp = { code: AVP_CODE.eapMessage, vendor: 0, mandatory: true, value: packet };
    const said = await engine.say(writeAvps([avp]));
    if (said.state !== 'open') return FAILED;
    return { do: 'ask', data: exchange.saying(said.says, round.most) };
  }

  async function heard(
    bytes: Uint8Array,
    engine: TlsEngine,
    round: EapRound,
  ): Promise<MethodAnswer> {
    const read = readAvps(bytes);
    if (!read.ok) return MALFORMED;
    const avps = read.value;
    const known = new Set(Object.values(AVP_CODE));
    // RFC 5281 §10.1: what must be understood and is not ends it.
    if (avps.some(({ code, vendor, mandatory }) => mandatory && (vendor !== 0 || !known.has(code))))
      return { do: 'reject', because: unreadable(avps) };
    const messages = avps.filter(isOf(AVP_CODE.eapMessage));
    if (messages.length > 0) {
      return eapInside(Buffer.concat(messages.map(({ value }) => value)), engine, round);
    }
    const [name, ...names] = avps.filter(isOf(AVP_CODE.userName));
    const [password, ...passwords] = avps.filter(isOf(AVP_CODE.userPassword));
    // Two of either could be read in two ways.
    if (name === undefined || password === undefined || names.length + passwords.length > 0) {
      return { do: 'reject', because: unreadable(avps) };
    }
    const who = readIdentity(name.value);
    const typed = textOf(unpadded(password.value));
    if (who === undefined || who === '' || typed === undefined || typed === '') return MALFORMED;
    // One try a tunnel.
    if (inner !== undefined) return MALFORMED;
    inner = { name: who, identifier: 0, attempt: undefined, questions: MOST_QUESTIONS };
    return ended(await deps.people.password(who, typed, false, round), engine, round);
  }

  async function eapInside(
    bytes: Uint8Array,
    engine: TlsEngine,
    round: EapRound,
  ): Promise<MethodAnswer> {
    const read = readEap(bytes);
    if (!read.ok || read.value.code !== 'response') return MALFORMED;
    const { type, identifier, data } = read.value;
    if (inner === undefined) {
      const name = type === EAP_TYPE.identity ? readIdentity(data) : undefined;
      if (name === undefined || name === '') return MALFORMED;
      inner = { name, identifier, attempt: undefined, questions: 0 };
      return asks('Password: ', undefined, engine, round);
    }
    if (type !== EAP_TYPE.gtc || identifier !== inner.identifier) return MALFORMED;
    const typed = textOf(data);
    if (typed === undefined || typed === '') return MALFORMED;
    const { name, attempt } = inner;
    const outcome =
      attempt === undefined
        ? await deps.people.password(name, typed, true, round)
        : await deps.people.code(attempt, typed, round);
    return ended(outcome, engine, round);
  }

  return {
    type: EAP_TYPE.ttls,
    begins: exchange.begins,
    get held() {
      return exchange.held;
    },
    get tunnel() {
      return exchange.engine !== undefined;
    },
    async take(data, round) {
      if (failing) return FAILED;
      const done = await exchange.take(data);
      if (done.step === 'ask') return { do: 'ask', data: done.data };
      if (done.step !== 'turn') {
        // RFC 5281 §9.2.3: a peer that has nothing to say yet says nothing, once the tunnel is there; then it is its turn again.
        return MALFORMED;
      }
      const { engine } = exchange;
      if (engine === undefined) return MALFORMED;
      const { turn } = done;
      if (turn.state === 'failed') {
        failing = true;
        if (turn.says.length === 0) return FAILED;
        return { do: 'ask', data: exchange.saying(turn.says, round.most) };
      }
      // Sooner than the tunnel is there nothing is heard in it.
      if (turn.heard.length > 0) return heard(turn.heard, engine, round);
      return {
        do: 'ask',
        data: exchange.saying(turn.says.length > 0 ? turn.says : NOTHING, round.most),
      };
    },
    end: exchange.end,
  };
}

/** RFC 5281 §11.2.2 to §11.2.4: of CHAP and MS-CHAP, whose numbers are those of RADIUS and of Microsoft. */
const CHAP_PASSWORD = 3;
const MICROSOFT = 311;

function unreadable(avps: readonly Avp[]): UnjudgedBecause {
  if (avps.some(({ vendor }) => vendor === MICROSOFT)) return 'ms-chap';
  return avps.some(isOf(CHAP_PASSWORD)) ? 'chap' : 'no-password';
}

const isOf = (wanted: number) => (avp: Avp) => avp.code === wanted && avp.vendor === 0;
