/**
 * Who it is that comes onto a network: a device or a person by the certificate that they show, a device by its MAC address while an
 * exception lasts. Whether they may is for admit.ts.
 */
import type { Reason } from '@sallyport/contract/event-parts.ts';
import type {
  Authority,
  GoodCertificate,
  RefusedCertificate,
} from '../../authority/x509/authority-words.ts';
import type { DeviceId, PersonId } from '../../kernel/id.ts';
import type { CardFacts } from '../../proofs/card/card-ticket.ts';
import type { HeldProof } from '../../proofs/proof.ts';
import type { Queries } from '../../store/store.ts';
import type { DeviceProofId } from '../../subjects/device-proof.ts';
import type { Device } from '../../subjects/devices.ts';
import type { Person } from '../../subjects/person.ts';
import { cardFactsOf } from '../card-facts.ts';
import type { GateDeps } from '../gate-deps.ts';
import { isCalled } from './called.ts';
import { becauseOf } from './certificate-reason.ts';
import { certifiedDevice } from './certified-device.ts';
import type { Joining } from './network-words.ts';

type Joiner =
  | { readonly kind: 'device'; readonly device: Device }
  | {
      readonly kind: 'person';
      readonly person: Person;
      readonly facts: CardFacts;
      /** The card that they hold; one of our own authority says itself whose it is, held or not. */
      readonly card: HeldProof | undefined;
    };

export interface Found {
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

export type Sought = Found | NotFound;

export function createSeekJoiner({
  people,
  devices,
  deviceProofs,
  cards,
  certificates,
}: Pick<GateDeps, 'people' | 'devices' | 'deviceProofs' | 'cards'> & {
  readonly certificates: Pick<Authority, 'judge'>;
}): (q: Queries, joining: Joining) => Promise<Sought> {
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
    const device = await devices.asJudged(q, id);
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

  return async function seek(q, joining) {
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
  };
}

export function subjectOf(joiner: Joiner): Device | Person {
  return joiner.kind === 'device' ? joiner.device : joiner.person;
}

/** Those who join: what else has certificates of ours comes by other doors. */
export function holderOf(
  shown: RefusedCertificate['own'] | Pick<GoodCertificate, 'subject'>,
): DeviceId | PersonId | undefined {
  const subject = shown?.subject;
  if (subject?.kind === 'device') return subject.id as DeviceId; // As its kind says.
  if (subject?.kind === 'person') return subject.id as PersonId; // As its kind says.
  return undefined;
}
