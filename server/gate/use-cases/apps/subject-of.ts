import type { ApplicationDetail } from '@sallyport/contract/resources.ts';
import { base64url } from '../../../kernel/bytes.ts';
import { hmacSha256 } from '../../../kernel/hmac.ts';
import type { Vault } from '../../../vault/vault.ts';

/** What an application calls a person: in a sector of its own, nobody else's name for them (OpenID Connect Core §8.1). */
export type SubjectOf = (
  app: { readonly detail: Pick<ApplicationDetail, 'pairwiseSector'> },
  person: string,
) => string;

export function createSubjectOf(vault: Pick<Vault, 'derive'>): SubjectOf {
  const mac = hmacSha256(vault.derive('pairwise'));
  return ({ detail: { pairwiseSector } }, person) =>
    pairwiseSector === null ? person : base64url(mac(`pairwise ${pairwiseSector} ${person}`));
}
