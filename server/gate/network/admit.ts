/**
 * A device comes onto the network: by a certificate whose key the door has seen it use, or, while an exception lasts, by its MAC
 * address. Whose certificate it is, the authority says; whether it may join there, policy. A person with a smart card comes the same
 * way.
 */
import type { Reason } from '@sallyport/contract/event-parts.ts';
import type { Authority, GoodCertificate } from '../../authority/x509/authority-words.ts';
import { MINUTE, SECOND } from '../../kernel/clock.ts';
import { Fault } from '../../kernel/fault.ts';
import type { DeviceId, PersonId } from '../../kernel/id.ts';
import type { DeviceProofClass, PolicyRequest } from '../../policy/request.ts';
import type { Queries, Tx } from '../../store/store.ts';
import type { Device } from '../../subjects/devices.ts';
import type { Person } from '../../subjects/person.ts';
import { type Arrival, byArrival } from '../arrival.ts';
import type { GateDeps } from '../gate-deps.ts';
import { devicePrincipal, principalOf } from '../policy-request.ts';
import { bounded } from '../shown.ts';
import { createSeldom } from '../throttles/seldom.ts';
import { isCalled } from './called.ts';
import { certifiedDevice } from './certified-device.ts';
import { networkResource } from './network-resource.ts';
import type { NetworkSessions } from './network-sessions.ts';
import type { AdmitOutcome, Joining, NetworkClient } from './network-words.ts';

type Joiner =
  | { readonly kind: 'device'; readonly device: Device }
  | { readonly kind: 'person'; readonly person: Person };

interface Found {
  readonly joiner: Joiner;
  readonly how: 'certificate' | 'mac';
  /** When an exception that it rests on is over. */
  readonly ends?: number | undefined;
  readonly certificate?: GoodCertificate;
}

type Sought = Found | { readonly because: Reason; readonly certificate?: GoodCertificate };

const CERTIFICATE: DeviceProofClass = Object.freeze({
  kind: 'certificate',
  factors: Object.freeze(['have'] as const),
  phishingResistant: true,
  replayResistant: true,
  hardwareBound: false,
  enrolmentOnly: false,
  effort: 0,
});

/** What anyone can wear proves nothing. */
const MAC: DeviceProofClass = Object.freeze({
  ...CERTIFICATE,
  kind: 'mac',
  factors: Object.freeze([]),
  phishingResistant: false,
  replayResistant: false,
});

/** Of a person. No handshake tells that a card asked for its PIN: it counts where the house promises it (`proofs.card.withPin.own`). */
const CARD_WITH_PIN: DeviceProofClass = Object.freeze({
  ...CERTIFICATE,
  factors: Object.freeze(['know', 'have'] as const),
});

const BECAUSE: Readonly<Record<string, Reason>> = {
  malformed: 'malformed',
  'unknown-authority': 'unknown-authority',
  expired: 'expired',
  'not-yet': 'expired',
  revoked: 'revoked',
  'revocation-unknown': 'revoked',
  weak: 'weak',
};

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
    | 'clock'
    | 'limits'
    | 'ownCardsAskPin'
  > & { readonly certificates: Pick<Authority, 'judge'> },
  sessions: NetworkSessions,
): Admitting {
  const { store, vault, record, people, devices, deviceProofs, policies, certificates, clock } =
    deps;
  /** A supplicant that is refused asks again, as long as its cable is in. */
  const seldom = createSeldom(clock, MINUTE);

  async function byCertificate(q: Queries, chain: readonly Uint8Array[]): Promise<Sought> {
    if (chain.length === 0) return { because: 'not-held' };
    const certificate = await certificates.judge(q, chain, 'client');
    if (!certificate.ok) return { because: BECAUSE[certificate.reason] ?? 'not-valid' };
    const { issuer, subject, profile } = certificate;
    // What else people are given, such as a role at a plant, is for something else.
    if (issuer === 'own' && subject?.kind === 'person' && profile === 'person') {
      return asPerson(q, subject.id as PersonId, certificate);
    }
    const held = await certifiedDevice(q, deviceProofs, certificate, chain[0]);
    if (held !== undefined) return asDevice(q, held.device, certificate);
    return { because: issuer === 'own' ? 'not-permitted' : 'unknown-subject', certificate };
  }

  async function asDevice(q: Queries, id: DeviceId, certificate: GoodCertificate): Promise<Sought> {
    const device = await devices.get(q, id);
    if (device === undefined) return { because: 'unknown-subject', certificate };
    if (device.status !== 'active') return { because: 'disabled', certificate };
    return { joiner: { kind: 'device', device }, how: 'certificate', certificate };
  }

  async function asPerson(q: Queries, id: PersonId, certificate: GoodCertificate): Promise<Sought> {
    const person = await people.get(q, id);
    if (person === undefined) return { because: 'unknown-subject', certificate };
    if (person.status !== 'active') return { because: 'disabled', certificate };
    return { joiner: { kind: 'person', person }, how: 'certificate', certificate };
  }

  async function seek(q: Queries, joining: Joining): Promise<Sought> {
    if ('certificate' in joining) {
      const sought = await byCertificate(q, joining.certificate);
      const { certificate } = sought;
      if (joining.called === undefined || certificate === undefined) return sought;
      return isCalled(joining.called, certificate) ? sought : { because: 'wrong', certificate };
    }
    const exception = await deviceProofs.byMac(q, joining.mac);
    const device = exception && (await devices.get(q, exception.device));
    if (device === undefined) {
      const lapsed = await deviceProofs.lapsedByMac(q, joining.mac);
      return { because: lapsed === undefined ? 'unknown-subject' : 'expired' };
    }
    if (device.status !== 'active') return { because: 'disabled' };
    return { joiner: { kind: 'device', device }, how: 'mac', ends: exception?.expiresAt };
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
    const { certificate } = sought;
    return {
      type: 'network.refused',
      outcome: 'refused',
      ...by,
      subject: joiner?.kind === 'device' ? joiner.device.id : joiner?.person.id,
      reason: because,
      personal: { ...by.personal, ...('mac' in joining ? { station: joining.mac } : {}) },
      data: {
        client: client.device,
        kind: 'mac' in joining ? 'mac' : 'certificate',
        ...(joiner?.kind === 'device' ? { name: joiner.device.name } : {}),
        ...(certificate === undefined
          ? {}
          : { serial: certificate.serial.slice(0, 128), issuer: certificate.issuer.slice(0, 128) }),
        ...(met === undefined ? {} : { policies: bounded(met) }),
      },
    } as const;
  }

  async function settle(
    tx: Tx,
    joining: Joining,
    client: NetworkClient,
    arrival: Arrival,
  ): Promise<AdmitOutcome> {
    const sought = await seek(tx, joining);
    const refuse = async (because: Reason, met?: readonly string[]): Promise<AdmitOutcome> => {
      const what = 'mac' in joining ? joining.mac : (sought.certificate?.fingerprint ?? '');
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
    const subject = joiner.kind === 'device' ? joiner.device : joiner.person;
    const box = await vault.subject(tx, subject.id);
    if (box === undefined) return refuse('erased');
    const now = clock.now();
    const active = await policies.current(tx);
    const ofPerson = deps.ownCardsAskPin ? CARD_WITH_PIN : CERTIFICATE;
    const worth = how === 'mac' ? MAC : joiner.kind === 'person' ? ofPerson : CERTIFICATE;
    const request: PolicyRequest = {
      principal:
        joiner.kind === 'person' ? principalOf(joiner.person) : devicePrincipal(joiner.device),
      action: 'joinNetwork',
      resource: networkResource(client),
      context: {
        door: arrival.door,
        source: arrival.address,
        trustedNetwork: arrival.trustedNetwork,
        knownDevice: true,
        ...(joiner.kind === 'device' ? { device: deps.deviceFacts(joiner.device, now) } : {}),
        time: Math.floor(now / SECOND),
      },
    };
    const answer = active.ladder(request, [{ class: worth, age: 0 }], []);
    if (answer.state !== 'permitted') return refuse('not-permitted', answer.policies);
    const attributes = active.replyOf(answer.policies);
    if (attributes === undefined) throw new Fault('gate', contradiction(answer.policies));
    const name = joiner.kind === 'device' ? joiner.device.name : (certificate?.subjectName ?? '');
    const limit = lastsFor(attributes, deps.limits.sessions.absolute);
    const until = Math.min(now + limit, ends, certificate?.notAfter ?? Number.MAX_SAFE_INTEGER);
    const session = sessions.begin(
      tx,
      {
        subject,
        name,
        client,
        service: 'network',
        certificate: certificate?.issuer === 'own' ? certificate.serial : undefined,
        shown: '[]',
        box,
        until,
      },
      arrival,
    );
    await record.append(tx, {
      type: 'network.admitted',
      outcome: 'granted',
      ...byArrival(arrival),
      subject: subject.id,
      data: {
        login: session,
        client: client.device,
        name: joiner.kind === 'device' ? name : 'person',
        kind: how,
        ...(certificate === undefined
          ? {}
          : { serial: certificate.serial.slice(0, 128), issuer: certificate.issuer.slice(0, 128) }),
        policies: bounded(answer.policies),
        until,
      },
    });
    if (joiner.kind === 'device') {
      const { address, door } = arrival;
      await devices.seen(tx, joiner.device.id, { door, at: now, how, address });
    }
    const { groups } = subject;
    const roles = joiner.kind === 'person' ? joiner.person.roles : [];
    const login = { session, subject: subject.id, name, groups, roles, until, attributes };
    return { state: 'granted', login };
  }

  return (joining, client, arrival) => store.write((tx) => settle(tx, joining, client, arrival));
}

/** How long somebody may stay: what policy says, within what the house allows anyone. */
export function lastsFor(
  { sessionTimeout }: { readonly sessionTimeout?: string | number },
  most: number,
): number {
  return typeof sessionTimeout === 'number' ? Math.min(sessionTimeout * SECOND, most) : most;
}

export const contradiction = (policies: readonly string[]) =>
  `the policies ${policies.join(', ')} say different things in their @reply`;
