/**
 * Whoever comes with a certificate whose key the door has seen them use. Whose it is, the authority says, and that decides what is
 * asked of policy: a device joins the network (`joinNetwork`), a person with a smart card logs in (`logIn`), as they would with a
 * password. A device that can show no certificate comes by its MAC address, while an exception lasts.
 */
import type { Reason } from '@sallyport/contract/event-parts.ts';
import type {
  Authority,
  GoodCertificate,
  RefusedCertificate,
} from '../../authority/x509/authority-words.ts';
import { LONGEST_CHAIN } from '../../authority/x509/judging.ts';
import { noteShown } from '../../authority/x509/last-shown.ts';
import { base64url } from '../../kernel/bytes.ts';
import { MINUTE } from '../../kernel/clock.ts';
import { Fault } from '../../kernel/fault.ts';
import type { DeviceId, PersonId } from '../../kernel/id.ts';
import type { PolicyRequest } from '../../policy/request.ts';
import type { CardFacts } from '../../proofs/card/card-ticket.ts';
import { listHeld } from '../../proofs/held-proofs.ts';
import type { HeldProof } from '../../proofs/proof.ts';
import type { Queries, Tx } from '../../store/store.ts';
import type { DeviceProofId } from '../../subjects/device-proof.ts';
import type { Device } from '../../subjects/devices.ts';
import type { Person } from '../../subjects/person.ts';
import { type Arrival, byArrival } from '../arrival.ts';
import { cardFactsOf } from '../card-facts.ts';
import { deviceClasses } from '../device-classes.ts';
import type { GateDeps } from '../gate-deps.ts';
import { holdsPhishingResistant } from '../judge.ts';
import { circumstances, devicePrincipal, policyRequest } from '../policy-request.ts';
import { ageOf, bounded, forRecord, type ShownAt, writeShown } from '../shown.ts';
import { createSeldom } from '../throttles/seldom.ts';
import type { Wish } from '../wish.ts';
import { isCalled } from './called.ts';
import { becauseOf } from './certificate-reason.ts';
import { certifiedDevice } from './certified-device.ts';
import { lastsFor } from './lasts-for.ts';
import { networkResource } from './network-resource.ts';
import type { NetworkSessions } from './network-sessions.ts';
import type { AdmitOutcome, Joining, NetworkClient } from './network-words.ts';

type Joiner =
  | { readonly kind: 'device'; readonly device: Device }
  | {
      readonly kind: 'person';
      readonly person: Person;
      readonly facts: CardFacts;
      /** The card that they hold; one of our own authority says itself whose it is, held or not. */
      readonly card: HeldProof | undefined;
    };

interface Found {
  readonly joiner: Joiner;
  readonly how: 'certificate' | 'mac';
  /** When an exception that it rests on is over. */
  readonly ends?: number | undefined;
  readonly certificate?: GoodCertificate;
  /** An exception, or what makes a certificate of others its own. */
  readonly heldBy?: DeviceProofId | undefined;
}

interface NotFound {
  readonly because: Reason;
  readonly certificate?: GoodCertificate | undefined;
  /** One of ours that is good no more: it still says whose it is. */
  readonly own?: RefusedCertificate['own'];
}

type Sought = Found | NotFound;

/** What sessions of devices are for: those of people are for what they logged in for. */
export const JOINED = 'network';

export type Admitting = (
  joining: Joining,
  client: NetworkClient,
  arrival: Arrival,
) => Promise<AdmitOutcome>;

export function createAdmit(
  deps: Pick<
    GateDeps,
    | 'store'
    | 'vault'
    | 'record'
    | 'people'
    | 'devices'
    | 'deviceProofs'
    | 'deviceFacts'
    | 'policies'
    | 'proofs'
    | 'clock'
    | 'limits'
    | 'cards'
  > & { readonly certificates: Pick<Authority, 'judge'> },
  sessions: NetworkSessions,
): Admitting {
  const { store, vault, record, people, devices, deviceProofs, policies, certificates, clock } =
    deps;
  const { cards } = deps;
  /** A supplicant that is refused asks again, as long as its cable is in. */
  const seldom = createSeldom(clock, MINUTE);

  async function byCertificate(
    q: Queries,
    { certificate: chain, issuers }: Extract<Joining, { certificate: unknown }>,
  ): Promise<Sought> {
    if (chain.length === 0) return { because: 'not-held' };
    const certificate = await certificates.judge(q, chain, 'client', issuers);
    if (!certificate.ok) return { because: becauseOf(certificate.reason), own: certificate.own };
    const { issuer } = certificate;
    const held = await certifiedDevice(q, deviceProofs, certificate, chain[0]);
    if (held !== undefined) {
      const sought = await asDevice(q, held.device, certificate);
      return 'joiner' in sought ? { ...sought, heldBy: held.proof } : sought;
    }
    // What else people are given, such as a role at a plant, is for something else.
    const facts = cardFactsOf(certificate);
    if (facts.ok) return asPerson(q, facts.value, certificate);
    return { because: issuer === 'own' ? 'not-permitted' : 'unknown-subject', certificate };
  }

  async function asDevice(q: Queries, id: DeviceId, certificate: GoodCertificate): Promise<Sought> {
    const device = await devices.get(q, id);
    if (device === undefined) return { because: 'unknown-subject', certificate };
    if (device.status !== 'active') return { because: 'disabled', certificate };
    return { joiner: { kind: 'device', device }, how: 'certificate', certificate };
  }

  /** One of our own says whose it is; of those of others, issuer and subject are mapped to whoever holds that card. */
  async function asPerson(
    q: Queries,
    facts: CardFacts,
    certificate: GoodCertificate,
  ): Promise<Sought> {
    const card = await cards.holder(q, facts);
    const id = (facts.own ?? card?.subject) as PersonId | undefined; // Of one of ours, its row says so; cards are of people.
    const person = id && (await people.get(q, id));
    if (person === undefined) return { because: 'unknown-subject', certificate };
    if (person.status !== 'active') return { because: 'disabled', certificate };
    const joiner = { kind: 'person', person, facts, card } as const;
    return { joiner, how: 'certificate', certificate };
  }

  /** What they are called here will do as well as what their certificate calls them: a card may know them by a number. */
  async function isCalledSo(q: Queries, said: string, sought: Sought): Promise<boolean> {
    const { certificate } = sought;
    if (certificate === undefined || isCalled(said, certificate)) return true;
    if (!('joiner' in sought) || sought.joiner.kind !== 'person') return false;
    const profile = await people.profile(q, sought.joiner.person);
    return profile !== undefined && profile.identifier.toLowerCase() === said.toLowerCase();
  }

  async function seek(q: Queries, joining: Joining): Promise<Sought> {
    if ('certificate' in joining) {
      const sought = await byCertificate(q, joining);
      const { certificate } = sought;
      if (joining.called === undefined || certificate === undefined) return sought;
      return (await isCalledSo(q, joining.called, sought))
        ? sought
        : { because: 'wrong', certificate };
    }
    const exception = await deviceProofs.byMac(q, joining.mac);
    const device = exception && (await devices.get(q, exception.device));
    if (device === undefined) {
      const lapsed = await deviceProofs.lapsedByMac(q, joining.mac);
      return { because: lapsed === undefined ? 'unknown-subject' : 'expired' };
    }
    if (device.status !== 'active') return { because: 'disabled' };
    return {
      joiner: { kind: 'device', device },
      how: 'mac',
      ends: exception?.expiresAt,
      heldBy: exception?.id,
    };
  }

  function refusedEvent(
    joining: Joining,
    sought: Sought,
    because: Reason,
    client: NetworkClient,
    arrival: Arrival,
    met?: readonly string[],
  ) {
    const by = byArrival(arrival);
    const joiner = 'joiner' in sought ? sought.joiner : undefined;
    const own = 'own' in sought ? sought.own : undefined;
    const { certificate } = sought;
    return {
      type: 'network.refused',
      outcome: 'refused',
      ...by,
      subject: joiner === undefined ? holderOf(own) : subjectOf(joiner).id,
      reason: because,
      personal: { ...by.personal, ...('mac' in joining ? { station: joining.mac } : {}) },
      data: {
        client: client.device,
        kind: 'mac' in joining ? 'mac' : 'certificate',
        ...(joiner?.kind === 'device' ? { name: joiner.device.name } : {}),
        ...namesOf(own === undefined ? certificate : { ...own, issuer: 'own' }),
        ...(met === undefined ? {} : { policies: bounded(met) }),
      },
    } as const;
  }

  const joinsAt = (
    client: NetworkClient,
    device: Device,
    arrival: Arrival,
    now: number,
  ): PolicyRequest => ({
    principal: devicePrincipal(device),
    action: 'joinNetwork',
    resource: networkResource(client),
    context: { ...circumstances(arrival, true, now), device: deps.deviceFacts(device, now) },
  });

  /** As for whoever types a password there; no browser of theirs is known. */
  async function logsInAt(
    q: Queries,
    client: NetworkClient,
    person: Person,
    service: string,
    arrival: Arrival,
    now: number,
  ): Promise<PolicyRequest> {
    const strong = holdsPhishingResistant(deps.proofs, await listHeld(q, person.id));
    const resource = networkResource(client);
    const wish: Wish = { action: 'logIn', resource, login: { client: client.device, service } };
    return policyRequest(person, wish, arrival, false, now, strong);
  }

  async function settle(
    tx: Tx,
    joining: Joining,
    client: NetworkClient,
    arrival: Arrival,
  ): Promise<AdmitOutcome> {
    const sought = await seek(tx, joining);
    const refuse = async (because: Reason, met?: readonly string[]): Promise<AdmitOutcome> => {
      const own = 'own' in sought ? sought.own?.serial : undefined;
      const what = 'mac' in joining ? joining.mac : (sought.certificate?.fingerprint ?? own ?? '');
      if (seldom(`${client.device} ${what} ${because}`)) {
        await record.append(tx, refusedEvent(joining, sought, because, client, arrival, met));
      }
      const reason = because === 'not-permitted' ? 'not-permitted' : 'wrong';
      return { state: 'refused', reason };
    };
    // Whoever answers for an exception hears of its end when the device is first missed, and not when somebody sweeps.
    if ('mac' in joining && !('joiner' in sought)) await deviceProofs.tellExpired(tx);
    if (!('joiner' in sought)) return refuse(sought.because);
    const { joiner, how, certificate, ends = Number.MAX_SAFE_INTEGER } = sought;
    const subject = subjectOf(joiner);
    const box = await vault.subject(tx, subject.id);
    if (box === undefined) return refuse('erased');
    const card = joiner.kind === 'person' ? joiner.card : undefined;
    if (joiner.kind === 'person' && card !== undefined) {
      const theirs = card.subject === joiner.person.id && cards.isOf(card, box, joiner.facts);
      if (!theirs) return refuse('not-held');
    }
    const now = clock.now();
    const active = await policies.current(tx);
    const worth =
      joiner.kind === 'person'
        ? cards.worth(joiner.facts)
        : how === 'mac'
          ? deviceClasses.mac
          : deviceClasses.certificate;
    const service = 'certificate' in joining ? joining.service.slice(0, 64) : JOINED;
    const request =
      joiner.kind === 'device'
        ? joinsAt(client, joiner.device, arrival, now)
        : await logsInAt(tx, client, joiner.person, service, arrival, now);
    const at = ('certificate' in joining ? joining.shownAt : undefined) ?? now;
    const answer = active.ladder(request, [{ class: worth, age: ageOf(at, now) }], []);
    if (answer.state !== 'permitted') return refuse('not-permitted', answer.policies);
    const attributes = active.replyOf(answer.policies);
    if (attributes === undefined) throw new Fault('gate', contradiction(answer.policies));
    const name =
      joiner.kind === 'device'
        ? joiner.device.name
        : ((await people.profile(tx, joiner.person))?.identifier ?? '');
    const limit = lastsFor(attributes, deps.limits.sessions.absolute);
    const most = Math.min(ends, certificate?.notAfter ?? Number.MAX_SAFE_INTEGER);
    const until = Math.min(now + limit, most);
    const shown: readonly ShownAt[] =
      joiner.kind === 'device' || card === undefined
        ? []
        : [{ proof: card.id, class: cards.worth(joiner.facts), at }];
    const session = sessions.begin(
      tx,
      {
        subject,
        name,
        client,
        service: joiner.kind === 'device' ? JOINED : service,
        certificate: certificate?.issuer === 'own' ? certificate.serial : undefined,
        vouched: vouchedBy(joining, certificate),
        // So that it ends when the card is taken away.
        shown: writeShown(shown),
        worth,
        reply: attributes,
        box,
        until,
        most,
      },
      arrival,
    );
    const about = {
      ...{ login: session, client: client.device, policies: bounded(answer.policies), until },
      ...namesOf(certificate),
    };
    const event = { outcome: 'granted', ...byArrival(arrival), subject: subject.id } as const;
    await record.append(
      tx,
      joiner.kind === 'device'
        ? { type: 'network.admitted', ...event, data: { ...about, name, kind: how } }
        : {
            type: 'login.granted',
            ...event,
            data: { ...about, service, proofs: forRecord(shown, now) },
          },
    );
    const { address, door } = arrival;
    if (certificate !== undefined) noteShown(tx, certificate, door, now);
    if (joiner.kind === 'device') {
      if (sought.heldBy !== undefined) await deviceProofs.used(tx, sought.heldBy, now);
      await devices.seen(tx, joiner.device.id, { door, at: now, how, address });
    }
    const { groups } = subject;
    const roles = joiner.kind === 'person' ? joiner.person.roles : [];
    const login = { session, subject: subject.id, name, groups, roles, until, attributes };
    return { state: 'granted', login };
  }

  return (joining, client, arrival) => store.write((tx) => settle(tx, joining, client, arrival));
}

function subjectOf(joiner: Joiner): Device | Person {
  return joiner.kind === 'device' ? joiner.device : joiner.person;
}

/** Those who join: what else has certificates of ours comes by other doors. */
function holderOf(own: RefusedCertificate['own']): DeviceId | PersonId | undefined {
  if (own?.subject.kind === 'device') return own.subject.id as DeviceId; // As its kind says.
  if (own?.subject.kind === 'person') return own.subject.id as PersonId; // As its kind says.
  return undefined;
}

/** By which it is found again. */
function namesOf(certificate: Pick<GoodCertificate, 'serial' | 'issuer'> | undefined) {
  if (certificate === undefined) return {};
  const { serial, issuer } = certificate;
  return { serial: serial.slice(0, 128), issuer: issuer.slice(0, 128) };
}

/** Kept, so that it can be judged again once what is known of that CA is another. */
function vouchedBy(joining: Joining, certificate: GoodCertificate | undefined) {
  if (!('certificate' in joining) || certificate === undefined || certificate.issuer === 'own') {
    return undefined;
  }
  const shown = [...joining.certificate, ...(joining.issuers?.() ?? [])];
  const chain = shown.slice(0, LONGEST_CHAIN).map(base64url);
  return { issuer: certificate.issuer, chain };
}

export const contradiction = (policies: readonly string[]) =>
  `the policies ${policies.join(', ')} say different things in their @reply`;
