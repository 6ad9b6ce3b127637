/** Certificates as administrators look after them by a door: seen, issued by a request, revoked. */
import type {
  AskedNames,
  Authority,
  CertificateFilter,
  Certified,
  Issued,
  IssueError,
  ListedCertificate,
} from '../../../authority/x509/authority-words.ts';
import type { ProfileName } from '../../../authority/x509/profiles.ts';
import type { RevocationReason } from '../../../authority/x509/revocation-reason.ts';
import { failed, ok } from '../../../kernel/result.ts';
import type { Action } from '../../../policy/actions.ts';
import type { Arrival } from '../../arrival.ts';
import type { Gate, Performed } from '../../gate.ts';
import type { Wish } from '../../wish.ts';
import { CERTIFICATES } from '../../wishes.ts';
import { type CertifiedDeps, findCertified } from './certified.ts';

export interface CertificateWish {
  readonly profile: ProfileName;
  readonly csr: Uint8Array;
  readonly kind: Certified['kind'];
  readonly named: string;
  readonly names: AskedNames;
  readonly role: string | undefined;
  readonly lifetime: number | undefined;
}

export type NoCertificate =
  | IssueError
  | { readonly code: 'not-found' }
  | { readonly code: 'not-active' };

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
  revoke(
    token: string,
    serial: string,
    reason: RevocationReason,
    arrival: Arrival,
  ): Promise<Performed<ListedCertificate, { readonly code: 'not-found' | 'revoked' }>>;
}

export interface CertificateAdministrationDeps extends CertifiedDeps {
  readonly gate: Gate;
  readonly authority: Pick<Authority, 'issue' | 'revoke' | 'list' | 'get'>;
}

const wish = (action: Action): Wish => ({ action, resource: CERTIFICATES });

export function createCertificateAdministration(
  deps: CertificateAdministrationDeps,
): CertificateAdministration {
  const { gate, authority } = deps;
  return {
    list: (token, filter, arrival) =>
      gate.read(token, wish('certificate.read'), arrival, (q) => authority.list(q, filter)),

    async read(token, serial, arrival) {
      const read = await gate.read(token, wish('certificate.read'), arrival, (q) =>
        authority.get(q, serial),
      );
      if (read.state !== 'done') return read;
      return read.value === undefined
        ? { state: 'failed', error: { code: 'not-found' } }
        : { state: 'done', value: read.value };
    },

    async issue(token, wanted, arrival) {
      const { kind, named, ...request } = wanted;
      // What is refused is on record, and so it is no error that would undo its transaction.
      const done = await gate.perform<
        { readonly issued: Issued } | { readonly refused: NoCertificate },
        never
      >(token, wish('certificate.issue'), arrival, async (tx, { by }) => {
        const found = await findCertified(deps, tx, kind, named);
        if (typeof found === 'string') return ok({ refused: { code: found } });
        const issued = await authority.issue(tx, { ...request, subject: found.subject }, by);
        return ok(issued.ok ? { issued: issued.value } : { refused: issued.error });
      });
      if (done.state !== 'done') return done;
      return 'issued' in done.value
        ? { state: 'done', value: done.value.issued }
        : { state: 'failed', error: done.value.refused };
    },

    revoke: (token, serial, reason, arrival) =>
      gate.perform(token, wish('certificate.revoke'), arrival, async (tx, { by }) => {
        const revoked = await authority.revoke(tx, serial, reason, by);
        if (revoked.ok) return ok(revoked.value);
        return failed({ code: revoked.error === 'revoked' ? 'revoked' : 'not-found' });
      }),
  };
}
