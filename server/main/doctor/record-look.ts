import { join } from 'node:path';
import { MINUTE } from '../../kernel/clock.ts';
import { findBreak } from '../../record/compare.ts';
import { type RecordHead, recordHead } from '../../record/head.ts';
import { keptInFile } from '../../record/kept-checkpoint.ts';
import { allLogs } from '../../record/log-table.ts';
import type { Store } from '../../store/store.ts';
import { countWords, momentWords } from '../terminal/amounts.ts';
import { bad, type Finding, type Look, ok, unknown, warn } from './look.ts';
import { reachDatabase } from './reach-database.ts';

const grouped = new Intl.NumberFormat('en');

/**
 * Whether the record ends as it was signed, agrees with the checkpoint that this machine kept, and grows. Whether each event
 * is as it was is for `record verify`.
 */
export const lookAtRecord: Look = {
  name: 'record',
  needs: ['data', 'database'],
  async look(context) {
    const { config } = context.loaded;
    const reached = await reachDatabase(context, (store) => judge(store, config.data));
    if (reached.state === 'absent') return ok('It begins at the first start.');
    if (reached.state !== 'found')
      return unknown('It can’t be read yet.', 'Mend the database first.');
    if (reached.value === undefined) return ok('It begins at the first start.');
    return 'state' in reached.value ? reached.value : standing(reached.value, context.clock.now());
  },
};

/** What is wrong, or where the record stands. */
async function judge(store: Store, folder: string): Promise<Finding | RecordHead | undefined> {
  const head = await store.read(recordHead);
  if (head === undefined) return undefined;
  const kept = await keptInFile(join(folder, 'checkpoint')).read();
  const broken = await store.read(async (q) => findBreak(q, await q.all(allLogs, {}), kept));
  if (broken !== undefined) {
    const numbers =
      broken.signed > broken.found
        ? ` It holds ${grouped.format(broken.found)} events, but ${grouped.format(broken.signed)} were signed.`
        : '';
    const detail = `${broken.detail.charAt(0).toUpperCase()}${broken.detail.slice(1)}`;
    return bad(
      `${detail}.${numbers}`,
      broken.over
        ? 'If you restored a backup, another node has begun a new log since, and the next start of this one puts on record what it kept. If not, someone changed it: keep a copy, and see ./sallyport record verify.'
        : 'If you restored a backup, the next start begins a new log that names this one. If not, someone changed it: keep a copy, and see ./sallyport record verify.',
    );
  }
  // Another machine may be the one that signs; with the embedded database there is none.
  if (kept === undefined && head.size > 0 && store.dialect === 'sqlite') {
    return warn(
      `No checkpoint is kept in ${folder}, so an older copy of the database put back in place would go unnoticed.`,
      'The next start keeps one there. Keep another elsewhere: ./sallyport record verify shows it.',
    );
  }
  return head;
}

function standing(head: RecordHead, now: number): Finding {
  const count = countWords(head.size, 'event');
  if (head.unsequenced > 0 && now - head.lastCheckpointAt > MINUTE) {
    const since = momentWords(head.lastCheckpointAt);
    return warn(
      `${count}, signed at ${since}; ${grouped.format(head.unsequenced)} more wait to be signed.`,
      'Start Sallyport, which does that. If it runs, its log tells why it does not.',
    );
  }
  return ok(`${count}, signed as ${head.origin}.`);
}
