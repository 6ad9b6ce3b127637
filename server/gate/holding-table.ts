import { tables } from '../store/statement.ts';

const t = tables<{ subject: { id: string; epoch: number } }>();

/**
 * Giving somebody something and ending all that they were given must not overlap: what is given would not be seen by what ends it,
 * nor the end by what gives. So each holds the subject before it reads anything that it rests on: those who give share, those who
 * end are alone. SQLite has one writer, and needs neither.
 */
export const holdShared = t.statement((db, p: { id: string }, dialect) => {
  const held = db.selectFrom('subject').select('id').where('id', '=', p.id);
  return dialect === 'postgres' ? held.forShare() : held;
});

export const holdAlone = t.statement((db, p: { id: string }, dialect) => {
  const held = db.selectFrom('subject').select('id').where('id', '=', p.id);
  return dialect === 'postgres' ? held.forNoKeyUpdate() : held;
});
