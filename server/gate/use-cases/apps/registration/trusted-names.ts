import type { Queries, Store } from '../../../../store/store.ts';
import type { Resources } from '../../../../subjects/resources.ts';
import { isPlainTitle, lookalike } from './app-names.ts';
import { registrationOf } from './registration-table.ts';

const PAGE = 500;
/** What a house calls itself. */
const OWN_NAME = 'Sallyport';

/** Whether an application may call itself so. Asked before it is written: that may take a long list, and whoever writes has the store alone. */
export async function mayBeCalled(
  store: Store,
  resources: Pick<Resources, 'list'>,
  title: string,
): Promise<boolean> {
  return isPlainTitle(title) && !(await store.read((q) => isTrustedName(q, resources, title)));
}

/** What people trust by name: all that an administrator added, or has made the organisation's own since it registered. */
async function isTrustedName(
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
