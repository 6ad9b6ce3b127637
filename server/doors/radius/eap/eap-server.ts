/**
 * EAP behind the RADIUS door (RFC 3748 §2, RFC 3579): one conversation a peer, each with an identity, one method, and an end.
 *
 * The methods that are spoken are offered in their order; a peer may ask once for another of them, in answer to the first request, and
 * for nothing else (RFC 3748 §5.3.1): nobody is talked down to a method that is not offered, nor out of one that has begun.
 */

import type { UnjudgedBecause } from '../../../gate/network/network-words.ts';
import { hex } from '../../../kernel/bytes.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { MINUTE, SECOND } from '../../../kernel/clock.ts';
import type { DeviceId } from '../../../kernel/id.ts';
import type { Later } from '../../../kernel/later.ts';
import type { Random } from '../../../kernel/random.ts';
import {
  EAP_TYPE,
  type EapPacket,
  readEap,
  readIdentity,
  readNak,
  writeEap,
} from '../../../wire/eap/eap-packet.ts';
import type { EapAnswer, EapRound, EapServer } from '../eap-seam.ts';
import { createConversations, type Held } from './conversations.ts';
import type { EapMethod, MethodAnswer } from './eap-method.ts';

export interface EapServerDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly later: Later;
  /** Those that are offered, the one to begin with first. */
  readonly methods: readonly OfferedMethod[];
  /** Told of a peer that would have none of them, so that it is on record. */
  readonly declined: (identity: string, round: EapRound) => Promise<void>;
  /** Told of whoever was refused without a word to the gate, or never came to an end. */
  readonly unjudged: (because: UnjudgedBecause, peer: Peer) => Promise<void>;
  readonly limits?: Partial<EapLimits> | undefined;
  readonly report: (fault: unknown) => void;
}

/** Who it was, as far as anybody said. */
export interface Peer extends Pick<EapRound, 'client' | 'station' | 'arrival'> {
  readonly identity: string;
}

export interface OfferedMethod {
  readonly type: number;
  begin(identity: string): EapMethod;
}

export interface EapLimits {
  readonly most: number;
  readonly mostOfStation: number;
  readonly mostHeld: number;
  readonly mostTunnels: number;
  /** How long a peer may be silent, and how long it may take altogether. */
  readonly silence: number;
  /** How long a person may take over a question. */
  readonly person: number;
  readonly whole: number;
  /** Answers to one question and another: no tunnel needs as many. */
  readonly rounds: number;
}

export const eapLimits: EapLimits = {
  // A tunnel takes about 80 KiB, most of it OpenSSL's, and all else 6 KiB: together within 1 GiB (`./sallyport bench eap-tls`).
  most: 30_000,
  mostTunnels: 8000,
  mostOfStation: 4,
  mostHeld: 32 * 1024 * 1024,
  silence: 30 * SECOND,
  person: 2 * MINUTE,
  whole: 3 * MINUTE,
  rounds: 64,
};

export interface RunningEapServer extends EapServer {
  readonly inFlight: number;
  readonly held: number;
  stop(): void;
}

interface Conversation extends Held {
  until: number;
  readonly ends: number;
  readonly identity: string | undefined;
  readonly userName: string;
  /** Of its first round. */
  readonly came: Pick<EapRound, 'client' | 'station' | 'arrival'>;
  /** Of the question that is open. */
  identifier: number;
  method: EapMethod | undefined;
  /** The peer answered it in earnest, so that it can ask for no other. */
  settled: boolean;
  busy: boolean;
  /** A person was asked. */
  ofPerson: boolean;
  rounds: number;
}

const SWEEPS_EVERY = 5 * SECOND;
const IGNORE: EapAnswer = { state: 'ignore' };
const MALFORMED: MethodAnswer = { do: 'reject', because: 'malformed' };
const NOTHING = new Uint8Array(0);

export function createEapServer(deps: EapServerDeps): RunningEapServer {
  const { clock, random, methods } = deps;
  const limits = { ...eapLimits, ...deps.limits };
  let stopped = false;
  const conversations = createConversations<Conversation>(
    limits,
    ({ identity, userName, came }) => {
      if (!stopped) void deps.unjudged('unfinished', { ...came, identity: identity ?? userName });
    },
  );
  let cancel: (() => void) | undefined;

  /** Only while there is something to sweep. */
  function sweepLater(): void {
    cancel ??= deps.later(SWEEPS_EVERY, () => {
      cancel = undefined;
      conversations.sweep(clock.now());
      if (conversations.size > 0) sweepLater();
    });
  }

  function open(round: EapRound, identity: string | undefined, method: EapMethod | undefined) {
    const now = clock.now();
    const id = hex(random.bytes(16));
    const one: Conversation = {
      client: round.client.device as DeviceId,
      station: round.station,
      identity,
      userName: round.userName,
      came: { client: round.client, station: round.station, arrival: round.arrival },
      method,
      until: now + limits.silence,
      ends: now + limits.whole,
      identifier: random.bytes(1)[0]!, // One was asked for.
      settled: false,
      busy: false,
      ofPerson: false,
      rounds: 0,
      held: () => one.method?.held() ?? 0,
      tunnel: () => one.method?.tunnel() ?? false,
      end: () => one.method?.end(),
    };
    conversations.add(id, one);
    sweepLater();
    return { id, one };
  }

  const request = (one: Conversation, type: number, data: Uint8Array) =>
    written({ code: 'request', identifier: one.identifier, type, data });

  function asks(id: string, one: Conversation, type: number, data: Uint8Array): EapAnswer {
    one.identifier = (one.identifier + 1) & 0xff;
    return { state: 'challenge', eap: request(one, type, data), conversation: id };
  }

  /** A peer that is told of a failure hears it with the identifier of what it answered (RFC 3748 §4.2). */
  function rejected(identifier: number): EapAnswer {
    return { state: 'reject', eap: written({ code: 'failure', identifier }) };
  }

  /** Nobody is asked about it; it is on record all the same. */
  async function unjudged(
    because: UnjudgedBecause,
    identifier: number,
    { client, station, arrival, userName }: EapRound,
    identity = userName,
  ): Promise<EapAnswer> {
    await deps.unjudged(because, { client, station, arrival, identity });
    return rejected(identifier);
  }

  async function begins(round: EapRound, identity: string, identifier: number) {
    const [first] = methods;
    if (first === undefined) return unjudged('no-method', identifier, round, identity);
    const method = first.begin(identity);
    const { id, one } = open(round, identity, method);
    // Another than the network device's own question had (RFC 3748 §4.1).
    one.identifier = identifier;
    return asks(id, one, method.type, method.begins);
  }

  /** RFC 3748 §5.3.1: a peer asks for another method, once, before it took part in one. */
  function changed(one: Conversation, data: Uint8Array): EapMethod | undefined {
    const wanted = readNak(data);
    if (one.settled || wanted === undefined || one.identity === undefined) return undefined;
    one.settled = true;
    const other = methods.find(({ type }) => type !== one.method?.type && wanted.includes(type));
    return other?.begin(one.identity);
  }

  async function judged(
    id: string,
    one: Conversation,
    packet: Extract<EapPacket, { type: number }>,
    round: EapRound,
  ): Promise<EapAnswer> {
    const { method } = one;
    if (method === undefined || ++one.rounds > limits.rounds)
      return over(id, one, MALFORMED, round);
    if (packet.type === EAP_TYPE.nak) {
      const other = changed(one, packet.data);
      if (other === undefined) return declined(id, one, round);
      method.end();
      one.method = other;
      return asks(id, one, other.type, other.begins);
    }
    // No answer to another question than the one that was asked (RFC 3748 §2.1).
    if (packet.type !== method.type) return declined(id, one, round);
    one.settled = true;
    const answer = await method.take(packet.data, round);
    return over(id, one, answer, round);
  }

  async function declined(id: string, one: Conversation, round: EapRound): Promise<EapAnswer> {
    await deps.declined(one.identity ?? '', round);
    return over(id, one, { do: 'reject' }, round);
  }

  function over(
    id: string,
    one: Conversation,
    answer: MethodAnswer,
    round: EapRound,
  ): EapAnswer | Promise<EapAnswer> {
    if (answer.do === 'ask' && one.method !== undefined) {
      // It may have lost its place while its answer was made.
      if (conversations.get(id) !== one) return rejected(one.identifier);
      one.ofPerson = answer.ofPerson ?? false;
      return asks(id, one, one.method.type, answer.data);
    }
    conversations.end(id);
    if (answer.do !== 'accept') {
      const because = answer.do === 'reject' ? answer.because : undefined;
      if (because === undefined) return rejected(one.identifier);
      return unjudged(because, one.identifier, round, one.identity);
    }
    const { keys, login } = answer;
    const eap = written({ code: 'success', identifier: one.identifier });
    return { state: 'accept', eap, keys, login };
  }

  return {
    get inFlight() {
      return conversations.size;
    },
    get held() {
      return conversations.held;
    },

    async begin(round) {
      // EAP-Start (RFC 3579 §2.1): whoever asks to be asked is asked for a name.
      if (round.eap.length === 0) {
        const { id, one } = open(round, undefined, undefined);
        return asks(id, one, EAP_TYPE.identity, NOTHING);
      }
      const read = readEap(round.eap);
      if (!read.ok || read.value.code !== 'response') return IGNORE;
      const { type, data, identifier } = read.value;
      if (type !== EAP_TYPE.identity) return unjudged('malformed', identifier, round);
      return identified(data, identifier, round);
    },

    async continue(id, round) {
      const read = readEap(round.eap);
      if (!read.ok || read.value.code !== 'response') return IGNORE;
      const packet = read.value;
      const one = conversations.get(id);
      const now = clock.now();
      if (one !== undefined && (one.until <= now || one.client !== round.client.device)) {
        // A State belongs to who got it.
        if (one.client === round.client.device) {
          conversations.giveUp(id);
          return rejected(packet.identifier);
        }
        return unjudged('state', packet.identifier, round);
      }
      if (one === undefined) return unjudged('state', packet.identifier, round);
      if (packet.identifier !== one.identifier || one.busy) return IGNORE;
      if (one.identity === undefined) {
        conversations.end(id);
        if (packet.type !== EAP_TYPE.identity) {
          return unjudged('malformed', packet.identifier, round);
        }
        return identified(packet.data, packet.identifier, round);
      }
      if (round.userName !== one.userName) {
        conversations.end(id);
        return unjudged('other-name', packet.identifier, round);
      }
      one.busy = true;
      // Nobody is given up while they are judged, which may wait for what is shown in a browser.
      one.until = one.ends;
      one.ofPerson = false;
      try {
        return await judged(id, one, packet, round);
      } catch (fault) {
        // A fault refuses.
        deps.report(fault);
        return await over(id, one, { do: 'reject', because: 'fault' }, round);
      } finally {
        one.busy = false;
        const patience = one.ofPerson ? limits.person : limits.silence;
        one.until = Math.min(one.ends, clock.now() + patience);
        conversations.touch(id);
      }
    },

    forget: conversations.giveUp,

    stop() {
      cancel?.();
      stopped = true;
      conversations.sweep(Number.POSITIVE_INFINITY);
    },
  };

  function identified(data: Uint8Array, identifier: number, round: EapRound) {
    const identity = readIdentity(data);
    if (identity === undefined) return unjudged('malformed', identifier, round);
    // The network device copies it (RFC 3579 §2.1); where it says another name, one of the two is made up.
    if (round.userName !== '' && round.userName !== identity) {
      return unjudged('other-name', identifier, round, identity);
    }
    return begins(round, identity, identifier);
  }
}

function written(packet: EapPacket): Uint8Array {
  // Methods keep what they say within what a packet to the peer may be.
  return writeEap(packet)!;
}
