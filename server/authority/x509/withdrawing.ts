/**
 * Tells whether a certificate was withdrawn that somebody else vouches for: a process holds a rule that names a CA, and what that CA
 * issued fits it for as long as it lives. One of our own has its row, and without one it is none of ours, whoever signed it with
 * our key; one of a CA that is trusted here is on its list. Nobody need send what stands between: each CA that is here, under
 * whatever name it is trusted, and the one of the rule are tried on the way up. Of all others nothing is known. Closed on fault:
 * what can't be read is withdrawn.
 */
import { hash } from 'node:crypto';
import { hex } from '../../kernel/bytes.ts';
import type { Queries } from '../../store/store.ts';
import { readCertificate } from '../../wire/x509/certificate.ts';
import type { JudgedReason, VouchedElsewhere } from './authority-words.ts';
import { caState } from './ca-table.ts';
import { certificateState } from './certificate-table.ts';
import type { Trusted } from './trusted.ts';

const WITHDRAWN: ReadonlySet<JudgedReason> = new Set<JudgedReason>([
  'revoked',
  'revocation-unknown',
]);

export function createWithdrawing({
  trusted,
}: {
  readonly trusted: Pick<Trusted, 'judge' | 'list'>;
}) {
  return async function withdrawn(
    q: Queries,
    der: Uint8Array,
    { issuer: above, known }: VouchedElsewhere,
  ): Promise<boolean> {
    const leaf = readCertificate(der);
    const signer = above && readCertificate(above);
    if (leaf === undefined || (above !== undefined && signer === undefined)) return true;
    const own = await q.one(certificateState, { serial: leaf.serial });
    if (own?.fingerprint === hash('sha256', leaf.der, 'base64url')) {
      const ca = await q.one(caState, { id: own.ca_id });
      return own.revoked_at !== null || ca === undefined || ca.revoked_at !== null;
    }
    const issuer = leaf.authorityKeyId === undefined ? undefined : hex(leaf.authorityKeyId);
    if (issuer !== undefined && (await q.one(caState, { id: issuer })) !== undefined) return true;
    const views = await trusted.list(q);
    const between = views.flatMap(({ certificates }) => certificates);
    const sent = signer === undefined ? between : [signer, ...between];
    const found = await trusted.judge(q, leaf, sent, 'client');
    if ('reason' in found) return known || WITHDRAWN.has(found.reason);
    // A path without lists says who issued it, and not whether it still stands by it.
    return known && !found.by.wantsList;
  };
}
