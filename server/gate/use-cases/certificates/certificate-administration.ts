/** Certificates as administrators look after them by a door: seen, issued by a request, revoked. */
import { namesAsked } from '../../../authority/x509/asked-names.ts';
import type {
  Authority,
  CertificateFilter,
  Issued,
  ListedCertificate,
} from '../../../authority/x509/authority-words.ts';
import type { RevocationReason } from '../../../authority/x509/revocation-reason.ts';
import type { PersonId } from '../../../kernel/id.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import type { Action } from '../../../policy/actions.ts';
import type { CertificateContext } from '../../../policy/request.ts';
import type { By } from '../../../record/record.ts';
import type { Tx } from '../../../store/store.ts';
import type { People } from '../../../subjects/people.ts';
import type { Arrival } from '../../arrival.ts';
import type { Gate, Performed } from '../../gate.ts';
import type { Wish, WishOf } from '../../wish.ts';
import { CERTIFICATES, wishAbout } from '../../wishes.ts';
import { found } from '../answered.ts';
import type { CertificateActs, CertificateWish, NoCertificate } from './certificate-acts.ts';
import { findPerson } from './certified.ts';

export interface CertificateAdministration {
  list(
    token: string,
    filter: CertificateFilter,
    arrival: Arrival,
  ): Promise<Performed<readonly ListedCertificate[], never>>;
  read(
    token: string,
    serial: string,
    arrival: Arrival,
  ): Promise<Performed<ListedCertificate, { readonly code: 'not-found' }>>;
  issue(
    token: string,
    wanted: CertificateWish,
    arrival: Arrival,
  ): Promise<Performed<Issued, NoCertificate>>;
  renew(
    token: string,
    serial: string,
    csr: Uint8Array | undefined,
    arrival: Arrival,
  ): Promise<Performed<Issued, NoCertificate>>;
  revoke(
    token: string,
    serial: string,
    reason: RevocationReason,
    arrival: Arrival,
  ): Promise<Performed<ListedCertificate, { readonly code: 'not-found' | 'revoked' }>>;
}

export interface CertificateAdministrationDeps {
  readonly gate: Gate;
  readonly certificateActs: Pick<CertificateActs, 'issue' | 'renew' | 'revoke'>;
  readonly authority: Pick<Authority, 'list' | 'get'>;
  readonly people: People;
}

const wish = (action: Action): Wish => ({ action, resource: CERTIFICATES });

/** As policies are told of it. */
function contextOf({
  kind,
  profile,
  names,
  named,
}: Pick<CertificateWish, 'kind' | 'profile' | 'names' | 'named'>): CertificateContext {
  const asked = namesAsked(names);
  const host = kind === 'server' ? named.toLowerCase() : undefined;
  const all = host === undefined || asked.includes(host) ? asked : [host, ...asked];
  return { kind, profile, names: all };
}

export function createCertificateAdministration({
  gate,
  certificateActs,
  authority,
  people,
}: CertificateAdministrationDeps): CertificateAdministration {
  /** Whose it is, where it is a person's: they can be come as with it, and with it go all their sessions. */
  const about =
    (action: Action, serial: string): WishOf =>
    async (q) => {
      const subject = (await authority.get(q, serial))?.subject;
      return subject?.kind === 'person'
        ? wishAbout(people, action, subject.id as PersonId)(q) // Of a person.
        : wish(action);
    };

  const issuingFor =
    (wanted: CertificateWish): WishOf =>
    async (q) => {
      const { kind, named } = wanted;
      const person = kind === 'person' ? await findPerson(people, q, named) : undefined;
      const action = 'certificate.issue';
      const about =
        person === undefined ? wish(action) : await wishAbout(people, action, person.id)(q);
      return { ...about, certificate: contextOf(wanted) };
    };

  /** The same once more, with the names that it has. */
  const renewing =
    (serial: string): WishOf =>
    async (q) => {
      const old = await authority.get(q, serial);
      const judged = await about('certificate.issue', serial)(q);
      if (old === undefined) return judged;
      const { profile, names, subject } = old;
      const certificate = contextOf({ profile, names, kind: subject.kind, named: subject.id });
      return { ...judged, certificate };
    };

  /** What is refused is on record, and so it is no error that would undo its transaction. */
  async function issuing(
    token: string,
    whose: WishOf,
    arrival: Arrival,
    work: (tx: Tx, by: By) => Promise<Result<Issued, NoCertificate>>,
  ): Promise<Performed<Issued, NoCertificate>> {
    const done = await gate.perform<Result<Issued, NoCertificate>, never>(
      token,
      whose,
      arrival,
      async (tx, { by }) => ok(await work(tx, by)),
    );
    if (done.state !== 'done') return done;
    const issued = done.value;
    return issued.ok
      ? { state: 'done', value: issued.value }
      : { state: 'failed', error: issued.error };
  }

  return {
    list: (token, filter, arrival) =>
      gate.read(token, wish('certificate.read'), arrival, (q) => authority.list(q, filter)),

    read: (token, serial, arrival) =>
      found(gate.read(token, wish('certificate.read'), arrival, (q) => authority.get(q, serial))),

    issue: (token, wanted, arrival) =>
      issuing(token, issuingFor(wanted), arrival, (tx, by) =>
        certificateActs.issue(tx, wanted, by),
      ),

    renew: (token, serial, csr, arrival) =>
      issuing(token, renewing(serial), arrival, (tx, by) =>
        certificateActs.renew(tx, serial, csr, by),
      ),

    revoke: (token, serial, reason, arrival) =>
      gate.perform(token, about('certificate.revoke', serial), arrival, async (tx, { by }) => {
        const revoked = await certificateActs.revoke(tx, serial, reason, by);
        if (revoked.ok) return ok(revoked.value);
        return failed({ code: revoked.error === 'revoked' ? 'revoked' : 'not-found' });
      }),
  };
}
