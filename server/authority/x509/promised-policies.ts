/**
 * Of the policies that a certificate says it was issued under, those that all of its path promises (RFC 5280 §6.1.3 (d)): whoever may
 * issue under one alone makes none of another by writing it down. Policies are not mapped from one CA's words to another's: what would
 * have to be is not promised.
 */
import type { Certificate } from '../../wire/x509/certificate.ts';

/** RFC 5280 §4.2.1.4. */
const ANY = '2.5.29.32.0';

export function promisedPolicies(
  leaf: Certificate,
  /** That the peer sent: CAs that nobody here knows, so one that says nothing of policies may promise none. */
  between: readonly Certificate[],
  /** That were imported: what they say holds, and they need not say anything. */
  imported: readonly Certificate[],
): readonly string[] {
  const saying = imported.filter(({ policies }) => policies.length > 0);
  const may = ({ policies: allowed }: Certificate, policy: string) =>
    allowed.includes(policy) || allowed.includes(ANY);
  return leaf.policies.filter(
    (policy) => policy !== ANY && [...between, ...saying].every((ca) => may(ca, policy)),
  );
}
