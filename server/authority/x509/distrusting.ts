/**
 * CAs of others that were trusted here and are not any more. A rule of a process may name one itself, and needs nobody else to trust it: so
 * that it was taken back is remembered, until it is trusted again or over by its time.
 */
import type { Queries, Tx } from '../../store/store.ts';
import { type Certificate, readCertificate, same } from '../../wire/x509/certificate.ts';
import { allDistrusted, deleteDistrusted, insertDistrusted } from './distrusted-table.ts';
import { holdTrusted } from './standing-table.ts';
import { idOf, signs, type TrustedView } from './trusted-path.ts';

type Views = (q: Queries) => Promise<readonly Pick<TrustedView, 'certificates'>[]>;

export function createDistrusting(views: Views) {
  const trustedNow = async (q: Queries) =>
    (await views(q)).flatMap(({ certificates }) => certificates);

  return {
    /** They were trusted under a name that is gone; what is trusted under another still is. */
    async distrust(tx: Tx, cas: readonly Certificate[]): Promise<void> {
      // Of two names of one CA that end at once, one is first.
      await tx.all(holdTrusted, {});
      const still = new Set((await trustedNow(tx)).map(idOf));
      for (const ca of cas) {
        const issuer = idOf(ca);
        const { der: certificate, notAfter: until } = ca;
        if (!still.has(issuer)) await tx.run(insertDistrusted, { issuer, certificate, until });
      }
    },

    async trust(tx: Tx, cas: readonly Certificate[]): Promise<void> {
      for (const ca of cas) await tx.run(deleteDistrusted, { issuer: idOf(ca) });
    },

    /** Whether a CA was taken back here, or the one above it, and neither is trusted under any name. */
    async isDistrusted(q: Queries, ca: Certificate): Promise<boolean> {
      const all = await q.all(allDistrusted, {});
      const taken = all.map(({ certificate }) => readCertificate(certificate));
      if (!taken.some((one) => one === undefined || isOf(ca, one))) return false;
      return !(await trustedNow(q)).some((one) => isOf(ca, one));
    },
  };
}

/** Whether it is that CA, or one that it issued. */
const isOf = (ca: Certificate, one: Certificate) =>
  idOf(one) === idOf(ca) || (same(one.subject, ca.issuer) && signs(ca, one) === 'good');

export type Distrusting = ReturnType<typeof createDistrusting>;

/** Of a CA in DER; what can't be read is trusted by nobody. */
export function createDistrusted({ isDistrusted }: Pick<Distrusting, 'isDistrusted'>) {
  return async (q: Queries, der: Uint8Array): Promise<boolean> => {
    const ca = readCertificate(der);
    return ca === undefined || isDistrusted(q, ca);
  };
}
