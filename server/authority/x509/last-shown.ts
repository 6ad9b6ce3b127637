/**
 * When a certificate of our own was last shown, and at which door: how an administrator finds those that nobody uses any more. It is
 * noted when the one before is some minutes old, by the row that was read for the judgement anyway: mostly nothing is written at all.
 */
import { MINUTE } from '../../kernel/clock.ts';
import type { Tx } from '../../store/store.ts';
import type { GoodCertificate } from './authority-words.ts';
import { showCertificate, showCertificateOf } from './certificate-table.ts';

const NOTED_EVERY = 10 * MINUTE;

export type ShownCertificate = Pick<GoodCertificate, 'issuer' | 'serial' | 'shownAt'>;

/** Of others there is no row: what they are held by says when that was used (device-proofs.ts). */
export function isToNote({ issuer, shownAt }: ShownCertificate, now: number): boolean {
  return issuer === 'own' && (shownAt === undefined || shownAt + NOTED_EVERY <= now);
}

/** Nobody waits for it. Of two at once one writes. */
export function noteShown(tx: Tx, shown: ShownCertificate, door: string, now: number): void {
  if (!isToNote(shown, now)) return;
  tx.put(showCertificate, { serial: shown.serial, door, now, before: now - NOTED_EVERY });
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
