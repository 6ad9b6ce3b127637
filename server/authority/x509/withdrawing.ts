/**
 * Tells whether a certificate stands that somebody else vouches for, or was withdrawn: a process holds a rule that names a CA, and what that CA
 * issued fits it for as long as it lives. One of our own has its row, and without one it is none of ours, whoever signed it with
 * our key; one of a CA that is trusted here is on its list. Nobody need send what stands between: each CA that is here, under
 * whatever name it is trusted, and the one of the rule are tried on the way up. One that was trusted here and is not any more lets nobody
 * in; of all others nothing is known. Closed on fault: what can't be read is withdrawn. What it rests on is told, so that it can be noted
 * for whom it was good (vouching.ts).
 */
import { hash } from 'node:crypto';
import { hex } from '../../kernel/bytes.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import type { Queries } from '../../store/store.ts';
import { readCertificate } from '../../wire/x509/certificate.ts';
import type { JudgedReason, RestsOn, VouchedElsewhere } from './authority-words.ts';
import { caState } from './ca-table.ts';
import { certificateState } from './certificate-table.ts';
import { markOf } from './standing.ts';
import type { Trusted } from './trusted.ts';
import { idOf } from './trusted-path.ts';

const WITHDRAWN: ReadonlySet<JudgedReason> = new Set<JudgedReason>([
  'revoked',
  'revocation-unknown',
]);

export function createWithdrawing({
  trusted,
}: {
  readonly trusted: Pick<Trusted, 'judge' | 'list' | 'isDistrusted'>;
}) {
  return async function vouched(
    q: Queries,
    der: Uint8Array,
    { issuer: above, known }: VouchedElsewhere,
  ): Promise<Result<RestsOn | undefined, 'withdrawn'>> {
    const withdrawn = failed('withdrawn' as const);
    const leaf = readCertificate(der);
    const signer = above && readCertificate(above);
    if (leaf === undefined || (above !== undefined && signer === undefined)) return withdrawn;
    const own = await q.one(certificateState, { serial: leaf.serial });
    if (own?.fingerprint === hash('sha256', leaf.der, 'base64url')) {
      const ca = await q.one(caState, { id: own.ca_id });
      const stands = own.revoked_at === null && ca?.revoked_at === null;
      return stands ? ok(undefined) : withdrawn;
    }
    const issuer = leaf.authorityKeyId === undefined ? undefined : hex(leaf.authorityKeyId);
    if (issuer !== undefined && (await q.one(caState, { id: issuer })) !== undefined) {
      return withdrawn;
    }
    const views = await trusted.list(q);
    const between = views.flatMap(({ certificates }) => certificates);
    const sent = signer === undefined ? between : [signer, ...between];
    const found = await trusted.judge(q, leaf, sent, 'client');
    const common = { mark: markOf(views), until: leaf.notAfter };
    if ('by' in found) {
      // A path without lists says who issued it, and not whether it still stands by it.
      if (known && !found.by.wantsList) return withdrawn;
      return ok({ ...common, certificates: found.rests, trusted: found.by.id });
    }
    if (known || WITHDRAWN.has(found.reason)) return withdrawn;
    // Whoever took back what they trusted meant the CA of a rule, too.
    if (signer !== undefined && (await trusted.isDistrusted(q, signer))) return withdrawn;
    // Of whom nobody here knows anything now, somebody may later.
    const { serial } = leaf;
    return ok(
      signer && { ...common, certificates: [{ issuer: idOf(signer), serial }], trusted: '' },
    );
  };
}
