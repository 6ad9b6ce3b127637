/**
 * The authority as administrators look after it by a door: its CAs and their lists, and CAs of others. Its keys are no part of
 * this: they are taken out and brought back on its machine alone.
 */
import type { RevocationReason } from '../../../authority/x509/authority-words.ts';
import type {
  NewTrust,
  TrustError,
  Trusted,
  TrustedView,
} from '../../../authority/x509/trusted.ts';
import { failed, ok } from '../../../kernel/result.ts';
import type { Action } from '../../../policy/actions.ts';
import type { Arrival } from '../../arrival.ts';
import type { Gate, Performed } from '../../gate.ts';
import type { Wish } from '../../wish.ts';
import { CERTIFICATES } from '../../wishes.ts';
import type { NotFound } from '../answered.ts';
import type { AuthorityActs } from './authority-acts.ts';
import type { CertificateActs, SeenCa } from './certificate-acts.ts';

export interface AuthorityAdministration {
  show(token: string, arrival: Arrival): Promise<Performed<readonly SeenCa[], never>>;
  revoke(
    token: string,
    id: string,
    reason: RevocationReason,
    arrival: Arrival,
  ): Promise<Performed<void, NotFound | { readonly code: 'revoked' }>>;
  trusted(token: string, arrival: Arrival): Promise<Performed<readonly TrustedView[], never>>;
  trust(
    token: string,
    trust: NewTrust,
    arrival: Arrival,
  ): Promise<Performed<TrustedView, TrustError>>;
  importList(
    token: string,
    name: string,
    list: Uint8Array,
    arrival: Arrival,
  ): Promise<Performed<TrustedView, TrustError>>;
  distrust(token: string, name: string, arrival: Arrival): Promise<Performed<void, NotFound>>;
  /** The origin at which /pki is reached. */
  address(): string;
}

export interface AuthorityAdministrationDeps {
  readonly gate: Gate;
  readonly certificateActs: Pick<CertificateActs, 'authorities'>;
  readonly authorityActs: AuthorityActs;
  readonly authority: {
    readonly trusted: Trusted;
    address(): string;
  };
}

const wish = (action: Action): Wish => ({ action, resource: CERTIFICATES });

export function createAuthorityAdministration({
  gate,
  certificateActs,
  authorityActs,
  authority,
}: AuthorityAdministrationDeps): AuthorityAdministration {
  const { trusted } = authority;
  return {
    address: () => authority.address(),

    async show(token, arrival) {
      const may = await gate.read(token, wish('certificate.read'), arrival, async () => undefined);
      if (may.state !== 'done') return may;
      return { state: 'done', value: await certificateActs.authorities() };
    },

    revoke: (token, id, reason, arrival) =>
      gate.perform(token, wish('authority.change'), arrival, async (tx, { by }) => {
        const revoked = await authorityActs.revoke(tx, id, reason, by);
        if (revoked.ok) return ok(undefined);
        return failed({ code: revoked.error === 'revoked' ? 'revoked' : 'not-found' });
      }),

    trusted: (token, arrival) =>
      gate.read(token, wish('certificate.read'), arrival, (q) => trusted.list(q)),

    trust: (token, trust, arrival) =>
      gate.perform(token, wish('authority.change'), arrival, (tx, { by }) =>
        trusted.add(tx, trust, by),
      ),

    // That CA signed it, and it says of more certificates that they were revoked: a script may bring it every day.
    importList: (token, name, list, arrival) =>
      gate.perform(token, wish('certificate.revoke'), arrival, (tx, { by }) =>
        authorityActs.importList(tx, name, list, by),
      ),

    distrust: (token, name, arrival) =>
      gate.perform(token, wish('authority.change'), arrival, async (tx, { by }) =>
        (await authorityActs.distrust(tx, name, by))
          ? ok(undefined)
          : failed({ code: 'not-found' }),
      ),
  };
}
