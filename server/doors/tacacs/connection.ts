/**
 * One connection of one network device (RFC 8907 §4): packets in, packets out, and the rules for what may follow what. What breaks a
 * rule is answered with an error where an answer can be made, and the connection is closed: whoever can't be understood once is not
 * listened to any further.
 */
import type { Arrival } from '../../gate/arrival.ts';
import type { Network, NetworkClient, UnheardBecause } from '../../gate/network/network-words.ts';
import { canonicalAddress } from '../../http/source-address.ts';
import type { Clock } from '../../kernel/clock.ts';
import { SECOND } from '../../kernel/clock.ts';
import type { Later } from '../../kernel/later.ts';
import { readAccounting, writeAccountingReply } from '../../wire/tacacs/accounting.ts';
import {
  AUTHENTICATION_STATUS,
  CONTINUE_FLAG,
  type Reply,
  readContinue,
  readStart,
  writeReply,
} from '../../wire/tacacs/authentication.ts';
import { readAuthorization, writeResponse } from '../../wire/tacacs/authorization.ts';
import { createFrames, type Frame } from '../../wire/tacacs/frames.ts';
import {
  FLAG,
  HEADER,
  type Header,
  LAST_SEQUENCE,
  TYPE,
  writeHeader,
} from '../../wire/tacacs/header.ts';
import type { Obfuscate } from '../../wire/tacacs/obfuscation.ts';
import type { Account } from './accounting.ts';
import type { Authorise } from './authorise.ts';
import type { BeginDialogue, Dialogue } from './dialogue.ts';
import { errorBody } from './error-body.ts';
import type { SpentSessions } from './spent-sessions.ts';

export interface ConnectionDeps {
  readonly network: Pick<Network, 'unheard'>;
  readonly begin: BeginDialogue;
  readonly authorise: Authorise;
  readonly account: Account;
  readonly obfuscate: Obfuscate;
  readonly spent: SpentSessions;
  readonly clock: Clock;
  readonly later: Later;
  readonly report: (fault: unknown) => void;
  readonly limits: { readonly largest: number; readonly login: number };
}

/** The other end, and what it came by. */
export interface Peer {
  readonly client: NetworkClient;
  /** Undefined over TLS, which hides better. */
  readonly secret: Uint8Array | undefined;
  /** Of whoever is at an address behind it, where it tells one. */
  arrival(own?: string): Arrival;
  /** Who it is by now: it may have been disabled since, or been given another secret. */
  again(): Promise<NetworkClient | undefined>;
  send(packet: Uint8Array): void;
  /** Sends no more, and takes no more. */
  close(): void;
  /** Whether packets may come, for now. */
  listen(on: boolean): void;
}

interface Session {
  /** The number that the next packet of the device has. */
  next: number;
  dialogue: Dialogue | undefined;
  /** Its packet is being answered. */
  busy: boolean;
  forget: () => void;
}

/** Gives the body of the answer, if there is to be one. */
type Work = () => Promise<Uint8Array | undefined>;

const MOST_SESSIONS = 256;
/** So many may be at work at once; then the device has to wait. */
const MOST_AT_WORK = 128;
const ASK_AGAIN = 5 * SECOND;

export interface Connection {
  received(bytes: Uint8Array): void;
  closed(): void;
}

export function createConnection(deps: ConnectionDeps, peer: Peer): Connection {
  const { network, begin, authorise, account, obfuscate, spent, clock, later, limits } = deps;
  /** As it speaks: with the secret before, where its first packet can be read with that one alone. */
  let { secret, client } = peer;
  const frames = createFrames(limits.largest);
  const sessions = new Map<number, Session>();
  /** Whether sessions may follow one another here; settled by its first packet (RFC 8907 §4.3). */
  let single: boolean | undefined;
  let atWork = 0;
  /** Nothing more is heard, though what is at work may still be answered. */
  let deaf = false;
  let over = false;
  /** Whether a packet could be read: what can't be read after it is no matter of the secret. */
  let understood = false;
  let sure = clock.now() + ASK_AGAIN;

  /** Whoever was asked is gone: what waits for an answer ends. */
  function leave({ forget, dialogue }: Session): void {
    forget();
    dialogue?.return(ABORTED).catch(deps.report);
  }

  function end(): void {
    if (over) return;
    over = true;
    for (const session of sessions.values()) leave(session);
    sessions.clear();
    peer.close();
  }

  function send(header: Header, body: Uint8Array, first: boolean): void {
    const { version, type, session } = header;
    const sequence = header.sequence + 1;
    const flags =
      (secret === undefined ? FLAG.unencrypted : 0) |
      (first && single === true ? FLAG.singleConnect : 0);
    const reply = { version, type, sequence, flags, session, length: body.length };
    const packet = writeHeader(reply);
    packet.set(secret === undefined ? body : obfuscate(body, reply, secret), HEADER);
    peer.send(packet);
  }

  /** No further word after it: the packet could not be told from one that somebody else made. */
  function refuse(header: Header, because: UnheardBecause, words: string | undefined): false {
    if (words !== undefined && header.sequence < LAST_SEQUENCE) {
      send(header, errorBody(header.type, words), false);
    }
    network
      .unheard(because, { protocol: 'tacacs', client }, peer.arrival())
      .catch(deps.report)
      .finally(end);
    deaf = true;
    return false;
  }

  /**
   * Whether it breaks a rule, and in which words that is said; what it may follow is looked at before what is in it. Under a secret
   * nothing is said but to the first packet of a new session: what hides an answer is made of its session and number alone, and who
   * knows the answer knows what hid anything else there, such as the password that a device sends as number 3 (RFC 8907 §10.1).
   */
  function misplaced(header: Header): [UnheardBecause, string | undefined] | undefined {
    const session = sessions.get(header.session);
    const first = header.sequence === 1;
    const fresh = first && session === undefined && spent.spend(client.device, header.session);
    const said = (words: string) => (fresh || secret === undefined ? words : undefined);
    const plain = (header.flags & FLAG.unencrypted) !== 0;
    if (secret === undefined && !plain) {
      return ['malformed', said('Nothing is obfuscated over TLS.')];
    }
    if (secret !== undefined && plain) {
      return ['unencrypted', said('What is in the clear is not heard.')];
    }
    if (header.sequence % 2 === 0) return ['malformed', said('That is a number of ours.')];
    if (first) {
      if (!fresh) return ['replayed', said('That session was there before.')];
      if (single === false || sessions.size >= MOST_SESSIONS) {
        return ['malformed', said('Too many sessions for this connection.')];
      }
      return undefined;
    }
    const expected =
      session !== undefined &&
      !session.busy &&
      header.type === TYPE.authentication &&
      session.next === header.sequence;
    return expected ? undefined : ['malformed', said('That is out of sequence.')];
  }

  function take({ header, body }: Frame): boolean {
    const fault = misplaced(header);
    if (fault !== undefined) return refuse(header, ...fault);
    single ??= (header.flags & FLAG.singleConnect) !== 0;
    const session = sessions.get(header.session);
    const work = read(header, body, session) ?? readWithOld(header, body, session);
    if (work === undefined) {
      return refuse(
        header,
        secret === undefined || understood ? 'malformed' : 'wrong-secret',
        'That can not be read. The secrets may differ.',
      );
    }
    understood = true;
    atWork += 1;
    if (atWork === MOST_AT_WORK) peer.listen(false);
    void settle(header, work);
    return true;
  }

  function read(header: Header, body: Uint8Array, session: Session | undefined) {
    const text = secret === undefined ? body : obfuscate(body, header, secret);
    return session === undefined ? opens(header, text) : goesOn(header, text, session);
  }

  /** A packet that can't be read was made with another secret: the first of a connection perhaps with the one that is being replaced. */
  function readWithOld(header: Header, body: Uint8Array, session: Session | undefined) {
    const { before } = client;
    if (understood || secret === undefined || before?.secret === undefined) return undefined;
    const present = client;
    client = before;
    secret = before.secret;
    const work = read(header, body, session);
    if (work === undefined) {
      client = present;
      secret = present.secret;
    }
    return work;
  }

  /** What there is to do for the first packet of a session; undefined for what can't be read. */
  function opens(header: Header, text: Uint8Array): Work | undefined {
    const arrivalOf = ({ remoteAddress }: { readonly remoteAddress: string }) =>
      peer.arrival(canonicalAddress(remoteAddress));
    switch (header.type) {
      case TYPE.authentication: {
        const read = readStart(text);
        if (!read.ok) return undefined;
        const dialogue = begin(read.value, header.minor, client, arrivalOf(read.value));
        const session = { next: 1, dialogue, busy: true, forget: () => {} };
        sessions.set(header.session, session);
        // What a generator is given first, nobody sees.
        return () => turn(header, session, dialogue.next(NOTHING));
      }
      case TYPE.authorization: {
        const read = readAuthorization(text);
        if (!read.ok || header.minor !== 0) return undefined;
        open(header);
        return async () =>
          writeResponse(await authorise(read.value, client, arrivalOf(read.value)));
      }
      case TYPE.accounting: {
        const read = readAccounting(text);
        if (!read.ok || header.minor !== 0) return undefined;
        open(header);
        return async () =>
          writeAccountingReply(await account(read.value, client, arrivalOf(read.value)));
      }
    }
  }

  function open(header: Header): void {
    sessions.set(header.session, { next: 1, dialogue: undefined, busy: true, forget: () => {} });
  }

  function goesOn(header: Header, text: Uint8Array, session: Session): Work | undefined {
    const read = readContinue(text);
    const { dialogue } = session;
    if (!read.ok || dialogue === undefined) return undefined;
    session.forget();
    session.busy = true;
    if ((read.value.flags & CONTINUE_FLAG.abort) !== 0) {
      // RFC 8907 §5.4.3: it is over, and not answered.
      return async () => {
        await dialogue.return(ABORTED);
        return undefined;
      };
    }
    return () => turn(header, session, dialogue.next(read.value));
  }

  async function turn(
    header: Header,
    session: Session,
    given: Promise<IteratorResult<Reply, Reply>>,
  ): Promise<Uint8Array> {
    const { value, done } = await given;
    if (done !== true && header.sequence + 2 < LAST_SEQUENCE) {
      session.next = header.sequence + 2;
      session.busy = false;
      session.forget = later(limits.login, () => finish(header.session));
    }
    return writeReply(value);
  }

  /** Of a session; and of the connection, where nothing may follow. */
  function finish(id: number): void {
    const session = sessions.get(id);
    if (session !== undefined) leave(session);
    sessions.delete(id);
    if (single === false) end();
  }

  async function settle(header: Header, work: Work): Promise<void> {
    const dialogue = sessions.get(header.session)?.dialogue;
    const unsaid = () => void dialogue?.unsaid().catch(deps.report);
    try {
      if (!(await isStillOurs())) return end();
      const body = await work();
      if (over) return unsaid();
      if (body !== undefined) send(header, body, header.sequence === 1);
      if (sessions.get(header.session)?.busy !== false) finish(header.session);
    } catch (fault) {
      deps.report(fault);
      unsaid();
      if (over) return;
      send(header, errorBody(header.type, 'Sallyport can not answer just now.'), false);
      finish(header.session);
    } finally {
      atWork -= 1;
      if (!over && !deaf && atWork === MOST_AT_WORK - 1) peer.listen(true);
    }
  }

  /** A connection may stay for days: who is at its other end is looked at again, and judged as what it is by then. */
  async function isStillOurs(): Promise<boolean> {
    if (clock.now() < sure) return true;
    const now = await peer.again();
    sure = clock.now() + ASK_AGAIN;
    const same = [now, now?.before].find((one) => one && isSame(one.secret, client.secret));
    if (same?.device !== client.device) return false;
    client = same;
    return true;
  }

  return {
    received(bytes) {
      if (over || deaf) return;
      const fault = frames.push(bytes, take);
      if (fault === undefined) return;
      // Where its body would end is not known, and so nothing is answered.
      deaf = true;
      network
        .unheard('malformed', { protocol: 'tacacs', client }, peer.arrival())
        .catch(deps.report)
        .finally(end);
    },
    closed: end,
  };
}

const NOTHING = { flags: 0, message: new Uint8Array(), data: new Uint8Array() };
const ABORTED: Reply = {
  status: AUTHENTICATION_STATUS.fail,
  flags: 0,
  message: '',
  data: new Uint8Array(),
};

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((octet, i) => octet === b[i]);
}
