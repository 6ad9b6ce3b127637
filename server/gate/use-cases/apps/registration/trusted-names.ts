import type { Queries } from '../../../../store/store.ts';
import type { Resources } from '../../../../subjects/resources.ts';
import { lookalike } from './app-names.ts';
import { registrationOf } from './registration-table.ts';

const PAGE = 500;
/** What a house calls itself. */
const OWN_NAME = 'Sallyport';

/** What people trust by name: all that an administrator added, or has made the organisation's own since it registered. */
export async function isTrustedName(
  q: Queries,
  resources: Pick<Resources, 'list'>,
  title: string,
): Promise<boolean> {
  const isLike = lookalike(title);
  if (isLike(OWN_NAME)) return true;
  let after = '';
  for (;;) {
    const page = await resources.list(q, { after, limit: PAGE });
    for (const { id, name, kind, detail } of page) {
      if (!isLike(kind === 'application' ? (detail.title ?? name) : name)) continue;
      const ofOthers = kind === 'application' && !detail.firstParty;
      if (!ofOthers || (await q.one(registrationOf, { app: id })) === undefined) return true;
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return false;
    after = last.id;
  }
}
