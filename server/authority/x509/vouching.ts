/**
 * By which certificates of CAs of others processes came: of those that they hold here is a rule alone, and what they are granted says
 * nothing of the certificate. So it is noted, once for each, and what ends a certificate or the trust in its CA finds whom that
 * concerns (gate/use-cases/certificates/authority-acts.ts).
 */
import { createBoundedMap } from '../../kernel/bounded-map.ts';
import type { Vouching } from './authority-words.ts';
import { markOf } from './standing.ts';
import { holdTrusted } from './standing-table.ts';
import { insertVouched } from './vouched-table.ts';

/** Of one that is forgotten a statement finds that it stands there. */
const MOST_KNOWN = 40_000;

export function createVouching(): Vouching {
  const noted = createBoundedMap<string, true>(MOST_KNOWN);
  return {
    async noteVouched(tx, subject, { certificates, trusted, mark, until }) {
      const key = JSON.stringify([subject, trusted, certificates]);
      if (noted.get(key)) return true;
      // Whoever ends it finds the note, or was first and is seen here. Of one that is noted, that raises the process itself.
      if (markOf(await tx.all(holdTrusted, {})) !== mark) return false;
      for (const { issuer, serial } of certificates) {
        const row = { issuer_id: issuer, serial, trusted_id: trusted, subject_id: subject, until };
        await tx.run(insertVouched, row);
      }
      tx.afterCommit(() => noted.set(key, true));
      return true;
    },
  };
}
