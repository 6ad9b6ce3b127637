/**
 * When a certificate of our own was last shown, and at which door: how an administrator finds those that nobody uses any more. It is
 * noted once in some minutes; when that was is known here for those that were shown here, so that mostly nothing is asked or written.
 */
import { createBoundedMap } from '../../kernel/bounded-map.ts';
import { type Clock, MINUTE } from '../../kernel/clock.ts';
import type { Tx } from '../../store/store.ts';
import type { LastShown, ShownCertificate } from './authority-words.ts';
import { showCertificate, showCertificateOf } from './certificate-table.ts';

const NOTED_EVERY = 10 * MINUTE;
/** Of one that is forgotten a statement finds that there is nothing to write. */
const MOST_KNOWN = 10_000;

export function createLastShown(clock: Clock): LastShown {
  const noted = createBoundedMap<string, number>(MOST_KNOWN);

  function isToNote({ issuer, serial }: ShownCertificate): boolean {
    if (issuer !== 'own') return false;
    const before = noted.get(serial);
    return before === undefined || before + NOTED_EVERY <= clock.now();
  }

  return {
    isToNote,
    noteShown(tx, shown, door) {
      if (!isToNote(shown)) return;
      const { serial } = shown;
      const now = clock.now();
      tx.put(showCertificate, { serial, door, now, before: now - NOTED_EVERY });
      tx.afterCommit(() => noted.set(serial, now));
    },
  };
}

/** Of a process, whose certificate is known by a rule: nothing of its row was read. */
export function noteShownBy(
  tx: Tx,
  subject: string,
  fingerprint: string,
  door: string,
  now: number,
): void {
  tx.put(showCertificateOf, { subject, fingerprint, door, now, before: now - NOTED_EVERY });
}
