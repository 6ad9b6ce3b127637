import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { MINUTE } from '../../kernel/clock.ts';
import { readCheckpoint } from '../../record/checkpoint.ts';
import { type RecordHead, recordHead } from '../../record/head.ts';
import { bad, type Finding, type Look, ok, unknown, warn } from './look.ts';
import { reachDatabase } from './reach-database.ts';

const grouped = new Intl.NumberFormat('en');

/** Whether the record is as long as it was, and grows. Whether each event is as it was is for `record verify`. */
export const lookAtRecord: Look = {
  name: 'record',
  async look(context) {
    const reached = await reachDatabase(context, (store) => store.read(recordHead));
    if (reached.state === 'absent') return ok('It begins at the first start.');
    if (reached.state !== 'found')
      return unknown('It can’t be read yet.', 'Mend the database first.');
    const head = reached.value;
    if (head === undefined) return ok('It begins at the first start.');
    return judge(head, context.loaded.config.data, context.clock.now());
  },
};

function judge(head: RecordHead, folder: string, now: number): Finding {
  const file = join(folder, 'checkpoint');
  if (statSync(file, { throwIfNoEntry: false }) !== undefined) {
    const kept = readCheckpoint(readFileSync(file, 'utf8'));
    if (kept === undefined) {
      return bad(
        `${file} is no checkpoint.`,
        'Put it back from a copy, then: ./sallyport record verify',
      );
    }
    if (kept.origin === head.origin && kept.size > head.size) {
      return bad(
        `It holds ${grouped.format(head.size)} events, but ${grouped.format(kept.size)} were signed on this machine.`,
        'The database is older than it was: restored, or cut. The next start begins a new log that names this one. ./sallyport record verify tells more.',
      );
    }
  }
  const count = `${grouped.format(head.size)} events`;
  if (head.unsequenced > 0 && now - head.lastCheckpointAt > MINUTE) {
    return warn(
      `${count}; ${grouped.format(head.unsequenced)} more wait to be signed.`,
      'Start Sallyport, which does that. If it runs, its log tells why it does not.',
    );
  }
  return ok(`${count}, signed as ${head.origin}.`);
}
