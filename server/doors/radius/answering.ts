/**
 * One request, one answer at most. The steps, in this order and no other:
 *
 *   read      the packet, within strict bounds
 *   who       the network device that speaks from there, or that showed a certificate
 *   signed    by the secret that it shares with us, as it has to be (BlastRADIUS: CVE-2024-3596)
 *   again     what came before gets the answer that it got
 *   judge     by the gate
 *
 * Whoever fails the first three hears nothing: there is nobody whom an answer could be signed for. It is on record.
 */
import type {
  LoggedIn,
  Network,
  NetworkClient,
  UnjudgedBecause,
} from '../../gate/network/network-words.ts';
import { type Clock, MINUTE } from '../../kernel/clock.ts';
import type { DeviceId } from '../../kernel/id.ts';
import type { Random } from '../../kernel/random.ts';
import {
  type Attribute,
  attribute,
  CODE,
  type Code,
  joined,
  type Packet,
  readPacket,
  TYPE,
} from '../../wire/radius/packet.ts';
import type {
  MessageAuthenticatorRule,
  SharedSecret,
  SignatureFault,
} from '../../wire/radius/shared-secret.ts';
import { named, textOf } from '../../wire/radius/values.ts';
import { readReport } from './accounting.ts';
import type { Approving } from './approving.ts';
import type { Duplicates } from './duplicates.ts';
import type { EapServer } from './eap-seam.ts';
import { macOf } from './mac-address.ts';
import type { OpenLogIn, People, PeopleAnswer } from './people.ts';
import { replyOf } from './replies.ts';
import { type Asked, type Reading, readAsked, typedIn } from './request.ts';
import { createSigners, type Signer } from './signers.ts';
import { createStates } from './states.ts';
import { createThroughEap, eapFailure, type Said } from './through-eap.ts';
import { createTunnels } from './tunnels.ts';
import { whyUnjudgeable } from './unjudgeable.ts';

export type Purpose = 'authentication' | 'accounting' | 'both';

export interface Source {
  readonly address: string;
  readonly port: number;
  /** Over TLS: whoever showed their certificate, the secret that stands in for one (RFC 6614 §2.3), whether it still stands. */
  readonly tls?: Readonly<{ client: NetworkClient; secret: SharedSecret; wanted: () => boolean }>;
}

export interface Answering {
  /** Never throws, and never answers what can't be believed. */
  answer(bytes: Uint8Array, source: Source, purpose: Purpose): Promise<Uint8Array | undefined>;
  /** Puts on record that somebody came over TLS without a certificate of a network device. */
  turnedAway(address: string): Promise<void>;
}

export interface AnsweringDeps {
  readonly network: Network;
  readonly people: People;
  readonly showsInTunnel: Approving['showsInTunnel'];
  readonly eap: EapServer | undefined;
  readonly duplicates: Duplicates;
  readonly clock: Clock;
  readonly random: Random;
  readonly reading: Reading;
  readonly rule: Exclude<MessageAuthenticatorRule, 'optional'>;
  readonly answerTime: number;
  readonly report: (fault: unknown) => void;
}

type Open =
  | ({ readonly is: 'log-in' } & OpenLogIn)
  | { readonly is: 'eap'; readonly conversation: string };

const REJECT: Said = { code: CODE.accessReject, attributes: [] };
const UNHEARD: Readonly<
  Record<SignatureFault | 'no-secret', 'unsigned' | 'wrong-secret' | 'no-secret'>
> = {
  'no-secret': 'no-secret',
  absent: 'unsigned',
  late: 'unsigned',
  wrong: 'wrong-secret',
};
/** Judged at once: what is beyond that hears nothing, and comes again. */
const MOST_AT_ONCE = 4096;
/** RFC 2869 §5.10: what is typed need not be hidden. */
const ECHO = 'Echo';

export function createAnswering(deps: AnsweringDeps): Answering {
  const { network, people, eap, duplicates, clock, random, reading, report } = deps;
  const keep = Math.max(deps.answerTime, MINUTE / 6);
  const states = createStates<Open>({ clock, random }, keep, (open) => {
    if (open.is === 'eap') eap?.forget(open.conversation);
  });
  const signers = createSigners();
  const throughEap = createThroughEap({
    random,
    accept,
    people: createTunnels(deps),
    states: {
      give: ({ device }, conversation) => states.give(device, { is: 'eap', conversation }),
      putBack: ({ device }, state, conversation) =>
        states.putBack(device, state, { is: 'eap', conversation }),
    },
  });
  let atOnce = 0;

  async function answer(
    bytes: Uint8Array,
    source: Source,
    purpose: Purpose,
  ): Promise<Uint8Array | undefined> {
    const read = readPacket(bytes);
    const asks = source.tls?.client ?? network.client('radius', source.address);
    const client = asks instanceof Promise ? await asks : asks;
    const unheard = async (because: Parameters<Network['unheard']>[0]) => {
      // By where it came from: what an unsigned packet says of itself is nothing.
      const { arrival } = readAsked(reading, EMPTY, client ?? UNKNOWN, source.address);
      await network.unheard(because, { protocol: 'radius', client }, arrival);
      return undefined;
    };
    if (client === undefined) return unheard('unknown');
    if (!read.ok) return unheard('malformed');
    const packet = read.value;
    if (!belongs(packet.code, purpose)) return unheard('malformed');
    const by = signerOf(packet, client, source);
    if (typeof by === 'string') return unheard(UNHEARD[by]);
    const { secret } = by;
    if (packet.code === CODE.statusServer) {
      const code = purpose === 'accounting' ? CODE.accountingResponse : CODE.accessAccept;
      return secret.answer(packet, code, []);
    }
    const { address, tls } = source;
    if (tls !== undefined) return judged(packet, by, { address, wanted: tls.wanted });
    const from = `${source.address}/${source.port}/${packet.code}`;
    const met = duplicates.meet(from, packet.identifier, packet.authenticator);
    if (met.state === 'answered') return met.answer;
    if (met.state === 'judged-now') return undefined;
    let answered: Uint8Array | undefined;
    try {
      const { wanted } = met.pending;
      answered = await judged(packet, by, { address, wanted });
    } finally {
      met.pending.done(answered);
    }
    return answered;
  }

  function signerOf(packet: Packet, client: NetworkClient, { tls }: Source) {
    if (tls === undefined) {
      const free = client.exceptions.withoutMessageAuthenticator;
      return signers.signer(packet, client, free ? 'optional' : deps.rule);
    }
    // TLS has signed what comes through it.
    const { secret } = tls;
    return secret.checkRequest(packet, 'optional') ?? { client, secret };
  }

  async function judged(
    packet: Packet,
    { client, secret }: Signer,
    { address, wanted }: { readonly address: string; readonly wanted: () => boolean },
  ): Promise<Uint8Array | undefined> {
    if (atOnce >= MOST_AT_ONCE) return undefined;
    atOnce += 1;
    try {
      const asked = { ...readAsked(reading, packet, client, address), wanted };
      const said =
        packet.code === CODE.accountingRequest ? await account(asked) : await access(asked, secret);
      return said && secret.answer(packet, said.code, said.attributes);
    } catch (fault) {
      report(fault);
      // A login that could not be judged is refused. A report that could not be written is not taken, and comes again.
      if (packet.code === CODE.accountingRequest) return undefined;
      return secret.answer(packet, CODE.accessReject, []);
    } finally {
      atOnce -= 1;
    }
  }

  async function account({ packet, client, arrival }: Asked): Promise<Said> {
    const told = readReport(packet);
    if (told !== undefined) await network.account(told, client, arrival);
    return { code: CODE.accountingResponse, attributes: [] };
  }

  async function access(asked: Asked, secret: SharedSecret): Promise<Said | undefined> {
    const { packet, client } = asked;
    const state = attribute(packet, TYPE.state);
    const open = state && states.take(client.device, state);
    const message = joined(packet, TYPE.eapMessage);
    if (message !== undefined) {
      const conversation = open?.is === 'eap' ? open.conversation : undefined;
      const lost = state !== undefined && conversation === undefined;
      if (eap === undefined || lost) {
        await unjudged(eap === undefined ? 'no-method' : 'state', asked);
        return eapFailure(message);
      }
      return throughEap(eap, message, conversation, asked, secret);
    }
    if (state !== undefined) {
      if (open?.is !== 'log-in') return unjudged('state', asked);
      if (textOf(packet, TYPE.userName) !== open.name) return unjudged('other-name', asked);
      const cannot = whyUnjudgeable(packet);
      if (cannot !== undefined) return unjudged(cannot, asked);
      return ofPeople(await people.answer(open, typedIn(asked, secret), asked), asked);
    }
    const mac = macOf(asked, secret);
    if (mac !== undefined) {
      const outcome = await network.admit({ mac }, client, asked.arrival);
      return outcome.state === 'granted' ? accept(outcome.login, asked) : REJECT;
    }
    const cannot = whyUnjudgeable(packet);
    if (cannot !== undefined) return unjudged(cannot, asked);
    const name = textOf(packet, TYPE.userName);
    return ofPeople(await people.logIn(name, typedIn(asked, secret), asked), asked);
  }

  async function unjudged(because: UnjudgedBecause, asked: Asked): Promise<Said> {
    const { client, station, arrival } = asked;
    const name = textOf(asked.packet, TYPE.userName);
    await network.unjudged(because, { client, name, station }, arrival);
    return REJECT;
  }

  function ofPeople(answer: PeopleAnswer, asked: Asked): Said {
    switch (answer.state) {
      case 'accept':
        return accept(answer.login, asked);
      case 'challenge': {
        const state = states.give(asked.client.device, { is: 'log-in', ...answer.open });
        const asks = [...message(answer.says), ...attributeOf('Prompt', ECHO)];
        return {
          code: CODE.accessChallenge,
          attributes: [{ type: TYPE.state, value: state }, ...asks],
        };
      }
      case 'reject':
        return {
          code: CODE.accessReject,
          attributes: answer.says === undefined ? [] : message(answer.says),
        };
    }
  }

  function accept(login: LoggedIn, { client }: Asked): Said {
    const attributes = replyOf(login, client, clock.now());
    if (attributes === undefined) {
      report(new Error(`What policies tell ${client.name} can’t be said by RADIUS.`));
      return REJECT;
    }
    return { code: CODE.accessAccept, attributes };
  }

  return {
    answer: (bytes, source, purpose) =>
      answer(bytes, source, purpose).catch((fault: unknown) => {
        report(fault);
        return undefined;
      }),
    turnedAway(address) {
      const { arrival } = readAsked(reading, EMPTY, UNKNOWN, address);
      return network.unheard('certificate', { protocol: 'radius' }, arrival);
    },
  };
}

/** Whoever is no network device, for what is written of them. */
const UNKNOWN: NetworkClient = {
  device: '' as DeviceId, // Read as the name of a channel that nothing was begun in.
  name: '',
  kind: 'other',
  zone: '',
  groups: [],
  epoch: 0,
  secret: undefined,
  exceptions: { withoutMessageAuthenticator: false },
};
const EMPTY: Packet = {
  code: CODE.accessRequest,
  identifier: 0,
  authenticator: new Uint8Array(16),
  attributes: [],
  bytes: new Uint8Array(0),
};

function belongs(code: Code, purpose: Purpose): boolean {
  if (code === CODE.statusServer) return true;
  if (code === CODE.accessRequest) return purpose !== 'accounting';
  return code === CODE.accountingRequest && purpose !== 'authentication';
}

const message = (text: string): readonly Attribute[] =>
  attributeOf('Reply-Message', text.slice(0, 240));

function attributeOf(name: string, value: string): readonly Attribute[] {
  const made = named(name, value);
  return made.ok ? [made.value] : [];
}
