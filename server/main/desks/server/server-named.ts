import { PlainName } from '@sallyport/contract/processes.ts';
import { parseId } from '../../../kernel/id.ts';
import { ok } from '../../../kernel/result.ts';
import type { Done } from '../done.ts';

/** What goes by a plain name or an id; what can't be either is the name of nothing, and is not asked for. */
export async function serverNamed<T>(
  named: string,
  show: (sent: { readonly params: { readonly id: string } }) => Done<T>,
): Done<T | undefined> {
  if (parseId(named) === undefined && !PlainName.safeParse(named).success) return ok(undefined);
  const shown = await show({ params: { id: named } });
  return !shown.ok && shown.error.code === 'not-found' ? ok(undefined) : shown;
}
