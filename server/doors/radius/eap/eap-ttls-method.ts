/**
 * EAP-TTLS version 0 (RFC 5281; RFC 9427 with TLS 1.3) for people: the tunnel shows who we are, and inside it a person logs in. By PAP,
 * which asks no more than once unless the supplicant shows what it is asked (§11.2.5), or by EAP-GTC, which asks for a password and
 * then for whatever else is wanted. Methods inside whose answers are made of a password that we would have to know (CHAP, MS-CHAP) are
 * refused: nobody here knows one.
 */
import { isCalledAlike } from '../../../gate/network/called.ts';
import { MOST_ASKS } from '../../../gate/network/elsewhere.ts';
import type { UnjudgedBecause } from '../../../gate/network/network-words.ts';
import { EAP_TYPE, readEap, readIdentity, writeEap } from '../../../wire/eap/eap-packet.ts';
import { AVP_CODE, type Avp, readAvps, unpadded, writeAvps } from '../../../wire/eap/ttls-avp.ts';
import type { EapRound, TunnelPeople } from '../eap-seam.ts';
import type { OpenLogIn, PeopleAnswer } from '../people.ts';
import type { EapMethod, MethodAnswer } from './eap-method.ts';
import type { TlsEngine } from './tls-engine.ts';
import { createTlsExchange, FAILED, MALFORMED } from './tls-exchange.ts';
import { networkKeys } from './tls-keys.ts';

export interface EapTtlsDeps {
  readonly makeEngine: () => Promise<TlsEngine>;
  /** What they call themselves outside, where the network device reads it. */
  readonly identity: string;
}

const REJECT: MethodAnswer = { do: 'reject' };
const OTHER_NAME: MethodAnswer = { do: 'reject', because: 'other-name' };
/** What a person may be asked inside: how often somebody may ask how it stands, and a few codes that were mistyped. */
const MOST_QUESTIONS = MOST_ASKS + 5;

const text = new TextDecoder('utf-8', { fatal: true });
function textOf(bytes: Uint8Array): string | undefined {
  try {
    return text.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Who is inside, by which of the two, and what they were asked last. */
interface Inner {
  readonly name: string;
  readonly by: 'pap' | 'gtc';
  /** Of the packet inside, by EAP-GTC. */
  readonly identifier: number;
  /** What they are to answer: nothing before the password. */
  readonly open: OpenLogIn | undefined;
  readonly questions: number;
}

export function createEapTtls(deps: EapTtlsDeps): EapMethod {
  const exchange = createTlsExchange(deps.makeEngine);
  let inner: Inner | undefined;
  /** By whom the question was asked that is open. */
  let asked: TunnelPeople | undefined;

  async function ended(
    answer: PeopleAnswer,
    engine: TlsEngine,
    round: EapRound,
  ): Promise<MethodAnswer> {
    if (inner !== undefined) inner = { ...inner, open: undefined };
    switch (answer.state) {
      case 'accept':
        return { do: 'accept', keys: networkKeys(engine, EAP_TYPE.ttls), login: answer.login };
      case 'challenge':
        return asks(answer.says, answer.open, engine, round);
      case 'reject':
        return REJECT;
    }
  }

  async function asks(
    question: string,
    open: OpenLogIn | undefined,
    engine: TlsEngine,
    round: EapRound,
  ): Promise<MethodAnswer> {
    if (inner === undefined || inner.questions >= MOST_QUESTIONS) return MALFORMED;
    const identifier = (inner.identifier + 1) & 0xff;
    inner = { ...inner, identifier, open, questions: inner.questions + 1 };
    asked = round.people;
    const data = Buffer.from(question);
    const value =
      inner.by === 'pap'
        ? data
        : writeEap({ code: 'request', identifier, type: EAP_TYPE.gtc, data });
    if (value === undefined) return MALFORMED;
    const code = inner.by === 'pap' ? AVP_CODE.replyMessage : AVP_CODE.eapMessage;
    const said = await engine.say(writeAvps([{ code, vendor: 0, mandatory: true, value }]));
    if (said.state !== 'open') return FAILED;
    return { do: 'ask', data: exchange.saying(said.says, round.most), ofPerson: true };
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
    if (who === undefined || who === '' || typed === undefined) return MALFORMED;
    if (typed === '' && inner?.open?.held === undefined) return MALFORMED;
    if (!isCalledAlike(deps.identity, who)) return OTHER_NAME;
    if (inner === undefined) {
      inner = { name: who, by: 'pap', identifier: 0, open: undefined, questions: 0 };
      return ended(await round.people.logIn(who, typed, true), engine, round);
    }
    const { open } = inner;
    // One try a tunnel, unless they were asked more.
    if (inner.by !== 'pap' || open === undefined) return MALFORMED;
    if (who !== inner.name) return OTHER_NAME;
    return ended(await round.people.answer(open, typed, true), engine, round);
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
      if (!isCalledAlike(deps.identity, name)) return OTHER_NAME;
      inner = { name, by: 'gtc', identifier, open: undefined, questions: 0 };
      return asks('Password: ', undefined, engine, round);
    }
    if (inner.by !== 'gtc' || type !== EAP_TYPE.gtc || identifier !== inner.identifier) {
      return MALFORMED;
    }
    const typed = textOf(data);
    const { name, open } = inner;
    // How it stands in the browser may be asked with nothing.
    if (typed === undefined || (typed === '' && open?.held === undefined)) return MALFORMED;
    const answer =
      open === undefined
        ? await round.people.logIn(name, typed, false)
        : await round.people.answer(open, typed, false);
    return ended(answer, engine, round);
  }

  return {
    type: EAP_TYPE.ttls,
    begins: exchange.begins,
    held: exchange.held,
    tunnel: () => exchange.engine() !== undefined,
    async take(data, round) {
      const taken = exchange.take(data);
      const done = taken instanceof Promise ? await taken : taken;
      if (done.step === 'answer') return done.answer;
      // Whoever came to log in has something to say.
      if (done.step === 'heard') return MALFORMED;
      const { engine, turn } = done;
      // Sooner than the tunnel is there nothing is heard in it.
      if (turn.state !== 'failed' && turn.heard.length > 0) {
        return heard(turn.heard, engine, round);
      }
      return exchange.goOn(turn, round.most);
    },
    end() {
      exchange.end();
      if (inner?.open !== undefined) asked?.leave(inner.open, inner.by === 'pap');
      inner = undefined;
    },
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
