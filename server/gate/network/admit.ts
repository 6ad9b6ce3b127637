/**
 * Whoever comes with a certificate whose key the door has seen them use. Whose it is, the authority says, and that decides what is
 * asked of policy: a device joins the network (`joinNetwork`), a person with a smart card logs in (`logIn`), as they would with a
 * password. A device that can show no certificate comes by its MAC address, while an exception lasts.
 */
import type { Reason } from '@sallyport/contract/event-parts.ts';
import type { GoodCertificate } from '../../authority/x509/authority-words.ts';
import { LONGEST_CHAIN } from '../../authority/x509/judging.ts';
import { holdTrusted } from '../../authority/x509/standing-table.ts';
import { base64url } from '../../kernel/bytes.ts';
import { MINUTE } from '../../kernel/clock.ts';
import { Fault } from '../../kernel/fault.ts';
import type { DeviceId } from '../../kernel/id.ts';
import type { Reply } from '../../policy/reply.ts';
import type { PolicyRequest, ShownProof } from '../../policy/request.ts';
import { listHeld } from '../../proofs/held-proofs.ts';
import type { Queries, Tx } from '../../store/store.ts';
import type { Device } from '../../subjects/devices.ts';
import type { Person } from '../../subjects/person.ts';
import type { Box } from '../../vault/box.ts';
import { type Arrival, byArrival } from '../arrival.ts';
import { deviceClasses } from '../device-classes.ts';
import type { GateDeps } from '../gate-deps.ts';
import { holdsPhishingResistant } from '../judge.ts';
import { circumstances, devicePrincipal, policyRequest } from '../policy-request.ts';
import { ageOf, bounded, forRecord, type ShownAt, writeShown } from '../shown.ts';
import { createFewOfEach } from '../throttles/few-a-minute.ts';
import { createSeldom } from '../throttles/seldom.ts';
import type { Wish } from '../wish.ts';
import { createSeekJoiner, type Found, holderOf, type Sought, subjectOf } from './joiner.ts';
import { lastsFor } from './lasts-for.ts';
import { networkResource } from './network-resource.ts';
import type { NetworkSessions } from './network-sessions.ts';
import type { AdmitOutcome, Joining, NetworkClient } from './network-words.ts';

interface Permitted {
  readonly now: number;
  /** When they used what they showed. */
  readonly at: number;
  readonly worth: ShownProof['class'];
  readonly service: string;
  /** The version of the policies, and which of them. */
  readonly version: number;
  readonly policies: readonly string[];
  readonly attributes: Reply;
}

/** Of one network device, of those whom nobody knows. */
const STRANGERS_A_MINUTE = 10;

/** What becomes of a refusal in the record. */
type Telling = 'tell' | 'count';

/** What sessions of devices are for: those of people are for what they logged in for. */
const JOINED = 'network';

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
    | 'certificates'
    | 'counter'
  >,
  sessions: NetworkSessions,
): Admitting {
  const { store, vault, record, people, devices, deviceProofs, policies, cards, clock } = deps;
  const { certificates, counter } = deps;
  const seek = createSeekJoiner(deps);
  /** A supplicant that is refused asks again, as long as its cable is in. */
  const seldom = createSeldom(clock, MINUTE);
  /** Whoever is plugged in makes up addresses without end: of each network device so many are told of, and the rest is counted. */
  const fewOfStrangers = createFewOfEach(clock, STRANGERS_A_MINUTE);

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
      subject: joiner === undefined ? holderOf(own ?? certificate) : subjectOf(joiner).id,
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
    const login = { client: client.device, epoch: client.epoch, service };
    const wish: Wish = { action: 'logIn', resource, login };
    return policyRequest(person, wish, arrival, false, now, strong);
  }

  /**
   * Asked once of each that came, and remembered: a transaction may run again, since another's change failed or was in its way, and what
   * was told in the first run was never written.
   */
  function createTelling(): (key: string, isStranger: boolean, device: DeviceId) => Telling {
    const before = new Map<string, Telling>();
    return (key, isStranger, device) => {
      const known = before.get(key);
      if (known !== undefined) return known;
      const isToTell = seldom(key) && (!isStranger || fewOfStrangers(device));
      const telling = isToTell ? 'tell' : 'count';
      before.set(key, telling);
      return telling;
    };
  }

  /**
   * What is known of CAs of others stays as it is from when it is judged by until all is written: whoever withdraws one then finds what
   * came by it. SQLite has one writer, and needs no second look.
   */
  async function soughtInForce(tx: Tx, joining: Joining): Promise<Sought> {
    const sought = await seek(tx, joining);
    const { certificate } = sought;
    const others = certificate !== undefined && certificate.issuer !== 'own';
    if (!others || !('joiner' in sought) || store.dialect === 'sqlite') return sought;
    tx.put(holdTrusted, {});
    return seek(tx, joining);
  }

  async function settle(
    tx: Tx,
    joining: Joining,
    client: NetworkClient,
    arrival: Arrival,
    tellingOf: ReturnType<typeof createTelling>,
  ): Promise<AdmitOutcome> {
    const sought = await soughtInForce(tx, joining);
    const refuse = async (because: Reason, met?: readonly string[]): Promise<AdmitOutcome> => {
      const own = 'own' in sought ? sought.own?.serial : undefined;
      const what = 'mac' in joining ? joining.mac : (sought.certificate?.fingerprint ?? own ?? '');
      const event = refusedEvent(joining, sought, because, client, arrival, met);
      const key = `${client.device} ${what} ${because}`;
      if (tellingOf(key, event.subject === undefined, client.device) === 'tell') {
        await record.append(tx, event);
      } else {
        const isPerson = 'joiner' in sought && sought.joiner.kind === 'person';
        tx.afterCommit(() =>
          counter.count({
            type: 'decision.counted',
            outcome: 'refused',
            subject: event.subject ?? client.device,
            door: arrival.door,
            action: isPerson ? 'logIn' : 'joinNetwork',
            resource: { kind: 'part', id: 'network' },
          }),
        );
      }
      const reason = because === 'not-permitted' ? 'not-permitted' : 'wrong';
      return { state: 'refused', reason };
    };
    // Whoever answers for an exception hears of its end when the device is first missed, and not when somebody sweeps.
    if ('mac' in joining && !('joiner' in sought)) await deviceProofs.tellExpired(tx);
    if (!('joiner' in sought)) return refuse(sought.because);
    const { joiner } = sought;
    const box = await vault.subject(tx, subjectOf(joiner).id);
    if (box === undefined) return refuse('erased');
    if (joiner.kind === 'person' && joiner.card !== undefined) {
      const { card, person, facts } = joiner;
      if (card.subject !== person.id || !cards.isOf(card, box, facts)) return refuse('not-held');
    }
    const judged = await judge(tx, sought, joining, client, arrival);
    if (judged.attributes === undefined) return refuse('not-permitted', judged.policies);
    return letIn(tx, sought, judged, box, joining, client, arrival);
  }

  /** By what they showed, and as they are now; without attributes, a no. */
  async function judge(
    tx: Tx,
    { joiner, how }: Found,
    joining: Joining,
    client: NetworkClient,
    arrival: Arrival,
  ) {
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
    const { state, policies: met } = active.ladder(
      request,
      [{ class: worth, age: ageOf(at, now) }],
      [],
    );
    const judged = { now, at, worth, service, version: active.version, policies: met };
    if (state !== 'permitted') return { ...judged, attributes: undefined };
    const attributes = active.replyOf(met);
    if (attributes === undefined) throw new Fault('gate', contradiction(met));
    return { ...judged, attributes };
  }

  /** Begins a session there, which is on record. */
  async function letIn(
    tx: Tx,
    { joiner, how, certificate, heldBy, ends = Number.MAX_SAFE_INTEGER }: Found,
    { now, at, worth, service, version, policies: met, attributes }: Permitted,
    box: Box,
    joining: Joining,
    client: NetworkClient,
    arrival: Arrival,
  ): Promise<AdmitOutcome> {
    const subject = subjectOf(joiner);
    const card = joiner.kind === 'person' ? joiner.card : undefined;
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
        // Asked to put out somebody of another name, it finds nobody (RFC 5176 §3): `anonymous` is theirs to choose.
        name: arrival.called ?? name,
        client,
        policies: version,
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
      ...{ login: session, client: client.device, policies: bounded(met), until },
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
    if (certificate !== undefined) certificates.noteShown(tx, certificate, door);
    if (joiner.kind === 'device') {
      if (heldBy !== undefined) await deviceProofs.used(tx, heldBy, now);
      const seen = { door, at: now, how, address, through: client.name };
      await devices.seen(tx, joiner.device.id, seen);
    }
    const { groups } = subject;
    const roles = joiner.kind === 'person' ? joiner.person.roles : [];
    const login = { session, subject: subject.id, name, groups, roles, until, attributes };
    return { state: 'granted', login };
  }

  // What carries it to and fro takes longer, and after a power cut they come all at once.
  return (joining, client, arrival) => {
    const tellingOf = createTelling();
    return store.write((tx) => settle(tx, joining, client, arrival, tellingOf), { patient: true });
  };
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
